package org.scriptorium.spark;

import java.util.List;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.SourcedText;

/** Prompts of tasks in words. The instruction stands first, so that rows share it; only what a row brought may be cut. */
final class Instruction {
  private Instruction() {}

  /** @param text of the row, which stands after a blank line */
  static Prompt over(String instruction, String text) {
    return Prompt.user(new SourcedText.Builder().trusted(instruction).trusted("\n\n").row(text).build());
  }

  /** The text as a model that was trained for the task takes it: after its prefix, without a chat template. */
  static Prompt prefixed(String prefix, String text) {
    return new Prompt.Raw(new SourcedText.Builder().trusted(prefix).row(text).build());
  }

  /** {@code a}, {@code a or b}, {@code a, b or c}. */
  static String alternatives(List<String> texts) {
    return enumerated(texts, "or");
  }

  private static String enumerated(List<String> texts, String word) {
    if (texts.size() == 1) return texts.getFirst();
    return String.join(", ", texts.subList(0, texts.size() - 1)) + " " + word + " " + texts.getLast();
  }
}
