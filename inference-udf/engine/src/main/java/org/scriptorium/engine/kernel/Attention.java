package org.scriptorium.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Attention over a paged key/value cache, one query position and one key/value head at a time.
 *
 * <p>A block holds {@link #BLOCK} tokens. For one layer and head its keys are [width, BLOCK] (transposed, so that a vector's lanes
 * are tokens and no sum runs across lanes), its values [BLOCK, width], both of one {@link CacheType}, which says where each lies
 * ({@link CacheType#keyPlace}, {@link CacheType#valuePlace}). All arithmetic is in float32.
 */
public interface Attention {
  /** Tokens of a cache block. */
  int BLOCK = 32;

  /**
   * Writes one position's key and value.
   *
   * @param block cache block, borrowed
   * @param keys byte offset of the layer's and head's keys in the block; {@code values} likewise
   * @param slot place in the block, from 0 to BLOCK - 1
   * @return false if the cache's type can't keep a value ({@link CacheType#keeps}): what is read back then is undefined
   */
  boolean store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot);

  /**
   * target[head] = softmax(scale * query[head] . keys) . values, for the heads that share one key/value head (Ainslie et al.
   * 2023, arXiv:2305.13245). Scores are sums over the width in ascending order; values are summed in the order of tokens within a block, and the blocks' sums in order.
   *
   * @param query [heads, width] float32 at {@code queryFrom}
   * @param blocks the sequence's blocks in order
   * @param from first token attended to; {@code to} is the end, exclusive, greater than from
   * @param target [heads, width] at {@code targetFrom}
   */
  void attend(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] target, int targetFrom, Scratch scratch);

  /**
   * {@link #attend} with a summand for each token: target[head] = softmax(scale * (query[head] . keys + bias[head])) . values.
   *
   * @param bias [heads, to - from] float32, head h's at {@code biasFrom + h * biasStride}
   */
  void attendBiased(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] bias, int biasFrom, int biasStride, float[] target, int targetFrom, Scratch scratch);

  /**
   * {@link #attend} for neighbouring positions of one sequence: row r attends to [from, to + r * growth), or to the
   * last {@code window} tokens of it. The bits are those of one row at a time, if the values are finite.
   *
   * @param query [heads, width] for each row, row r at {@code queryFrom + r * stride}; {@code target} likewise
   * @param to end of the first row's tokens; the cache holds those of all rows
   * @param growth 1 where each row sees itself and what came before, 0 where all rows see the same
   * @param window most tokens that a row sees, at least 1
   */
  default void attendRows(int rows, float[] query, int queryFrom, int stride, int heads, int width, MemorySegment[] blocks, long keys,
      long values, int from, int to, int growth, int window, float scale, float[] target, int targetFrom, Scratch scratch) {
    for (int row = 0; row < rows; row++) {
      int shift = row * stride, end = to + row * growth;
      attend(query, queryFrom + shift, heads, width, blocks, keys, values, Math.max(from, end - window), end, scale, target,
          targetFrom + shift, scratch);
    }
  }
}
