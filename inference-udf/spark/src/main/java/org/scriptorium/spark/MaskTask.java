package org.scriptorium.spark;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.Request;

/**
 * Asks for the parts of a text that are to be masked, and masks them in the text itself, wherever they stand as whole words: the model
 * writes no part of the result, so that nothing else of a document changes.
 */
final class MaskTask implements AiTask {
  private static final String MASK = "[MASKED]";
  private static final int MOST_LABELS = 20;
  /** What models put before and after the items of a list. */
  private static final Pattern DECORATION = Pattern.compile("^(?:[-*•]|\\d+[.)])\\s+|^[\"'`]+|[\"'`,;]+$");

  @Override
  public Optional<String> complaint(Constants constants) {
    int labels = constants.texts("labels").size();
    return labels >= 1 && labels <= MOST_LABELS ? Optional.empty()
        : Optional.of("labels: expected 1 to %d texts, found %d".formatted(MOST_LABELS, labels));
  }

  @Override
  public Rows prepare(CallPlan call) {
    String instruction = "Copy from the input text every " + Instruction.alternatives(call.specification().constants().texts("labels"))
        + ", exactly as it is written there, each on a line of its own. If there is none, answer: none";
    return row -> {
      String text = row.text("text");
      return new Step.Ask(new Request(Instruction.over(instruction, text), call.specification().config()),
          completion -> read(completion, text));
    };
  }

  private static Answer read(Completion completion, String text) {
    return Answer.of(completion.withText(masked(text, completion.text().lines().toList()), completion.finishReason()));
  }

  /** The text with a mask in the place of each item that it holds. */
  static String masked(String text, List<String> items) {
    String alternatives = items.stream().map(item -> undecorated(item.strip())).filter(item -> !item.isEmpty())
        // Of two items that begin alike the longer one is meant wherever it stands.
        .sorted(Comparator.comparingInt(String::length).reversed()).map(Pattern::quote).collect(Collectors.joining("|"));
    if (alternatives.isEmpty()) return text;
    return Pattern.compile("(?<![\\p{L}\\p{N}])(?:" + alternatives + ")(?![\\p{L}\\p{N}])").matcher(text).replaceAll(MASK);
  }

  private static String undecorated(String item) {
    String shorter = DECORATION.matcher(item).replaceAll("").strip();
    return shorter.equals(item) ? item : undecorated(shorter);
  }
}
