package org.scriptorium.pipeline.retrieval;

import java.util.OptionalInt;

/**
 * How an index is built.
 *
 * @param root folder of the index, a Hadoop URI
 * @param model that embeds
 * @param shards among which documents are spread; empty keeps what the index has, and starts with one
 * @param chunkTokens the most tokens of a passage; empty is what the model reads at once, and at most 254
 * @param isWhole whether the documents are all there are; false where a limit may have left some out, so that none is removed
 * @param maxErrorRate the share of documents in error above which nothing is published
 */
public record IndexSettings(String root, String model, OptionalInt shards, OptionalInt chunkTokens, boolean isWhole,
    double maxErrorRate) {
  private static final int USUAL = 254;
  /** Where the window is too short, passages stand without their headings. */
  private static final int HEADINGS = 40, LEAST = 96;

  /** The most tokens of the headings before a passage. */
  static int headingTokens(EmbeddingModel model) {
    return model.window() < LEAST ? 0 : HEADINGS;
  }

  /** The most tokens of a passage without headings. */
  int chunkTokens(EmbeddingModel model) {
    int room = model.window() - (headingTokens(model) == 0 ? 0 : headingTokens(model) + 1);
    if (chunkTokens.isEmpty()) return Math.min(USUAL - HEADINGS - 1, room);
    if (chunkTokens.getAsInt() <= room) return chunkTokens.getAsInt();
    throw new IndexException("task.chunk-tokens: expected at most %d, which %s reads at once beside %d of headings, found %d", room,
        model.name(), headingTokens(model), chunkTokens.getAsInt());
  }
}
