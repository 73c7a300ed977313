package org.scriptorium.spark;

import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.SourcedText;

/**
 * How a summary is asked for. The instruction stands first and is the same for all rows with the same number of words, so that the
 * engine computes it once; the document stands last and is the only part that may be cut.
 *
 * <p>Small models heed "one very short sentence" better than any number of words, and repeat built-in examples in their answers: so there
 * are none. It is a user's message alone, since some models' templates refuse a system message. docs/quality.md has the measurements.
 */
final class SummaryPrompt {
  /** Words that a summary may have where the call does not say. */
  static final int DEFAULT_WORDS = 50;

  /** Up to so many words one sentence is asked for. */
  private static final int ONE_SENTENCE = 50;

  private SummaryPrompt() {}

  /** @param words at most about so many, 0 for no limit */
  static Prompt of(String document, int words) {
    return Prompt.user(new SourcedText.Builder().trusted(instruction(words)).trusted("\n\n").row(document).build());
  }

  private static String instruction(int words) {
    String form = words > 0 && words <= ONE_SENTENCE ? "one very short sentence" : "a few short sentences";
    String limit = words == 0 ? "" : " of at most %d %s".formatted(words, words == 1 ? "word" : "words");
    return "Summarize the input text in " + form + limit + ".";
  }
}
