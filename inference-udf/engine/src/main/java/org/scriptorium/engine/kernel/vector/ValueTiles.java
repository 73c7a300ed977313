package org.scriptorium.engine.kernel.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Weights times the values of one cache block in float32: lanes are two vectors of a row, and one to four
 * heads read a value once. The block's sum is added to the target, so that whole blocks of a prompt may be summed at once.
 */
final class ValueTiles {
  private ValueTiles() {}

  /**
   * @param at place of the first token's score for the first head
   * @param values byte offset of the lanes within the first token's row
   */
  static void mix(int heads, float[] scores, int at, int stride, MemorySegment block, long values, long rowBytes, int count,
      float[] target, int to, int targetStride) {
    switch (heads) {
      case 1 -> mix1(scores, at, block, values, rowBytes, count, target, to);
      case 2 -> mix2(scores, at, stride, block, values, rowBytes, count, target, to, targetStride);
      case 3 -> mix3(scores, at, stride, block, values, rowBytes, count, target, to, targetStride);
      case 4 -> mix4(scores, at, stride, block, values, rowBytes, count, target, to, targetStride);
      default -> throw new IllegalArgumentException("heads: expected 1 to 4, found " + heads);
    }
  }

  private static void mix1(float[] scores, int at, MemorySegment block, long values, long rowBytes, int count,
      float[] target, int to) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i++) {
      FloatVector low = load(block, values + rowBytes * i), high = load(block, values + rowBytes * i + 4L * COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    FloatVector.fromArray(FLOATS, target, to).add(a0).intoArray(target, to);
    FloatVector.fromArray(FLOATS, target, to + COUNT).add(b0).intoArray(target, to + COUNT);
  }

  private static void mix2(float[] scores, int at, int stride, MemorySegment block, long values, long rowBytes, int count,
      float[] target, int to, int targetStride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i++) {
      FloatVector low = load(block, values + rowBytes * i), high = load(block, values + rowBytes * i + 4L * COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, scores[at + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, scores[at + stride + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    FloatVector.fromArray(FLOATS, target, to).add(a0).intoArray(target, to);
    FloatVector.fromArray(FLOATS, target, to + COUNT).add(b0).intoArray(target, to + COUNT);
    FloatVector.fromArray(FLOATS, target, to + targetStride).add(a1).intoArray(target, to + targetStride);
    FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT).add(b1).intoArray(target, to + targetStride + COUNT);
  }

  private static void mix3(float[] scores, int at, int stride, MemorySegment block, long values, long rowBytes, int count,
      float[] target, int to, int targetStride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i++) {
      FloatVector low = load(block, values + rowBytes * i), high = load(block, values + rowBytes * i + 4L * COUNT);
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
    FloatVector.fromArray(FLOATS, target, to + COUNT).add(b0).intoArray(target, to + COUNT);
    FloatVector.fromArray(FLOATS, target, to + targetStride).add(a1).intoArray(target, to + targetStride);
    FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT).add(b1).intoArray(target, to + targetStride + COUNT);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride).add(a2).intoArray(target, to + 2 * targetStride);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + COUNT).add(b2).intoArray(target, to + 2 * targetStride + COUNT);
  }

  private static void mix4(float[] scores, int at, int stride, MemorySegment block, long values, long rowBytes, int count,
      float[] target, int to, int targetStride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS), a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    for (int i = 0; i < count; i++) {
      FloatVector low = load(block, values + rowBytes * i), high = load(block, values + rowBytes * i + 4L * COUNT);
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
    FloatVector.fromArray(FLOATS, target, to + COUNT).add(b0).intoArray(target, to + COUNT);
    FloatVector.fromArray(FLOATS, target, to + targetStride).add(a1).intoArray(target, to + targetStride);
    FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT).add(b1).intoArray(target, to + targetStride + COUNT);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride).add(a2).intoArray(target, to + 2 * targetStride);
    FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + COUNT).add(b2).intoArray(target, to + 2 * targetStride + COUNT);
    FloatVector.fromArray(FLOATS, target, to + 3 * targetStride).add(a3).intoArray(target, to + 3 * targetStride);
    FloatVector.fromArray(FLOATS, target, to + 3 * targetStride + COUNT).add(b3).intoArray(target, to + 3 * targetStride + COUNT);
  }

  private static FloatVector load(MemorySegment block, long at) {
    return FloatVector.fromMemorySegment(FLOATS, block, at, LITTLE_ENDIAN);
  }
}
