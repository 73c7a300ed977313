package org.scriptorium.spark;

import java.nio.charset.CharacterCodingException;
import java.util.List;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Makes the engine's request of a row, or says at once what becomes of the row. */
final class RowRequests {
  private final CallPlan call;
  private final PromptTemplate template;

  RowRequests(CallPlan call) {
    this.call = call;
    this.template = PromptTemplate.parse(call.specification().template());
  }

  /** What is to be done for a row. */
  sealed interface Step {}

  /** Nothing: NULL in, NULL out. */
  record Absent() implements Step {}

  /** Nothing: the row is answered already. */
  record Answered(Completion completion) implements Step {}

  /** The engine is asked. */
  record Ask(Request request) implements Step {}

  Step step(ArgumentBatch arguments, int row) {
    if (arguments.isNull(call.textColumn(), row)) return new Absent();
    try {
      var texts = arguments.texts(call.textColumn(), row);
      if (texts.stream().allMatch(RowRequests::isBlank)) return new Answered(Completion.skipped(call.model().name()));
      return switch (call.specification().function().kind()) {
        case GENERATE -> generation(texts);
        case SUMMARIZE -> summary(texts.getFirst(), words(arguments, row));
      };
    } catch (CharacterCodingException e) {
      return failed(ErrorCode.MALFORMED_TEXT, "the text is not well-formed UTF-8; repair or drop the row");
    }
  }

  private Step generation(List<String> texts) {
    SourcedText text;
    if (!call.specification().template().isEmpty()) {
      if (template.places() > texts.size()) {
        return failed(ErrorCode.INVALID_PARAMETER,
            "prompt_template holds {{%d}}, but the row has %d values".formatted(template.places() - 1, texts.size()));
      }
      text = template.fill(texts);
    } else {
      text = isRaw() ? SourcedText.trusted(texts.getFirst()) : SourcedText.row(texts.getFirst());
    }
    return new Ask(new Request(isRaw() ? new Prompt.Raw(text) : Prompt.user(text), call.specification().config()));
  }

  private Step summary(String document, int words) {
    if (words < 0) return failed(ErrorCode.INVALID_PARAMETER, "max_words: expected 0 (no limit) or more, found " + words);
    return new Ask(new Request(SummaryPrompt.of(document, words), call.specification().config()));
  }

  private int words(ArgumentBatch arguments, int row) {
    boolean isGiven = call.wordsColumn() >= 0 && !arguments.isNull(call.wordsColumn(), row);
    return isGiven ? arguments.integer(call.wordsColumn(), row) : SummaryPrompt.DEFAULT_WORDS;
  }

  private boolean isRaw() {
    return call.specification().markup() == CallSpecification.Markup.RAW;
  }

  Answered failed(ErrorCode code, String message) {
    return new Answered(Completion.failed(code, message, 0, call.model().name(), ""));
  }

  private static boolean isBlank(String text) {
    return text.codePoints().allMatch(point -> Character.isWhitespace(point) || Character.isSpaceChar(point));
  }
}
