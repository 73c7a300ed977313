package org.scriptorium.pipeline;

/** What becomes of documents that are longer than a model takes at once. */
public sealed interface LongDocuments {
  /** Tokens of a piece where the job does not say. */
  int PIECE_TOKENS = 2048;

  /** What is too long is cut, or its row fails, as {@code generate.truncation} says. */
  record Truncate() implements LongDocuments {}

  /**
   * A document is parted into pieces, each of which is asked; then their answers become one.
   *
   * @param pieceTokens most tokens of a piece; fewer where the model's context has no room for so many
   */
  record MapReduce(int pieceTokens) implements LongDocuments {}
}
