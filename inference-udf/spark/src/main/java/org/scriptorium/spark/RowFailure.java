package org.scriptorium.spark;

import java.util.Arrays;
import org.apache.spark.SparkException;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** The exception of a row that fails its query: the code and the engine's sentence, never the document. */
final class RowFailure {
  private RowFailure() {}

  static RuntimeException of(CallSpecification call, Completion completion) {
    String message = "%s failed on a row: %s: %s. Use %s to get errors as values".formatted(call.sqlName(), completion.errorCode(),
        withoutStop(completion.error()), call.function().sqlName(AiFunction.OnError.RETURNS));
    return Unchecked.thrown(new SparkException(message, cause(completion)));
  }

  /** Nobody but the engine's end cancels rows of a living task; to run the task again is right, a result would not be. */
  static RuntimeException cancelled(CallSpecification call, Completion completion) {
    String message = "%s: the engine was closed while the task ran: %s".formatted(call.sqlName(), completion.error());
    return Unchecked.thrown(new SparkException(message, cause(completion)));
  }

  private static ModelException cause(Completion completion) {
    ErrorCode code = Arrays.stream(ErrorCode.values())
        .filter(candidate -> candidate.code().equals(completion.errorCode())).findFirst().orElse(ErrorCode.INTERNAL);
    return new ModelException(code, completion.error());
  }

  private static String withoutStop(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
