package org.scriptorium.engine.kernel.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.INTEGERS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Queries times the keys of one cache block in float16: lanes are tokens. One to four heads read a key once; several chains hide
 * the latency of a fused multiply-add. Each turn takes two inputs: a shorter loop the compiler unrolls to four, for which 16 registers are
 * too few, and the sums go through memory (3.4 against 2.0 microseconds for 288 tokens and 3 heads on a Zen 3 core).
 */
final class HalfScoreTiles {
  private HalfScoreTiles() {}

  /** scores[head, token] for the tokens [column, column + lanes) and the same 16 further on of a block, for 1 to 4 heads. */
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
    int i = 0;
    for (; i < width - 1; i += 2) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      both = load(block, keys + 2L * BLOCK * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, query[from + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    if (i < width) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + 16);
  }

  private static void score2(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < width - 1; i += 2) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      both = load(block, keys + 2L * BLOCK * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, query[from + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    if (i < width) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    a0.intoArray(scores, to);
    b0.intoArray(scores, to + 16);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + 16);
  }

  private static void score3(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < width - 1; i += 2) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
      FloatVector x = FloatVector.broadcast(FLOATS, query[from + i]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, query[from + 2 * width + i]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      both = load(block, keys + 2L * BLOCK * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, query[from + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, query[from + 2 * width + i + 1]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
    }
    if (i < width) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
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
    b0.intoArray(scores, to + 16);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + 16);
    a2.intoArray(scores, to + 2 * stride);
    b2.intoArray(scores, to + 2 * stride + 16);
  }

  private static void score4(float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i < width - 1; i += 2) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
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
      both = load(block, keys + 2L * BLOCK * (i + 1));
      low = HalfBlocks.low(both);
      high = HalfBlocks.high(both);
      x = FloatVector.broadcast(FLOATS, query[from + i + 1]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, query[from + width + i + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, query[from + 2 * width + i + 1]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, query[from + 3 * width + i + 1]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
    }
    if (i < width) {
      IntVector both = load(block, keys + 2L * BLOCK * i);
      FloatVector low = HalfBlocks.low(both), high = HalfBlocks.high(both);
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
    b0.intoArray(scores, to + 16);
    a1.intoArray(scores, to + stride);
    b1.intoArray(scores, to + stride + 16);
    a2.intoArray(scores, to + 2 * stride);
    b2.intoArray(scores, to + 2 * stride + 16);
    a3.intoArray(scores, to + 3 * stride);
    b3.intoArray(scores, to + 3 * stride + 16);
  }

  private static IntVector load(MemorySegment block, long at) {
    return IntVector.fromMemorySegment(INTEGERS, block, at, LITTLE_ENDIAN);
  }
}
