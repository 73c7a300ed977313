package org.scriptorium.engine.model;

import java.util.Arrays;
import org.scriptorium.engine.kernel.Matmul.Store;

/** What moves information between the positions of a sequence. */
public sealed interface AttentionBlock permits SelfAttention, LatentAttention, RelativeAttention {

  /** Key/value heads that a layer caches. */
  int cachedHeads();

  /** Width of a cached head. */
  int cachedWidth();

  /** How queries and keys are turned. */
  Rotary rotary();

  /**
   * First position that a row at {@code position} sees; never before that of a lesser position.
   *
   * @param segment where the row's segment begins ({@link SequenceCache#beginSegment})
   */
  int from(int position, int segment);

  /**
   * Composes the block's phases; each ends before the next begins. The last layer's leave the rows that give no output once their keys
   * and values are in the cache ({@link Workspace#narrow}).
   *
   * @param source [rows, width] of what the workspace keeps then; may be {@code target}
   * @param target [rows, width]
   */
  Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer, float[] source, float[] target, Store store);

  /** Writes NaN in place of what rows of a spoiled cache would have attended to: {@code count} values of each, {@code stride} apart. */
  static void spoil(float[] attended, int at, int rows, int stride, int count) {
    for (int row = 0; row < rows; row++) Arrays.fill(attended, at + row * stride, at + row * stride + count, Float.NaN);
  }
}
