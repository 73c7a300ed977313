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
 * two vectors: [32 / strip, inputs, strip], and the rows of a tile lie input by input: [inputs, rows], so that a tile reads both in a straight
 * line, with one address each for several inputs. That takes 22 instructions for the 12 products of an input instead of 36, which counts
 * where a core's front end is shared with another thread: a Zen 3 core with a peak of 103 GFLOP/s then went from 50 to 79.
 *
 * <p>Within a turn of the loop the compiler would gather the loads first and keep sums in memory for want of registers. A fence between
 * rows, which is no instruction on x86, holds it to the order written. A tile ends with intrinsic stores alone: a call that the compiler
 * does not inline would box every accumulator in every turn of the loop.
 */
final class Tiles {
  /** Outputs of a tile: two vectors. */
  static final int STRIP = 2 * COUNT;

  private static final int ROWS = WIDE ? 12 : 6;
  /** Tiles of more than a row take so many inputs a turn. */
  private static final int TURN = 4;

  private Tiles() {}

  /** Floats of a panel with room for a tile's sums behind it. */
  static int panelSize(int inputs) {
    return inputs * WIDTH + ROWS * STRIP;
  }

  /**
   * Lays rows out for {@link #multiply}: those of a tile side by side, input by input.
   *
   * @param packed gets {@code rows * inputs} floats, from its start on
   */
  static void pack(float[] source, int from, int stride, int inputs, int rows, float[] packed) {
    for (int row = 0; row < rows; ) {
      int taken = tileRows(rows - row, inputs), place = from + row * stride, to = row * inputs;
      for (int i = 0; i < taken; i++) packRow(source, place + i * stride, inputs, packed, to + i, taken);
      row += taken;
    }
  }

  /** The frequent steps stand as constants: the compiler then needs no check for each value (1.0 to 2.0 values a nanosecond). */
  private static void packRow(float[] source, int from, int inputs, float[] packed, int to, int step) {
    switch (step) {
      case 12 -> {
        for (int k = 0; k < inputs; k++) packed[to + k * 12] = source[from + k];
      }
      case 6 -> {
        for (int k = 0; k < inputs; k++) packed[to + k * 6] = source[from + k];
      }
      default -> {
        for (int k = 0; k < inputs; k++) packed[to + k * step] = source[from + k];
      }
    }
  }

  /**
   * @param panel of {@link #panelSize}, its first {@code inputs * 32} filled, in strips
   * @param packed rows, as {@link #pack} lays them out
   * @param count outputs of the panel that exist
   */
  static void multiply(float[] panel, int inputs, int rows, float[] packed, float[] target, int to, int stride, int count, Store store) {
    for (int row = 0; row < rows; ) {
      int taken = tileRows(rows - row, inputs), first = row * inputs;
      for (int column = 0; column < count; column += STRIP) {
        int strip = column * inputs, existing = Math.min(STRIP, count - column), result = to + row * stride + column;
        if (existing == STRIP) tile(taken, panel, inputs, strip, packed, first, target, result, stride, store);
        else partialTile(taken, panel, inputs, strip, packed, first, target, result, stride, existing, store);
      }
      row += taken;
    }
  }

  /** Rows of the next tile: as many as there are kernels for. */
  private static int tileRows(int left, int inputs) {
    if (inputs % TURN != 0) return 1;
    return left >= ROWS ? ROWS : left >= 4 ? 4 : left >= 2 ? 2 : 1;
  }

  private static void tile(int rows, float[] panel, int inputs, int strip, float[] packed, int from, float[] target, int to, int stride,
      Store store) {
    if (WIDE && rows == 12) TwelveRows.multiply(panel, inputs, strip, packed, from, target, to, stride, store);
    else if (!WIDE && rows == 6) SixRows.multiply(panel, inputs, strip, packed, from, target, to, stride, store);
    else if (rows == 4) FourRows.multiply(panel, inputs, strip, packed, from, target, to, stride, store);
    else if (rows == 2) TwoRows.multiply(panel, inputs, strip, packed, from, target, to, stride, store);
    else oneRow(panel, inputs, strip, packed, from, target, to, store);
  }

  /** The last strip of a matrix: the sums go behind the panel first, and from there those that exist. */
  private static void partialTile(int rows, float[] panel, int inputs, int strip, float[] packed, int from, float[] target, int to,
      int stride, int count, Store store) {
    int sums = inputs * WIDTH;
    tile(rows, panel, inputs, strip, packed, from, panel, sums, STRIP, Store.SET);
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < count; i++) {
        int place = to + row * stride + i;
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

  private static void oneRow(float[] panel, int inputs, int strip, float[] row, int from, float[] target, int to, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    for (int k = 0, p = strip; k < inputs; k++, p += STRIP) {
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, row[from + k]);
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
