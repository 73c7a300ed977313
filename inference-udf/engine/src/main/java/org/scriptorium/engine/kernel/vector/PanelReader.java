package org.scriptorium.engine.kernel.vector;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.vector.Lanes.BYTES;
import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.INTEGERS;
import static org.scriptorium.engine.kernel.vector.Lanes.SHORTS;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;
import static org.scriptorium.engine.kernel.vector.Tiles.STRIP;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Dequantizes a packed panel into floats in the strips that {@link Tiles} read, which stay in the second-level cache while the rows of a
 * batch pass. The outer loop runs over the panel's columns, so that scales and offsets of a group stay in registers.
 */
final class PanelReader {
  private PanelReader() {}

  static void read(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] panel) {
    switch (layout.format()) {
      case NIBBLES -> readNibbles(layout, packed, at, inputs, panel);
      case BYTES -> {
        if (layout.hasOffsets()) readBytesWithOffsets(layout, packed, at, inputs, panel);
        else readBytes(layout, packed, at, inputs, panel);
      }
      case FLOATS32 -> readFloats(packed, at, inputs, panel);
      case FLOATS16 -> readHalves(packed, at, inputs, panel);
      case BRAIN_FLOATS -> readBrainFloats(packed, at, inputs, panel);
    }
  }

  private static void readNibbles(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] panel) {
    int group = layout.group(), header = layout.headerBytes();
    long groupBytes = layout.groupBytes();
    for (int column = 0; column < WIDTH / 2; column += COUNT) {
      for (int input = 0; input < inputs; input += group) {
        long start = at + input / group * groupBytes;
        FloatVector lowScale = floats(packed, start + 4L * column), highScale = floats(packed, start + 4L * (column + 16));
        FloatVector lowOffset = floats(packed, start + 4L * (column + WIDTH)), highOffset = floats(packed, start + 4L * (column + WIDTH + 16));
        long row = start + header + column;
        int to = place(inputs, input, column), toHigh = place(inputs, input, column + 16);
        for (int i = 0; i < group; i++) {
          IntVector both = unsigned(packed, row + i * 16L);
          value(both.and(15)).fma(lowScale, lowOffset).intoArray(panel, to + i * STRIP);
          value(both.lanewise(VectorOperators.LSHR, 4)).fma(highScale, highOffset).intoArray(panel, toHigh + i * STRIP);
        }
      }
    }
  }

  private static void readBytes(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] panel) {
    int group = layout.group(), header = layout.headerBytes();
    long groupBytes = layout.groupBytes();
    for (int column = 0; column < WIDTH; column += COUNT) {
      for (int input = 0; input < inputs; input += group) {
        long start = at + input / group * groupBytes;
        FloatVector scale = floats(packed, start + 4L * column);
        long row = start + header + column;
        int to = place(inputs, input, column);
        for (int i = 0; i < group; i++) value(signed(packed, row + i * 32L)).mul(scale).intoArray(panel, to + i * STRIP);
      }
    }
  }

  private static void readBytesWithOffsets(PanelLayout layout, MemorySegment packed, long at, int inputs, float[] panel) {
    int group = layout.group(), header = layout.headerBytes();
    long groupBytes = layout.groupBytes();
    for (int column = 0; column < WIDTH; column += COUNT) {
      for (int input = 0; input < inputs; input += group) {
        long start = at + input / group * groupBytes;
        FloatVector scale = floats(packed, start + 4L * column), offset = floats(packed, start + 4L * (column + WIDTH));
        long row = start + header + column;
        int to = place(inputs, input, column);
        for (int i = 0; i < group; i++) value(signed(packed, row + i * 32L)).fma(scale, offset).intoArray(panel, to + i * STRIP);
      }
    }
  }

  private static void readFloats(MemorySegment packed, long at, int inputs, float[] panel) {
    for (int column = 0; column < WIDTH; column += COUNT) {
      int to = place(inputs, 0, column);
      for (int i = 0; i < inputs; i++) floats(packed, at + 4L * (i * (long) WIDTH + column)).intoArray(panel, to + i * STRIP);
    }
  }

  private static void readHalves(MemorySegment packed, long at, int inputs, float[] panel) {
    for (int column = 0; column < WIDTH; column += COUNT) {
      int to = place(inputs, 0, column);
      for (int i = 0; i < inputs; i++) halves(packed, at + 2L * (i * (long) WIDTH + column)).intoArray(panel, to + i * STRIP);
    }
  }

  private static void readBrainFloats(MemorySegment packed, long at, int inputs, float[] panel) {
    for (int column = 0; column < WIDTH; column += COUNT) {
      int to = place(inputs, 0, column);
      for (int i = 0; i < inputs; i++) brainFloats(packed, at + 2L * (i * (long) WIDTH + column)).intoArray(panel, to + i * STRIP);
    }
  }

  /** Where an input's values for the outputs from {@code column} on lie in a panel of strips. */
  static int place(int inputs, int input, int column) {
    return (column / STRIP * inputs + input) * STRIP + column % STRIP;
  }

  static FloatVector floats(MemorySegment packed, long at) {
    return FloatVector.fromMemorySegment(FLOATS, packed, at, LITTLE_ENDIAN);
  }

  static IntVector unsigned(MemorySegment packed, long at) {
    return (IntVector) ByteVector.fromMemorySegment(BYTES, packed, at, LITTLE_ENDIAN)
        .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTEGERS, 0);
  }

  static IntVector signed(MemorySegment packed, long at) {
    return (IntVector) ByteVector.fromMemorySegment(BYTES, packed, at, LITTLE_ENDIAN).convertShape(VectorOperators.B2I, INTEGERS, 0);
  }

  static FloatVector value(IntVector quant) {
    return (FloatVector) quant.convert(VectorOperators.I2F, 0);
  }

  static FloatVector brainFloats(MemorySegment packed, long at) {
    return shorts(packed, at).lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  /**
   * IEEE binary16 to binary32: exponent and fraction move up by 13 bits and a product with 2^112 corrects the bias, for
   * subnormal numbers too; infinities and NaN get the greatest exponent.
   */
  static FloatVector halves(MemorySegment packed, long at) {
    IntVector bits = shorts(packed, at);
    IntVector sign = bits.and(0x8000).lanewise(VectorOperators.LSHL, 16);
    IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    IntVector finite = magnitude.reinterpretAsFloats().mul(0x1p112f).reinterpretAsInts();
    IntVector special = magnitude.or(0x7f800000);
    return finite.blend(special, magnitude.compare(VectorOperators.GE, 0x0f800000)).or(sign).reinterpretAsFloats();
  }

  private static IntVector shorts(MemorySegment packed, long at) {
    return (IntVector) ShortVector.fromMemorySegment(SHORTS, packed, at, LITTLE_ENDIAN)
        .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTEGERS, 0);
  }
}
