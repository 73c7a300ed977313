package org.scriptorium.spark;

import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.SourcedText;

/**
 * How a summary is asked for. The instruction stands first and is the same for all rows of a job, so that the engine computes it once;
 * the document stands last and is the only part that may be cut.
 */
final class SummaryPrompt {
  /** Words that a summary aims at where the call does not say. */
  static final int DEFAULT_WORDS = 50;

  private SummaryPrompt() {}

  /** @param words about so many, 0 for no limit */
  static Prompt of(String document, int words) {
    String length = words == 0 ? "" : " in at most %d words".formatted(words);
    return Prompt.user(new SourcedText.Builder()
        .trusted("Summarize the following text%s. Write only the summary.\n\n".formatted(length))
        .row(document)
        .build());
  }
}
