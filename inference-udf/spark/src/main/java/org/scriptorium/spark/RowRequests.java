package org.scriptorium.spark;

import java.nio.charset.CharacterCodingException;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.RequestKeys;

/** Says of each row of a call what is to be done: what holds for all functions here, the rest by the function's {@link AiTask}. */
final class RowRequests {
  private final CallPlan call;
  private final AiTask.Rows rows;
  private final RowValues values;

  RowRequests(CallPlan call) {
    this.call = call;
    rows = call.specification().function().task().prepare(call);
    values = new RowValues(call);
  }

  Step step(ArgumentBatch arguments, int row) {
    values.moveTo(arguments, row);
    if (values.missing().isPresent()) return new Step.Absent();
    try {
      return values.isBlank() ? new Step.Answered(Answer.skipped(call.model().name())) : rows.step(values);
    } catch (CharacterCodingException e) {
      return failed(ErrorCode.MALFORMED_TEXT, "the text is not well-formed UTF-8; repair or drop the row");
    }
  }

  /** In place of a step that asks a model, the key that its answer would have: nothing is generated, so the row is skipped. */
  Step named(Step step, RequestKeys keys) {
    return switch (step) {
      case Step.Ask ask -> named(ask, keys);
      case Step.Read read -> named(read.key());
      case Step.Absent _, Step.Answered _, Step.Measure _ -> step;
    };
  }

  private Step named(Step.Ask ask, RequestKeys keys) {
    try {
      return named(keys.key(ask.request()));
    } catch (ModelException e) {
      return failed(e.code(), e.getMessage());
    }
  }

  private Step named(String key) {
    return new Step.Answered(Answer.of(new Completion("", FinishReason.SKIPPED, "", "", 0, 0, 0, call.model().name(), key)));
  }

  Step.Answered failed(ErrorCode code, String message) {
    return failed(call, code, message);
  }

  static Step.Answered failed(CallPlan call, ErrorCode code, String message) {
    return new Step.Answered(Answer.failed(code, message, call.model().name()));
  }
}
