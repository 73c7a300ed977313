package org.scriptorium.engine.kernel.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.WIDE;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Scratch;

/** Attention over the paged cache: scores block by block, a softmax over all of them, then the values. */
final class VectorAttention implements Attention {
  /** Heads that share a pass over keys or values: what the registers hold. */
  private static final int HEADS = 4;

  @Override
  public void store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot) {
    for (int i = 0; i < width; i++) block.set(JAVA_FLOAT_UNALIGNED, keys + 4L * (i * BLOCK + slot), key[keyFrom + i]);
    MemorySegment.copy(value, valueFrom, block, JAVA_FLOAT_UNALIGNED, values + 4L * slot * width, width);
  }

  @Override
  public void attend(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] target, int targetFrom, Scratch scratch) {
    int firstBlock = from / BLOCK, lastBlock = (to - 1) / BLOCK;
    int start = firstBlock * BLOCK, stride = (lastBlock + 1) * BLOCK - start;
    float[] scores = scratch.scores(Math.min(heads, HEADS) * stride);
    for (int head = 0; head < heads; head += HEADS) {
      int count = Math.min(HEADS, heads - head), at = queryFrom + head * width, result = targetFrom + head * width;
      for (int block = firstBlock; block <= lastBlock; block++) {
        for (int column = 0; column < BLOCK; column += 2 * COUNT) {
          ScoreTiles.score(count, query, at, width, blocks[block], keys + 4L * column, scores, block * BLOCK - start + column, stride);
        }
      }
      for (int i = 0; i < count; i++) softmax(scores, i * stride, stride, from - start, to - start, scale);
      mix(count, scores, from - start, stride, blocks, values, width, from, to, target, result);
    }
  }

  @Override
  public void attendRows(int rows, float[] query, int queryFrom, int stride, int heads, int width, MemorySegment[] blocks, long keys,
      long values, int from, int to, float scale, float[] target, int targetFrom, Scratch scratch) {
    int taken = 0;
    for (int next; rows - taken >= PromptAttention.LEAST_ROWS; taken += next) {
      next = PromptAttention.rows(rows - taken, heads, to + rows - from);
      int shift = taken * stride;
      PromptAttention.attend(next, query, queryFrom + shift, stride, heads, width, blocks, keys, values, from, to + taken, scale, target,
          targetFrom + shift, scratch);
    }
    for (; taken < rows; taken++) {
      int shift = taken * stride;
      attend(query, queryFrom + shift, heads, width, blocks, keys, values, from, to + taken, scale, target, targetFrom + shift, scratch);
    }
  }

  /**
   * scores = exp(scale * (score - greatest)) / sum over [from, to), 0 outside. The sum runs over 16 lanes, lane = token mod 16.
   *
   * @param count multiple of 32
   */
  static void softmax(float[] scores, int at, int count, int from, int to, float scale) {
    for (int i = 0; i < from; i++) scores[at + i] = Float.NEGATIVE_INFINITY;
    for (int i = to; i < count; i++) scores[at + i] = Float.NEGATIVE_INFINITY;
    FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < count; i += COUNT) most = most.max(FloatVector.fromArray(FLOATS, scores, at + i));
    float greatest = most.reduceLanes(VectorOperators.MAX);
    FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i += 16) {
      FloatVector x = weight(scores, at + i, greatest, scale);
      low = low.add(x);
      if (!WIDE) high = high.add(weight(scores, at + i + COUNT, greatest, scale));
    }
    float inverse = 1f / VectorRows.sum(low, high);
    for (int i = 0; i < count; i += COUNT) FloatVector.fromArray(FLOATS, scores, at + i).mul(inverse).intoArray(scores, at + i);
  }

  private static FloatVector weight(float[] scores, int at, float greatest, float scale) {
    FloatVector result = Exponential.of(FloatVector.fromArray(FLOATS, scores, at).sub(greatest).mul(scale));
    result.intoArray(scores, at);
    return result;
  }

  private static void mix(int heads, float[] scores, int at, int stride, MemorySegment[] blocks, long values, int width, int from, int to,
      float[] target, int targetFrom) {
    int whole = width / (2 * COUNT) * (2 * COUNT);
    for (int lane = 0; lane < whole; lane += 2 * COUNT) {
      ValueTiles.mix(heads, scores, at, stride, blocks, values + 4L * lane, width, from, to, target, targetFrom + lane);
    }
    for (int head = 0; head < heads; head++) {
      for (int lane = whole; lane < width; lane++) {
        float total = 0, sum = 0;
        for (int token = from; token < to; token++) {
          float value = blocks[token / BLOCK].get(JAVA_FLOAT_UNALIGNED, values + 4L * (token % BLOCK * width + lane));
          sum = Math.fma(value, scores[at + head * stride + token - from], sum);
          if (token % BLOCK == BLOCK - 1 || token == to - 1) {
            total += sum;
            sum = 0;
          }
        }
        target[targetFrom + head * width + lane] = total;
      }
    }
  }
}
