package org.scriptorium.engine.api;

import java.util.Locale;

/** Why a completion ended. */
public enum FinishReason {
  /** The model ended its text, or a stop string appeared. */
  STOP,
  /** The limit of new tokens, or the context's end, was reached. */
  LENGTH,
  /** See the completion's error code. */
  ERROR,
  /** Nothing to do: the document is null, empty or blank. */
  SKIPPED,
  /** The question has no answer in the context. */
  NO_ANSWER;

  /** The reason as results and reports spell it, such as {@code no_answer}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
