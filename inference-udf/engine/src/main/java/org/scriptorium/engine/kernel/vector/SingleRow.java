package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;
import static org.scriptorium.engine.kernel.vector.PanelReader.floats;
import static org.scriptorium.engine.kernel.vector.PanelReader.signed;
import static org.scriptorium.engine.kernel.vector.PanelReader.unsigned;
import static org.scriptorium.engine.kernel.vector.PanelReader.value;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.scriptorium.engine.kernel.Matmul.Store;

/**
 * One row times one panel: values are dequantized in registers and used once. The same values and the same chain of fused
 * multiply-adds as {@link Tiles}, so the same bits.
 */
final class SingleRow {
  private SingleRow() {}

  static void multiply(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] source, int sourceFrom,
      float[] target, int to, int count, Store store) {
    switch (layout.format()) {
      case NIBBLES -> nibbles(layout, packed, at, inputs, source, sourceFrom, target, to, count, store);
      case BYTES -> {
        if (layout.hasOffsets()) bytesWithOffsets(layout, packed, at, inputs, source, sourceFrom, target, to, count, store);
        else bytes(layout, packed, at, inputs, source, sourceFrom, target, to, count, store);
      }
      case FLOATS32 -> floats32(packed, at, inputs, source, sourceFrom, target, to, count, store);
      case FLOATS16 -> floats16(packed, at, inputs, source, sourceFrom, target, to, count, store);
      case BRAIN_FLOATS -> brainFloats(packed, at, inputs, source, sourceFrom, target, to, count, store);
    }
  }

  private static void nibbles(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] source, int from,
      float[] target, int to, int count, Store store) {
    int group = layout.group(), header = layout.headerBytes();
    long groupBytes = layout.groupBytes();
    for (int column = 0; column < WIDTH / 2; column += COUNT) {
      FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
      for (int input = 0; input < inputs; input += group) {
        long start = at + input / group * groupBytes;
        FloatVector lowScale = floats(packed, start + 4L * column), highScale = floats(packed, start + 4L * (column + 16));
        FloatVector lowOffset = floats(packed, start + 4L * (column + WIDTH)), highOffset = floats(packed, start + 4L * (column + WIDTH + 16));
        long row = start + header + column;
        for (int i = 0; i < group; i++) {
          var both = unsigned(packed, row + i * 16L);
          FloatVector x = FloatVector.broadcast(FLOATS, source[from + input + i]);
          low = value(both.and(15)).fma(lowScale, lowOffset).fma(x, low);
          high = value(both.lanewise(VectorOperators.LSHR, 4)).fma(highScale, highOffset).fma(x, high);
        }
      }
      Tiles.store(low, target, to + column, count - column, store);
      Tiles.store(high, target, to + column + 16, count - column - 16, store);
    }
  }

  private static void bytes(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] source, int from,
      float[] target, int to, int count, Store store) {
    int group = layout.group(), header = layout.headerBytes();
    long groupBytes = layout.groupBytes();
    for (int column = 0; column < WIDTH; column += 2 * COUNT) {
      FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
      for (int input = 0; input < inputs; input += group) {
        long start = at + input / group * groupBytes;
        FloatVector lowScale = floats(packed, start + 4L * column), highScale = floats(packed, start + 4L * (column + COUNT));
        long row = start + header + column;
        for (int i = 0; i < group; i++) {
          FloatVector x = FloatVector.broadcast(FLOATS, source[from + input + i]);
          low = value(signed(packed, row + i * 32L)).mul(lowScale).fma(x, low);
          high = value(signed(packed, row + i * 32L + COUNT)).mul(highScale).fma(x, high);
        }
      }
      Tiles.store(low, target, to + column, count - column, store);
      Tiles.store(high, target, to + column + COUNT, count - column - COUNT, store);
    }
  }

  private static void bytesWithOffsets(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] source, int from,
      float[] target, int to, int count, Store store) {
    int group = layout.group(), header = layout.headerBytes();
    long groupBytes = layout.groupBytes();
    for (int column = 0; column < WIDTH; column += COUNT) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int input = 0; input < inputs; input += group) {
        long start = at + input / group * groupBytes;
        FloatVector scale = floats(packed, start + 4L * column), offset = floats(packed, start + 4L * (column + WIDTH));
        long row = start + header + column;
        for (int i = 0; i < group; i++) {
          FloatVector x = FloatVector.broadcast(FLOATS, source[from + input + i]);
          sum = value(signed(packed, row + i * 32L)).fma(scale, offset).fma(x, sum);
        }
      }
      Tiles.store(sum, target, to + column, count - column, store);
    }
  }

  private static void floats32(MemorySegment packed, long at, int inputs, float[] source, int from, float[] target, int to, int count,
      Store store) {
    for (int column = 0; column < WIDTH; column += COUNT) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < inputs; i++) {
        sum = floats(packed, at + 4L * (i * (long) WIDTH + column)).fma(FloatVector.broadcast(FLOATS, source[from + i]), sum);
      }
      Tiles.store(sum, target, to + column, count - column, store);
    }
  }

  private static void floats16(MemorySegment packed, long at, int inputs, float[] source, int from, float[] target, int to, int count,
      Store store) {
    for (int column = 0; column < WIDTH; column += COUNT) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < inputs; i++) {
        var value = PanelReader.halves(packed, at + 2L * (i * (long) WIDTH + column));
        sum = value.fma(FloatVector.broadcast(FLOATS, source[from + i]), sum);
      }
      Tiles.store(sum, target, to + column, count - column, store);
    }
  }

  private static void brainFloats(MemorySegment packed, long at, int inputs, float[] source, int from, float[] target, int to, int count,
      Store store) {
    for (int column = 0; column < WIDTH; column += COUNT) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < inputs; i++) {
        var value = PanelReader.brainFloats(packed, at + 2L * (i * (long) WIDTH + column));
        sum = value.fma(FloatVector.broadcast(FLOATS, source[from + i]), sum);
      }
      Tiles.store(sum, target, to + column, count - column, store);
    }
  }
}
