package org.scriptorium.engine.kernel.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Sums of values weighted by scores: lanes are the values' own width, two vectors of it at a time. A block's tokens are summed in
 * order from zero, then the blocks' sums in order, as {@link PromptAttention} does.
 */
final class ValueTiles {
  private ValueTiles() {}

  /**
   * target[head, lane] = sum over token of scores[head, token] * value[token, lane] for two vectors of lanes and 1 to 4 heads.
   *
   * @param at place of the score of token {@code from} for the first head
   * @param values byte offset of the lanes within the values of a block
   */
  static void mix(int heads, float[] scores, int at, int stride, MemorySegment[] blocks, long values, int width, int from, int to,
      float[] target, int targetAt) {
    switch (heads) {
      case 1 -> mix1(scores, at, blocks, values, width, from, to, target, targetAt);
      case 2 -> mix2(scores, at, stride, blocks, values, width, from, to, target, targetAt);
      case 3 -> mix3(scores, at, stride, blocks, values, width, from, to, target, targetAt);
      case 4 -> mix4(scores, at, stride, blocks, values, width, from, to, target, targetAt);
      default -> throw new IllegalArgumentException("heads: expected 1 to 4, found " + heads);
    }
  }

  private static void mix1(float[] scores, int at, MemorySegment[] blocks, long values, int width, int from, int to,
      float[] target, int targetAt) {
    FloatVector total0a = FloatVector.zero(FLOATS), total0b = FloatVector.zero(FLOATS);
    for (int token = from; token < to; ) {
      MemorySegment block = blocks[token / BLOCK];
      int first = token % BLOCK, count = Math.min(BLOCK - first, to - token);
      int score = at + token - from;
      long value = values + 4L * first * width;
      FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        FloatVector low = load(block, value + 4L * i * width), high = load(block, value + 4L * i * width + 4L * COUNT);
        FloatVector x = FloatVector.broadcast(FLOATS, scores[score + i]);
        a0 = low.fma(x, a0);
        b0 = high.fma(x, b0);
      }
      total0a = total0a.add(a0);
      total0b = total0b.add(b0);
      token += count;
    }
    total0a.intoArray(target, targetAt);
    total0b.intoArray(target, targetAt + COUNT);
  }

  private static void mix2(float[] scores, int at, int stride, MemorySegment[] blocks, long values, int width, int from, int to,
      float[] target, int targetAt) {
    FloatVector total0a = FloatVector.zero(FLOATS), total0b = FloatVector.zero(FLOATS);
    FloatVector total1a = FloatVector.zero(FLOATS), total1b = FloatVector.zero(FLOATS);
    for (int token = from; token < to; ) {
      MemorySegment block = blocks[token / BLOCK];
      int first = token % BLOCK, count = Math.min(BLOCK - first, to - token);
      int score = at + token - from;
      long value = values + 4L * first * width;
      FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
      FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        FloatVector low = load(block, value + 4L * i * width), high = load(block, value + 4L * i * width + 4L * COUNT);
        FloatVector x = FloatVector.broadcast(FLOATS, scores[score + i]);
        a0 = low.fma(x, a0);
        b0 = high.fma(x, b0);
        x = FloatVector.broadcast(FLOATS, scores[score + stride + i]);
        a1 = low.fma(x, a1);
        b1 = high.fma(x, b1);
      }
      total0a = total0a.add(a0);
      total0b = total0b.add(b0);
      total1a = total1a.add(a1);
      total1b = total1b.add(b1);
      token += count;
    }
    total0a.intoArray(target, targetAt);
    total0b.intoArray(target, targetAt + COUNT);
    total1a.intoArray(target, targetAt + width);
    total1b.intoArray(target, targetAt + width + COUNT);
  }

  private static void mix3(float[] scores, int at, int stride, MemorySegment[] blocks, long values, int width, int from, int to,
      float[] target, int targetAt) {
    FloatVector total0a = FloatVector.zero(FLOATS), total0b = FloatVector.zero(FLOATS);
    FloatVector total1a = FloatVector.zero(FLOATS), total1b = FloatVector.zero(FLOATS);
    FloatVector total2a = FloatVector.zero(FLOATS), total2b = FloatVector.zero(FLOATS);
    for (int token = from; token < to; ) {
      MemorySegment block = blocks[token / BLOCK];
      int first = token % BLOCK, count = Math.min(BLOCK - first, to - token);
      int score = at + token - from;
      long value = values + 4L * first * width;
      FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
      FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
      FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        FloatVector low = load(block, value + 4L * i * width), high = load(block, value + 4L * i * width + 4L * COUNT);
        FloatVector x = FloatVector.broadcast(FLOATS, scores[score + i]);
        a0 = low.fma(x, a0);
        b0 = high.fma(x, b0);
        x = FloatVector.broadcast(FLOATS, scores[score + stride + i]);
        a1 = low.fma(x, a1);
        b1 = high.fma(x, b1);
        x = FloatVector.broadcast(FLOATS, scores[score + 2 * stride + i]);
        a2 = low.fma(x, a2);
        b2 = high.fma(x, b2);
      }
      total0a = total0a.add(a0);
      total0b = total0b.add(b0);
      total1a = total1a.add(a1);
      total1b = total1b.add(b1);
      total2a = total2a.add(a2);
      total2b = total2b.add(b2);
      token += count;
    }
    total0a.intoArray(target, targetAt);
    total0b.intoArray(target, targetAt + COUNT);
    total1a.intoArray(target, targetAt + width);
    total1b.intoArray(target, targetAt + width + COUNT);
    total2a.intoArray(target, targetAt + 2 * width);
    total2b.intoArray(target, targetAt + 2 * width + COUNT);
  }

  private static void mix4(float[] scores, int at, int stride, MemorySegment[] blocks, long values, int width, int from, int to,
      float[] target, int targetAt) {
    FloatVector total0a = FloatVector.zero(FLOATS), total0b = FloatVector.zero(FLOATS);
    FloatVector total1a = FloatVector.zero(FLOATS), total1b = FloatVector.zero(FLOATS);
    FloatVector total2a = FloatVector.zero(FLOATS), total2b = FloatVector.zero(FLOATS);
    FloatVector total3a = FloatVector.zero(FLOATS), total3b = FloatVector.zero(FLOATS);
    for (int token = from; token < to; ) {
      MemorySegment block = blocks[token / BLOCK];
      int first = token % BLOCK, count = Math.min(BLOCK - first, to - token);
      int score = at + token - from;
      long value = values + 4L * first * width;
      FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
      FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
      FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
      FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        FloatVector low = load(block, value + 4L * i * width), high = load(block, value + 4L * i * width + 4L * COUNT);
        FloatVector x = FloatVector.broadcast(FLOATS, scores[score + i]);
        a0 = low.fma(x, a0);
        b0 = high.fma(x, b0);
        x = FloatVector.broadcast(FLOATS, scores[score + stride + i]);
        a1 = low.fma(x, a1);
        b1 = high.fma(x, b1);
        x = FloatVector.broadcast(FLOATS, scores[score + 2 * stride + i]);
        a2 = low.fma(x, a2);
        b2 = high.fma(x, b2);
        x = FloatVector.broadcast(FLOATS, scores[score + 3 * stride + i]);
        a3 = low.fma(x, a3);
        b3 = high.fma(x, b3);
      }
      total0a = total0a.add(a0);
      total0b = total0b.add(b0);
      total1a = total1a.add(a1);
      total1b = total1b.add(b1);
      total2a = total2a.add(a2);
      total2b = total2b.add(b2);
      total3a = total3a.add(a3);
      total3b = total3b.add(b3);
      token += count;
    }
    total0a.intoArray(target, targetAt);
    total0b.intoArray(target, targetAt + COUNT);
    total1a.intoArray(target, targetAt + width);
    total1b.intoArray(target, targetAt + width + COUNT);
    total2a.intoArray(target, targetAt + 2 * width);
    total2b.intoArray(target, targetAt + 2 * width + COUNT);
    total3a.intoArray(target, targetAt + 3 * width);
    total3b.intoArray(target, targetAt + 3 * width + COUNT);
  }

  private static FloatVector load(MemorySegment block, long at) {
    return FloatVector.fromMemorySegment(FLOATS, block, at, LITTLE_ENDIAN);
  }
}
