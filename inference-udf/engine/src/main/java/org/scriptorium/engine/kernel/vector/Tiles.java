package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.WIDE;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;

import jdk.incubator.vector.FloatVector;
import org.scriptorium.engine.kernel.Matmul.Store;

/**
 * Rows of activations times one dequantized panel, in register tiles of several rows by two vectors of outputs. All tiles
 * give an output the same chain: fused multiply-adds over the inputs in ascending order.
 *
 * <p>12 rows take 24 of the 32 vector registers of AVX-512; processors with 16 get 4 rows.
 */
final class Tiles {
  private Tiles() {}

  static void multiply(float[] panel, int inputs, int rows, float[] source, int from, int stride, float[] target, int to,
      int targetStride, int count, Store store) {
    int row = 0;
    if (WIDE) {
      for (; row <= rows - 12; row += 12) {
        tile12(panel, inputs, 0, source, from + row * stride, stride, target, to + row * targetStride, targetStride, count, store);
      }
    }
    for (int column = 0; column < WIDTH; column += 2 * COUNT) {
      int at = to + column, left = count - column, next = row;
      for (; next <= rows - 4; next += 4) {
        tile4(panel, inputs, column, source, from + next * stride, stride, target, at + next * targetStride, targetStride, left, store);
      }
      for (; next < rows; next++) {
        tile1(panel, inputs, column, source, from + next * stride, target, at + next * targetStride, left, store);
      }
    }
  }

  private static void storePair(FloatVector low, FloatVector high, float[] target, int to, int count, Store store) {
    store(low, target, to, count, store);
    store(high, target, to + COUNT, count - COUNT, store);
  }

  /** Writes the first {@code count} lanes; none if it is not positive. */
  static void store(FloatVector sum, float[] target, int to, int count, Store store) {
    if (count >= COUNT) {
      (store == Store.ADD ? FloatVector.fromArray(FLOATS, target, to).add(sum) : sum).intoArray(target, to);
    } else if (count > 0) {
      var mask = FLOATS.indexInRange(0, count);
      (store == Store.ADD ? FloatVector.fromArray(FLOATS, target, to, mask).add(sum) : sum).intoArray(target, to, mask);
    }
  }

  private static void tile12(float[] panel, int inputs, int column, float[] source, int from, int stride, float[] target, int to,
      int targetStride, int count, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS), a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS), a4 = FloatVector.zero(FLOATS), b4 = FloatVector.zero(FLOATS), a5 = FloatVector.zero(FLOATS), b5 = FloatVector.zero(FLOATS);
    FloatVector a6 = FloatVector.zero(FLOATS), b6 = FloatVector.zero(FLOATS), a7 = FloatVector.zero(FLOATS), b7 = FloatVector.zero(FLOATS), a8 = FloatVector.zero(FLOATS), b8 = FloatVector.zero(FLOATS);
    FloatVector a9 = FloatVector.zero(FLOATS), b9 = FloatVector.zero(FLOATS), a10 = FloatVector.zero(FLOATS), b10 = FloatVector.zero(FLOATS), a11 = FloatVector.zero(FLOATS), b11 = FloatVector.zero(FLOATS);
    int r1 = from + stride, r2 = from + 2 * stride, r3 = from + 3 * stride, r4 = from + 4 * stride, r5 = from + 5 * stride, r6 = from + 6 * stride;
    int r7 = from + 7 * stride, r8 = from + 8 * stride, r9 = from + 9 * stride, r10 = from + 10 * stride, r11 = from + 11 * stride;
    for (int k = 0, p = column; k < inputs; k++, p += WIDTH) {
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, source[from + k]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, source[r1 + k]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, source[r2 + k]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, source[r3 + k]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
      x = FloatVector.broadcast(FLOATS, source[r4 + k]);
      a4 = low.fma(x, a4);
      b4 = high.fma(x, b4);
      x = FloatVector.broadcast(FLOATS, source[r5 + k]);
      a5 = low.fma(x, a5);
      b5 = high.fma(x, b5);
      x = FloatVector.broadcast(FLOATS, source[r6 + k]);
      a6 = low.fma(x, a6);
      b6 = high.fma(x, b6);
      x = FloatVector.broadcast(FLOATS, source[r7 + k]);
      a7 = low.fma(x, a7);
      b7 = high.fma(x, b7);
      x = FloatVector.broadcast(FLOATS, source[r8 + k]);
      a8 = low.fma(x, a8);
      b8 = high.fma(x, b8);
      x = FloatVector.broadcast(FLOATS, source[r9 + k]);
      a9 = low.fma(x, a9);
      b9 = high.fma(x, b9);
      x = FloatVector.broadcast(FLOATS, source[r10 + k]);
      a10 = low.fma(x, a10);
      b10 = high.fma(x, b10);
      x = FloatVector.broadcast(FLOATS, source[r11 + k]);
      a11 = low.fma(x, a11);
      b11 = high.fma(x, b11);
    }
    storePair(a0, b0, target, to, count, store);
    storePair(a1, b1, target, to + targetStride, count, store);
    storePair(a2, b2, target, to + 2 * targetStride, count, store);
    storePair(a3, b3, target, to + 3 * targetStride, count, store);
    storePair(a4, b4, target, to + 4 * targetStride, count, store);
    storePair(a5, b5, target, to + 5 * targetStride, count, store);
    storePair(a6, b6, target, to + 6 * targetStride, count, store);
    storePair(a7, b7, target, to + 7 * targetStride, count, store);
    storePair(a8, b8, target, to + 8 * targetStride, count, store);
    storePair(a9, b9, target, to + 9 * targetStride, count, store);
    storePair(a10, b10, target, to + 10 * targetStride, count, store);
    storePair(a11, b11, target, to + 11 * targetStride, count, store);
  }

  private static void tile4(float[] panel, int inputs, int column, float[] source, int from, int stride, float[] target, int to,
      int targetStride, int count, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS), a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    int r1 = from + stride, r2 = from + 2 * stride, r3 = from + 3 * stride;
    for (int k = 0, p = column; k < inputs; k++, p += WIDTH) {
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, source[from + k]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, source[r1 + k]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      x = FloatVector.broadcast(FLOATS, source[r2 + k]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      x = FloatVector.broadcast(FLOATS, source[r3 + k]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
    }
    storePair(a0, b0, target, to, count, store);
    storePair(a1, b1, target, to + targetStride, count, store);
    storePair(a2, b2, target, to + 2 * targetStride, count, store);
    storePair(a3, b3, target, to + 3 * targetStride, count, store);
  }

  private static void tile1(float[] panel, int inputs, int column, float[] source, int from, float[] target, int to,
      int count, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    for (int k = 0, p = column; k < inputs; k++, p += WIDTH) {
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, source[from + k]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    storePair(a0, b0, target, to, count, store);
  }
}
