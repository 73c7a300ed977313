package org.scriptorium.spark;

import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Summarizes: a decoder by an instruction, an encoder-decoder by what it was trained for. */
final class SummaryTask implements AiTask {
  /** How configurations call the task. */
  private static final String PREFIX = "summarization";

  private static final String COMPLAINT = "max_words: expected 0 (no limit) or more, found ";

  @Override
  public Optional<String> complaint(Map<String, Expression> rowArguments) {
    return Optional.ofNullable(rowArguments.get("max_words")).flatMap(Catalyst::constant).filter(words -> (int) words < 0)
        .map(words -> COMPLAINT + words);
  }

  @Override
  public Rows prepare(CallPlan call) {
    return row -> {
      int words = row.number("max_words").orElse(SummaryPrompt.DEFAULT_WORDS);
      if (words < 0) return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER, COMPLAINT + words);
      String text = row.text("text");
      Prompt prompt = switch (call.model().kind()) {
        case DECODER, ENCODER -> SummaryPrompt.of(text, words);
        // A model that was trained to summarize has a length of its own.
        case ENCODER_DECODER -> Instruction.prefixed(call.model().prefix(PREFIX), text);
      };
      return new Step.Ask(new Request(prompt, call.specification().config()));
    };
  }
}
