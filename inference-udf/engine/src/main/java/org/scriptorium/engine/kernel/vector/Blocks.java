package org.scriptorium.engine.kernel.vector;

import java.lang.foreign.MemorySegment;

/** The cache blocks of one storage type: how they are written, and the loops that read them. Stateless. */
sealed interface Blocks permits FloatBlocks, HalfBlocks {
  /** Heads that share a pass over keys or values: what the registers hold. */
  int HEADS = 4;

  /** Writes one position's key and value at {@code slot}; false if a value can't be kept. */
  boolean store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot);

  /**
   * scores[head, token] = query[head] . key[token] for all tokens of a block, in chains over the width in ascending order.
   *
   * @param heads 1 to {@link #HEADS}
   * @param stride between two heads' scores
   */
  void score(int heads, float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride);

  /**
   * target[head] += sum over tokens of scores[head, token] * value[token], in chains over the tokens in ascending order.
   *
   * @param heads 1 to {@link #HEADS}
   * @param at place of the score of token {@code first} for the first head
   * @param first token of the block; {@code count} tokens from there
   * @param target [heads, width]
   */
  void mix(int heads, float[] scores, int at, int stride, MemorySegment block, long values, int width, int first, int count,
      float[] target, int targetAt);

  /** Keys of a block as a panel in strips: width inputs, a token an output. */
  void readKeys(MemorySegment block, long keys, int width, float[] panel);

  /**
   * The values [lane, lane + 32) of a block as a panel in strips: a token an input, a lane an output. Zeros for tokens from {@code tokens} on,
   * whose memory may hold anything; what stands for lanes beyond the width is undefined.
   *
   * @param lane multiple of 32
   */
  void readValues(MemorySegment block, long values, int width, int lane, int tokens, float[] panel);
}
