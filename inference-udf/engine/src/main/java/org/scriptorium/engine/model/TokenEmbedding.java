package org.scriptorium.engine.model;

/** What makes a token the row that goes into the first layer. */
public sealed interface TokenEmbedding permits Embedding, AdaptiveEmbedding {

  /** Tokens that have a row. */
  int vocabulary();

  /** Width of a row. */
  int width();

  /**
   * Writes the row of a token at a position.
   *
   * @param worker thread of the machine's team that calls
   * @param target [width] float32 at {@code to}
   */
  void read(Machine machine, int worker, int token, int position, float[] target, int to);
}
