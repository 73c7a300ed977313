package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.WIDE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Scratch;

/** Attention over the paged cache: scores block by block, a softmax over all of them, then the values. */
final class VectorAttention implements Attention {
  private static final float[] NO_BIAS = {};

  private final Blocks format;

  VectorAttention(Blocks format) {
    this.format = format;
  }

  @Override
  public boolean store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot) {
    return format.store(key, keyFrom, value, valueFrom, width, block, keys, values, slot);
  }

  @Override
  public void attend(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] target, int targetFrom, Scratch scratch) {
    attendBiased(query, queryFrom, heads, width, blocks, keys, values, from, to, scale, NO_BIAS, 0, 0, target, targetFrom, scratch);
  }

  @Override
  public void attendBiased(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from,
      int to, float scale, float[] bias, int biasFrom, int biasStride, float[] target, int targetFrom, Scratch scratch) {
    int firstBlock = from / BLOCK, lastBlock = (to - 1) / BLOCK;
    int start = firstBlock * BLOCK, stride = (lastBlock + 1) * BLOCK - start;
    float[] scores = scratch.scores(Math.min(heads, Blocks.HEADS) * stride);
    Arrays.fill(target, targetFrom, targetFrom + heads * width, 0f);
    for (int head = 0; head < heads; head += Blocks.HEADS) {
      int count = Math.min(Blocks.HEADS, heads - head), at = queryFrom + head * width, result = targetFrom + head * width;
      for (int block = firstBlock; block <= lastBlock; block++) {
        format.score(count, query, at, width, blocks[block], keys, scores, block * BLOCK - start, stride);
      }
      if (bias.length > 0) {
        for (int i = 0; i < count; i++) VectorRows.plus(scores, i * stride + from - start, bias, biasFrom + (head + i) * biasStride, to - from);
      }
      float[] inverses = scratch.inverses(count);
      for (int i = 0; i < count; i++) inverses[i] = softmax(scores, i * stride, stride, from - start, to - start, scale);
      for (int block = firstBlock; block <= lastBlock; block++) {
        int first = Math.max(from - block * BLOCK, 0), end = Math.min(BLOCK, to - block * BLOCK);
        format.mix(count, scores, block * BLOCK + first - start, stride, blocks[block], values, width, first, end - first, target, result);
      }
      for (int i = 0; i < count; i++) VectorRows.scale(target, result + i * width, width, inverses[i]);
    }
  }

  @Override
  public void attendRows(int rows, float[] query, int queryFrom, int stride, int heads, int width, MemorySegment[] blocks, long keys,
      long values, int from, int to, int growth, int window, float scale, float[] target, int targetFrom, Scratch scratch) {
    int taken = 0;
    for (int next; rows - taken >= PromptAttention.LEAST_ROWS; taken += next) {
      int shift = taken * stride, end = to + taken * growth, first = Math.max(from, end - window);
      next = PromptAttention.rows(rows - taken, heads, to + rows * growth - first);
      PromptAttention.attend(format, next, query, queryFrom + shift, stride, heads, width, blocks, keys, values, first, end, growth, window,
          scale, target, targetFrom + shift, scratch);
    }
    for (; taken < rows; taken++) {
      int shift = taken * stride, end = to + taken * growth;
      attend(query, queryFrom + shift, heads, width, blocks, keys, values, Math.max(from, end - window), end, scale, target,
          targetFrom + shift, scratch);
    }
  }

  /**
   * scores = exp(scale * (score - greatest)) over [from, to), 0 outside. The sum runs over 16 lanes, lane = token mod 16.
   *
   * @param count multiple of 32
   * @return one divided by their sum: the weighted sum of the values is multiplied by it, which is less work than the weights
   */
  static float softmax(float[] scores, int at, int count, int from, int to, float scale) {
    for (int i = 0; i < from; i++) scores[at + i] = Float.NEGATIVE_INFINITY;
    for (int i = to; i < count; i++) scores[at + i] = Float.NEGATIVE_INFINITY;
    // Unlike max, the comparison passes over NaN, which is cheaper; NaN still gets into the sum.
    FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < count; i += COUNT) {
      FloatVector score = FloatVector.fromArray(FLOATS, scores, at + i);
      most = most.blend(score, score.compare(VectorOperators.GT, most));
    }
    float greatest = most.reduceLanes(VectorOperators.MAX);
    FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
    if (WIDE) {
      for (int i = 0; i < count; i += 16) low = low.add(weight(scores, at + i, greatest, scale));
    } else {
      for (int i = 0; i < count; i += 16) {
        low = low.add(weight(scores, at + i, greatest, scale));
        high = high.add(weight(scores, at + i + COUNT, greatest, scale));
      }
    }
    return 1f / VectorRows.sum(low, high);
  }

  private static FloatVector weight(float[] scores, int at, float greatest, float scale) {
    FloatVector result = Exponential.ofAtMost88(FloatVector.fromArray(FLOATS, scores, at).sub(greatest).mul(scale));
    result.intoArray(scores, at);
    return result;
  }
}
