package org.scriptorium.spark;

import java.util.List;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;

/**
 * What a row gets.
 *
 * @param value what there is beside the text, as Catalyst has it; null where there is none
 */
record Answer(Completion completion, Object value) {

  static Answer of(Completion completion) {
    return new Answer(completion, null);
  }

  /** What an equal row gets of this one, for which nothing is computed. */
  Answer shared() {
    return new Answer(completion.shared(), value);
  }

  /** A value for which nothing was generated. */
  static Answer measured(Object value, String model) {
    return new Answer(new Completion("", FinishReason.STOP, "", "", 0, 0, 0, model, ""), value);
  }

  static Answer skipped(String model) {
    return of(Completion.skipped(model));
  }

  static Answer failed(ErrorCode code, String message, String model) {
    return of(Completion.failed(code, message, 0, model, ""));
  }

  /** The generation was paid for, but its text has not the form that was asked for. */
  static Answer malformed(Completion completion, String message) {
    return of(new Completion("", FinishReason.ERROR, ErrorCode.MALFORMED_ANSWER.code(), message, completion.promptTokens(),
        completion.cachedTokens(), completion.completionTokens(), completion.model(), completion.requestKey(), completion.reasoning(),
        completion.reasoningTokens(), List.of()));
  }
}
