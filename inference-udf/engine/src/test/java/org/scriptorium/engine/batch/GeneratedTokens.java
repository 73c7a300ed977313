package org.scriptorium.engine.batch;

import java.util.Arrays;

/** The tokens of a sequence that has ended, for tests. */
public final class GeneratedTokens {
  private GeneratedTokens() {}

  /** The tokens of its text, the end token included. */
  public static int[] of(Sequence sequence) {
    return Arrays.copyOfRange(sequence.tokens(), sequence.promptLength(), sequence.length());
  }
}
