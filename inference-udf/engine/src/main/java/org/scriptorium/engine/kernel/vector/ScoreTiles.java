package org.scriptorium.engine.kernel.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Queries times the keys of one cache block in float32: lanes are tokens. One to four heads read a key once; several chains hide
 * the latency of a fused multiply-add.
 */
final class ScoreTiles {
  private ScoreTiles() {}

  /** scores[head, token] for two vectors of tokens of a block, for 1 to 4 heads. */
  static void score(int heads, float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    switch (heads) {
      case 1 -> score1(query, from, width, block, keys, scores, to);
      case 2 -> score2(query, from, width, block, keys, scores, to, stride);
      case 3 -> score3(query, from, width, block, keys, scores, to, stride);
      case 4 -> score4(query, from, width, block, keys, scores, to, stride);
      default -> throw new IllegalArgumentException("heads: expected 1 to 4, found " + heads);
    }
  }

  private static void score1(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    for (int i = 0; i < width; i++) {
      FloatVector low = load(block, keys + 4L * BLOCK * i), high = load(block, keys + 4L * BLOCK * i + 4L * COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + COUNT);
  }

  private static void score2(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    for (int i = 0; i < width; i++) {
      FloatVector low = load(block, keys + 4L * BLOCK * i), high = load(block, keys + 4L * BLOCK * i + 4L * COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + COUNT);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + COUNT);
  }

  private static void score3(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    for (int i = 0; i < width; i++) {
      FloatVector low = load(block, keys + 4L * BLOCK * i), high = load(block, keys + 4L * BLOCK * i + 4L * COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, query[from + 2 * width + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + COUNT);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + COUNT);
    a2.intoArray(scores, to + 2 * stride);
    b2.intoArray(scores, to + 2 * stride + COUNT);
  }

  private static void score4(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS), a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    for (int i = 0; i < width; i++) {
      FloatVector low = load(block, keys + 4L * BLOCK * i), high = load(block, keys + 4L * BLOCK * i + 4L * COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, query[from + 2 * width + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, query[from + 3 * width + i]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + COUNT);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + COUNT);
    a2.intoArray(scores, to + 2 * stride);
    b2.intoArray(scores, to + 2 * stride + COUNT);
    a3.intoArray(scores, to + 3 * stride);
    b3.intoArray(scores, to + 3 * stride + COUNT);
  }

  private static FloatVector load(MemorySegment block, long at) {
    return FloatVector.fromMemorySegment(FLOATS, block, at, LITTLE_ENDIAN);
  }
}
