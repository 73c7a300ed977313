package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.IN_ORDER;
import static org.scriptorium.engine.kernel.vector.Tiles.STRIP;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import org.scriptorium.engine.kernel.Matmul.Store;

/** Four rows times two vectors of outputs, four inputs a turn; see {@link Tiles}. */
final class FourRows {
  private FourRows() {}

  /** @param inputs a multiple of 4 */
  static void multiply(float[] panel, int inputs, int strip, float[] rows, int from, float[] target, int to, int stride, Store store) {
    FloatVector a0 = FloatVector.zero(FLOATS), b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = FloatVector.zero(FLOATS), b1 = FloatVector.zero(FLOATS);
    FloatVector a2 = FloatVector.zero(FLOATS), b2 = FloatVector.zero(FLOATS);
    FloatVector a3 = FloatVector.zero(FLOATS), b3 = FloatVector.zero(FLOATS);
    for (int k = 0; k < inputs; k += 4) {
      int p = strip + k * STRIP, q = from + k * 4;
      FloatVector low = FloatVector.fromArray(FLOATS, panel, p), high = FloatVector.fromArray(FLOATS, panel, p + COUNT);
      FloatVector x = FloatVector.broadcast(FLOATS, rows[q]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 1]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 2]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 3]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
      if (IN_ORDER) VarHandle.loadLoadFence();
      low = FloatVector.fromArray(FLOATS, panel, p + STRIP);
      high = FloatVector.fromArray(FLOATS, panel, p + STRIP + COUNT);
      x = FloatVector.broadcast(FLOATS, rows[q + 4]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 5]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 6]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 7]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
      if (IN_ORDER) VarHandle.loadLoadFence();
      low = FloatVector.fromArray(FLOATS, panel, p + 2 * STRIP);
      high = FloatVector.fromArray(FLOATS, panel, p + 2 * STRIP + COUNT);
      x = FloatVector.broadcast(FLOATS, rows[q + 8]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 9]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 10]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 11]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
      if (IN_ORDER) VarHandle.loadLoadFence();
      low = FloatVector.fromArray(FLOATS, panel, p + 3 * STRIP);
      high = FloatVector.fromArray(FLOATS, panel, p + 3 * STRIP + COUNT);
      x = FloatVector.broadcast(FLOATS, rows[q + 12]);
      a0 = low.fma(x, a0);
      b0 = high.fma(x, b0);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 13]);
      a1 = low.fma(x, a1);
      b1 = high.fma(x, b1);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 14]);
      a2 = low.fma(x, a2);
      b2 = high.fma(x, b2);
      if (IN_ORDER) VarHandle.loadLoadFence();
      x = FloatVector.broadcast(FLOATS, rows[q + 15]);
      a3 = low.fma(x, a3);
      b3 = high.fma(x, b3);
      if (IN_ORDER) VarHandle.loadLoadFence();
    }
    if (store == Store.ADD) {
      a0 = a0.add(FloatVector.fromArray(FLOATS, target, to));
      b0 = b0.add(FloatVector.fromArray(FLOATS, target, to + COUNT));
      a1 = a1.add(FloatVector.fromArray(FLOATS, target, to + stride));
      b1 = b1.add(FloatVector.fromArray(FLOATS, target, to + stride + COUNT));
      a2 = a2.add(FloatVector.fromArray(FLOATS, target, to + 2 * stride));
      b2 = b2.add(FloatVector.fromArray(FLOATS, target, to + 2 * stride + COUNT));
      a3 = a3.add(FloatVector.fromArray(FLOATS, target, to + 3 * stride));
      b3 = b3.add(FloatVector.fromArray(FLOATS, target, to + 3 * stride + COUNT));
    }
    a0.intoArray(target, to);
    b0.intoArray(target, to + COUNT);
    a1.intoArray(target, to + stride);
    b1.intoArray(target, to + stride + COUNT);
    a2.intoArray(target, to + 2 * stride);
    b2.intoArray(target, to + 2 * stride + COUNT);
    a3.intoArray(target, to + 3 * stride);
    b3.intoArray(target, to + 3 * stride + COUNT);
  }
}
