package org.scriptorium.engine.batch;

import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** What a step's rows are told of a failure that was not theirs. */
final class StepFailure {
  private StepFailure() {}

  static ModelException explain(Throwable failure) {
    if (failure instanceof ModelException known) return known;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      // How the JVM tells of a page of a mapping that its file does not have any more.
      if (cause instanceof InternalError) {
        return new ModelException(ErrorCode.MODEL_CHANGED, "the model's file, or that of its packed weights, was cut short while in use (%s); "
            .formatted(cause.getMessage()) + "put it back whole and open the model anew", failure);
      }
    }
    return new ModelException(ErrorCode.INTERNAL, "a step of the model failed: " + failure, failure);
  }
}
