package org.scriptorium.engine.kernel.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.INTEGERS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Weights times the values of one cache block in float16: lanes are a vector of a row and the one 16 values further on, and one to four
 * heads read a value once. The block's sum is added to the target, so that whole blocks of a prompt may be summed at once.
 */
final class HalfValueTiles {
  private HalfValueTiles() {}

  /**
   * @param at place of the first token's score for the first head
   * @param values byte offset of the lanes within the first token's run
   */
  static void mix(int heads, float[] scores, int at, int stride, MemorySegment block, long values, int count,
      float[] target, int to, int targetStride) {
    switch (heads) {
      case 1 -> mix1(scores, at, block, values, count, target, to);
      case 2 -> mix2(scores, at, stride, block, values, count, target, to, targetStride);
      case 3 -> mix3(scores, at, stride, block, values, count, target, to, targetStride);
      case 4 -> mix4(scores, at, stride, block, values, count, target, to, targetStride);
      default -> throw new IllegalArgumentException("heads: expected 1 to 4, found " + heads);
    }
  }

  private static void mix1(float[] scores, int at, MemorySegment block, long values, int count,
      float[] target, int to) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < count - 1; i += 2) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      both = load(block, values + HalfBlocks.ROW * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, scores[at + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    if (i < count) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    FloatVector.fromArray(FLOATS, target, to).add(a0).intoArray(target, to);
    FloatVector.fromArray(FLOATS, target, to + 16).add(b0).intoArray(target, to + 16);
  }

  private static void mix2(float[] scores, int at, int stride, MemorySegment block, long values, int count,
      float[] target, int to, int targetStride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < count - 1; i += 2) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      both = load(block, values + HalfBlocks.ROW * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, scores[at + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    if (i < count) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    FloatVector.fromArray(FLOATS, target, to).add(a0).intoArray(target, to);
    FloatVector.fromArray(FLOATS, target, to + 16).add(b0).intoArray(target, to + 16);
    FloatVector.fromArray(FLOATS, target, to + targetStride).add(a1).intoArray(target, to + targetStride);
    FloatVector.fromArray(FLOATS, target, to + targetStride + 16).add(b1).intoArray(target, to + targetStride + 16);
  }

  private static void mix3(float[] scores, int at, int stride, MemorySegment block, long values, int count,
      float[] target, int to, int targetStride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < count - 1; i += 2) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, scores[at + 2 * stride + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      both = load(block, values + HalfBlocks.ROW * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, scores[at + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, scores[at + 2 * stride + i + 1]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
    }
    if (i < count) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, scores[at + 2 * stride + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
    }
    FloatVector.fromArray(FLOATS, target, to).add(a0).intoArray(target, to);
    FloatVector.fromArray(FLOATS, target, to + 16).add(b0).intoArray(target, to + 16);
    FloatVector.fromArray(FLOATS, target, to + targetStride).add(a1).intoArray(target, to + targetStride);
    FloatVector.fromArray(FLOATS, target, to + targetStride + 16).add(b1).intoArray(target, to + targetStride + 16);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride).add(a2).intoArray(target, to + 2 * targetStride);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + 16).add(b2).intoArray(target, to + 2 * targetStride + 16);
  }

  private static void mix4(float[] scores, int at, int stride, MemorySegment block, long values, int count,
      float[] target, int to, int targetStride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < count - 1; i += 2) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, scores[at + 2 * stride + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, scores[at + 3 * stride + i]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
      both = load(block, values + HalfBlocks.ROW * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, scores[at + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, scores[at + 2 * stride + i + 1]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, scores[at + 3 * stride + i + 1]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
    }
    if (i < count) {
      IntVector both = load(block, values + HalfBlocks.ROW * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, scores[at + 2 * stride + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, scores[at + 3 * stride + i]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
    }
    FloatVector.fromArray(FLOATS, target, to).add(a0).intoArray(target, to);
    FloatVector.fromArray(FLOATS, target, to + 16).add(b0).intoArray(target, to + 16);
    FloatVector.fromArray(FLOATS, target, to + targetStride).add(a1).intoArray(target, to + targetStride);
    FloatVector.fromArray(FLOATS, target, to + targetStride + 16).add(b1).intoArray(target, to + targetStride + 16);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride).add(a2).intoArray(target, to + 2 * targetStride);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + 16).add(b2).intoArray(target, to + 2 * targetStride + 16);
    FloatVector.fromArray(FLOATS, target, to + 3 * targetStride).add(a3).intoArray(target, to + 3 * targetStride);
    FloatVector.fromArray(FLOATS, target, to + 3 * targetStride + 16).add(b3).intoArray(target, to + 3 * targetStride + 16);
  }

  private static IntVector load(MemorySegment block, long at) {
    return IntVector.fromMemorySegment(INTEGERS, block, at, LITTLE_ENDIAN);
  }
}
