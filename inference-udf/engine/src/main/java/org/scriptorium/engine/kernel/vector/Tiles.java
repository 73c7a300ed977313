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
 * <p>12 rows take 24 of the 32 vector registers of AVX-512; processors with 16 get 6 rows, 12 of them. The panel lies in strips of
 * two vectors: [32 / strip, inputs, strip], so that a tile reads memory in one straight line, which the first-level cache's prefetcher
 * follows (95 GFLOP/s against 83 on a Zen 3 core with a peak of 103). A tile ends with intrinsic stores alone: a call that the compiler
 * does not inline would box every accumulator in every turn of the loop.
 */
final class Tiles {
  /** Outputs of a tile: two vectors. */
  static final int STRIP = 2 * COUNT;

  private static final int ROWS = WIDE ? 12 : 6;

  private Tiles() {}

  /** Floats of a panel with room for a tile's sums behind it. */
  static int panelSize(int inputs) {
    return inputs * WIDTH + ROWS * STRIP;
  }

  /**
   * @param panel of {@link #panelSize}, its first {@code inputs * 32} filled, in strips
   * @param count outputs of the panel that exist
   */
  static void multiply(float[] panel, int inputs, int rows, float[] source, int from, int stride, float[] target, int to,
      int targetStride, int count, Store store) {
    for (int column = 0; column < count; column += STRIP) {
      int strip = column * inputs, existing = Math.min(STRIP, count - column);
      for (int row = 0; row < rows; ) {
        int taken = tileRows(rows - row), first = from + row * stride, result = to + row * targetStride + column;
        if (existing == STRIP) tile(taken, panel, inputs, strip, source, first, stride, target, result, targetStride, store);
        else partialTile(taken, panel, inputs, strip, source, first, stride, target, result, targetStride, existing, store);
        row += taken;
      }
    }
  }

  /** Rows of the next tile: as many as there are kernels for. */
  private static int tileRows(int left) {
    return left >= ROWS ? ROWS : left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }

  private static void tile(int rows, float[] panel, int inputs, int strip, float[] source, int from, int stride, float[] target, int to,
      int targetStride, Store store) {
    if (WIDE && rows == 12) tile12(panel, inputs, strip, source, from, stride, target, to, targetStride, store);
    else if (!WIDE && rows == 6) tile6(panel, inputs, strip, source, from, stride, target, to, targetStride, store);
    else if (rows == 4) tile4(panel, inputs, strip, source, from, stride, target, to, targetStride, store);
    else if (rows == 2) tile2(panel, inputs, strip, source, from, stride, target, to, targetStride, store);
    else tile1(panel, inputs, strip, source, from, target, to, store);
  }

  /** The last strip of a matrix: the sums go behind the panel first, and from there those that exist. */
  private static void partialTile(int rows, float[] panel, int inputs, int strip, float[] source, int from, int stride, float[] target, int to,
      int targetStride, int count, Store store) {
    int sums = inputs * WIDTH;
    tile(rows, panel, inputs, strip, source, from, stride, panel, sums, STRIP, Store.SET);
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < count; i++) {
        int place = to + row * targetStride + i;
        float sum = panel[sums + row * STRIP + i];
        target[place] = store == Store.ADD ? target[place] + sum : sum;
      }
    }
  }

  /** Writes or adds the first {@code count} lanes of a vector; none if it is not positive. */
  static void store(FloatVector sum, float[] target, int to, int count, Store store) {
    if (count >= COUNT) {
      (store == Store.ADD ? FloatVector.fromArray(FLOATS, target, to).add(sum) : sum).intoArray(target, to);
    } else if (count > 0) {
      var mask = FLOATS.indexInRange(0, count);
      (store == Store.ADD ? FloatVector.fromArray(FLOATS, target, to, mask).add(sum) : sum).intoArray(target, to, mask);
    }
  }

  private static void tile12(float[] panel, int inputs, int strip, float[] source, int from, int stride, float[] target, int to,
      int targetStride, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS), a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS), a4 = FloatVector.zero(FLOATS), b4 = FloatVector.zero(FLOATS), a5 = FloatVector.zero(FLOATS), b5 = FloatVector.zero(FLOATS);
    FloatVector a6 = FloatVector.zero(FLOATS), b6 = FloatVector.zero(FLOATS), a7 = FloatVector.zero(FLOATS), b7 = FloatVector.zero(FLOATS), a8 = FloatVector.zero(FLOATS), b8 = FloatVector.zero(FLOATS);
    FloatVector a9 = FloatVector.zero(FLOATS), b9 = FloatVector.zero(FLOATS), a10 = FloatVector.zero(FLOATS), b10 = FloatVector.zero(FLOATS), a11 = FloatVector.zero(FLOATS), b11 = FloatVector.zero(FLOATS);
    int r1 = from + stride, r2 = from + 2 * stride, r3 = from + 3 * stride, r4 = from + 4 * stride, r5 = from + 5 * stride, r6 = from + 6 * stride;
    int r7 = from + 7 * stride, r8 = from + 8 * stride, r9 = from + 9 * stride, r10 = from + 10 * stride, r11 = from + 11 * stride;
    for (int k = 0, p = strip; k < inputs; k++, p += STRIP) {
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
    if (store == Store.ADD) {
      a0 = a0.add(FloatVector.fromArray(FLOATS, target, to));
      b0 = b0.add(FloatVector.fromArray(FLOATS, target, to + COUNT));
      a1 = a1.add(FloatVector.fromArray(FLOATS, target, to + targetStride));
      b1 = b1.add(FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT));
      a2 = a2.add(FloatVector.fromArray(FLOATS, target, to + 2 * targetStride));
      b2 = b2.add(FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + COUNT));
      a3 = a3.add(FloatVector.fromArray(FLOATS, target, to + 3 * targetStride));
      b3 = b3.add(FloatVector.fromArray(FLOATS, target, to + 3 * targetStride + COUNT));
      a4 = a4.add(FloatVector.fromArray(FLOATS, target, to + 4 * targetStride));
      b4 = b4.add(FloatVector.fromArray(FLOATS, target, to + 4 * targetStride + COUNT));
      a5 = a5.add(FloatVector.fromArray(FLOATS, target, to + 5 * targetStride));
      b5 = b5.add(FloatVector.fromArray(FLOATS, target, to + 5 * targetStride + COUNT));
      a6 = a6.add(FloatVector.fromArray(FLOATS, target, to + 6 * targetStride));
      b6 = b6.add(FloatVector.fromArray(FLOATS, target, to + 6 * targetStride + COUNT));
      a7 = a7.add(FloatVector.fromArray(FLOATS, target, to + 7 * targetStride));
      b7 = b7.add(FloatVector.fromArray(FLOATS, target, to + 7 * targetStride + COUNT));
      a8 = a8.add(FloatVector.fromArray(FLOATS, target, to + 8 * targetStride));
      b8 = b8.add(FloatVector.fromArray(FLOATS, target, to + 8 * targetStride + COUNT));
      a9 = a9.add(FloatVector.fromArray(FLOATS, target, to + 9 * targetStride));
      b9 = b9.add(FloatVector.fromArray(FLOATS, target, to + 9 * targetStride + COUNT));
      a10 = a10.add(FloatVector.fromArray(FLOATS, target, to + 10 * targetStride));
      b10 = b10.add(FloatVector.fromArray(FLOATS, target, to + 10 * targetStride + COUNT));
      a11 = a11.add(FloatVector.fromArray(FLOATS, target, to + 11 * targetStride));
      b11 = b11.add(FloatVector.fromArray(FLOATS, target, to + 11 * targetStride + COUNT));
    }
    a0.intoArray(target, to);
    b0.intoArray(target, to + COUNT);
    a1.intoArray(target, to + targetStride);
    b1.intoArray(target, to + targetStride + COUNT);
    a2.intoArray(target, to + 2 * targetStride);
    b2.intoArray(target, to + 2 * targetStride + COUNT);
    a3.intoArray(target, to + 3 * targetStride);
    b3.intoArray(target, to + 3 * targetStride + COUNT);
    a4.intoArray(target, to + 4 * targetStride);
    b4.intoArray(target, to + 4 * targetStride + COUNT);
    a5.intoArray(target, to + 5 * targetStride);
    b5.intoArray(target, to + 5 * targetStride + COUNT);
    a6.intoArray(target, to + 6 * targetStride);
    b6.intoArray(target, to + 6 * targetStride + COUNT);
    a7.intoArray(target, to + 7 * targetStride);
    b7.intoArray(target, to + 7 * targetStride + COUNT);
    a8.intoArray(target, to + 8 * targetStride);
    b8.intoArray(target, to + 8 * targetStride + COUNT);
    a9.intoArray(target, to + 9 * targetStride);
    b9.intoArray(target, to + 9 * targetStride + COUNT);
    a10.intoArray(target, to + 10 * targetStride);
    b10.intoArray(target, to + 10 * targetStride + COUNT);
    a11.intoArray(target, to + 11 * targetStride);
    b11.intoArray(target, to + 11 * targetStride + COUNT);
  }

  private static void tile6(float[] panel, int inputs, int strip, float[] source, int from, int stride, float[] target, int to,
      int targetStride, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS), a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS), a4 = FloatVector.zero(FLOATS), b4 = FloatVector.zero(FLOATS), a5 = FloatVector.zero(FLOATS), b5 = FloatVector.zero(FLOATS);
    int r1 = from + stride, r2 = from + 2 * stride, r3 = from + 3 * stride, r4 = from + 4 * stride, r5 = from + 5 * stride;
    for (int k = 0, p = strip; k < inputs; k++, p += STRIP) {
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
    }
    if (store == Store.ADD) {
      a0 = a0.add(FloatVector.fromArray(FLOATS, target, to));
      b0 = b0.add(FloatVector.fromArray(FLOATS, target, to + COUNT));
      a1 = a1.add(FloatVector.fromArray(FLOATS, target, to + targetStride));
      b1 = b1.add(FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT));
      a2 = a2.add(FloatVector.fromArray(FLOATS, target, to + 2 * targetStride));
      b2 = b2.add(FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + COUNT));
      a3 = a3.add(FloatVector.fromArray(FLOATS, target, to + 3 * targetStride));
      b3 = b3.add(FloatVector.fromArray(FLOATS, target, to + 3 * targetStride + COUNT));
      a4 = a4.add(FloatVector.fromArray(FLOATS, target, to + 4 * targetStride));
      b4 = b4.add(FloatVector.fromArray(FLOATS, target, to + 4 * targetStride + COUNT));
      a5 = a5.add(FloatVector.fromArray(FLOATS, target, to + 5 * targetStride));
      b5 = b5.add(FloatVector.fromArray(FLOATS, target, to + 5 * targetStride + COUNT));
    }
    a0.intoArray(target, to);
    b0.intoArray(target, to + COUNT);
    a1.intoArray(target, to + targetStride);
    b1.intoArray(target, to + targetStride + COUNT);
    a2.intoArray(target, to + 2 * targetStride);
    b2.intoArray(target, to + 2 * targetStride + COUNT);
    a3.intoArray(target, to + 3 * targetStride);
    b3.intoArray(target, to + 3 * targetStride + COUNT);
    a4.intoArray(target, to + 4 * targetStride);
    b4.intoArray(target, to + 4 * targetStride + COUNT);
    a5.intoArray(target, to + 5 * targetStride);
    b5.intoArray(target, to + 5 * targetStride + COUNT);
  }

  private static void tile4(float[] panel, int inputs, int strip, float[] source, int from, int stride, float[] target, int to,
      int targetStride, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS), a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    int r1 = from + stride, r2 = from + 2 * stride, r3 = from + 3 * stride;
    for (int k = 0, p = strip; k < inputs; k++, p += STRIP) {
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
    if (store == Store.ADD) {
      a0 = a0.add(FloatVector.fromArray(FLOATS, target, to));
      b0 = b0.add(FloatVector.fromArray(FLOATS, target, to + COUNT));
      a1 = a1.add(FloatVector.fromArray(FLOATS, target, to + targetStride));
      b1 = b1.add(FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT));
      a2 = a2.add(FloatVector.fromArray(FLOATS, target, to + 2 * targetStride));
      b2 = b2.add(FloatVector.fromArray(FLOATS, target, to + 2 * targetStride + COUNT));
      a3 = a3.add(FloatVector.fromArray(FLOATS, target, to + 3 * targetStride));
      b3 = b3.add(FloatVector.fromArray(FLOATS, target, to + 3 * targetStride + COUNT));
    }
    a0.intoArray(target, to);
    b0.intoArray(target, to + COUNT);
    a1.intoArray(target, to + targetStride);
    b1.intoArray(target, to + targetStride + COUNT);
    a2.intoArray(target, to + 2 * targetStride);
    b2.intoArray(target, to + 2 * targetStride + COUNT);
    a3.intoArray(target, to + 3 * targetStride);
    b3.intoArray(target, to + 3 * targetStride + COUNT);
  }

  private static void tile2(float[] panel, int inputs, int strip, float[] source, int from, int stride, float[] target, int to,
      int targetStride, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS), a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    int r1 = from + stride;
    for (int k = 0, p = strip; k < inputs; k++, p += STRIP) {
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, source[from + k]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      x = FloatVector.broadcast(FLOATS, source[r1 + k]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
    }
    if (store == Store.ADD) {
      a0 = a0.add(FloatVector.fromArray(FLOATS, target, to));
      b0 = b0.add(FloatVector.fromArray(FLOATS, target, to + COUNT));
      a1 = a1.add(FloatVector.fromArray(FLOATS, target, to + targetStride));
      b1 = b1.add(FloatVector.fromArray(FLOATS, target, to + targetStride + COUNT));
    }
    a0.intoArray(target, to);
    b0.intoArray(target, to + COUNT);
    a1.intoArray(target, to + targetStride);
    b1.intoArray(target, to + targetStride + COUNT);
  }

  private static void tile1(float[] panel, int inputs, int strip, float[] source, int from, float[] target, int to, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    for (int k = 0, p = strip; k < inputs; k++, p += STRIP) {
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, source[from + k]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
    }
    if (store == Store.ADD) {
      a0 = a0.add(FloatVector.fromArray(FLOATS, target, to));
      b0 = b0.add(FloatVector.fromArray(FLOATS, target, to + COUNT));
    }
    a0.intoArray(target, to);
    b0.intoArray(target, to + COUNT);
  }
}
