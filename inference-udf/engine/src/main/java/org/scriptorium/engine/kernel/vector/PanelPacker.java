package org.scriptorium.engine.kernel.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.scriptorium.engine.kernel.Quants;
import org.scriptorium.engine.kernel.StorageType;

/** Packs one panel of a stored matrix. Runs once a model and node; plain loops. */
final class PanelPacker {
  private final StorageType type;
  private final PanelLayout layout;
  private final int inputs;
  private final int outputs;
  private final byte[] quants;
  private final float[] scales;
  private final float[] offsets;
  private final byte[] panel;

  PanelPacker(StorageType type, int inputs, int outputs) {
    this.type = type;
    this.layout = PanelLayout.of(type);
    this.inputs = inputs;
    this.outputs = outputs;
    boolean quantized = layout.headerBytes() > 0;
    quants = new byte[quantized ? WIDTH * inputs : 0];
    scales = new float[quantized ? WIDTH * (inputs / layout.group()) : 0];
    offsets = new float[scales.length];
    panel = new byte[quantized ? Math.toIntExact(layout.panelBytes(inputs)) : 0];
  }

  void pack(MemorySegment weight, int index, MemorySegment packed) {
    MemorySegment target = packed.asSlice(index * layout.panelBytes(inputs), layout.panelBytes(inputs));
    int from = index * WIDTH, count = Math.min(WIDTH, outputs - from);
    switch (layout.format()) {
      case NIBBLES, BYTES -> packQuants(weight, from, count, target);
      case FLOATS32 -> transposeIntegers(weight, from, count, target);
      case FLOATS16, BRAIN_FLOATS -> transposeShorts(weight, from, count, target);
    }
  }

  private void packQuants(MemorySegment weight, int from, int count, MemorySegment target) {
    int groups = inputs / layout.group();
    java.util.Arrays.fill(quants, (byte) 0);
    java.util.Arrays.fill(scales, 0f);
    java.util.Arrays.fill(offsets, 0f);
    byte[] row = new byte[inputs];
    float[] rowScales = new float[groups], rowOffsets = new float[groups];
    for (int output = 0; output < count; output++) {
      Quants.unpack(type, weight, (from + output) * type.bytes(inputs), inputs, row, rowScales, rowOffsets);
      for (int input = 0; input < inputs; input++) quants[input * WIDTH + output] = row[input];
      for (int group = 0; group < groups; group++) {
        scales[group * WIDTH + output] = rowScales[group];
        offsets[group * WIDTH + output] = rowOffsets[group];
      }
    }
    var bytes = MemorySegment.ofArray(panel);
    int rowBytes = layout.rowBytes();
    for (int group = 0; group < groups; group++) {
      int at = Math.toIntExact(group * layout.groupBytes());
      MemorySegment.copy(scales, group * WIDTH, bytes, JAVA_FLOAT_UNALIGNED, at, WIDTH);
      if (layout.hasOffsets()) MemorySegment.copy(offsets, group * WIDTH, bytes, JAVA_FLOAT_UNALIGNED, at + 4L * WIDTH, WIDTH);
      for (int i = 0; i < layout.group(); i++) {
        writeRow((group * layout.group() + i) * WIDTH, at + layout.headerBytes() + i * rowBytes);
      }
    }
    MemorySegment.copy(panel, 0, target, ValueLayout.JAVA_BYTE, 0, panel.length);
  }

  private void writeRow(int from, int at) {
    if (layout.format() == PanelLayout.Format.BYTES) {
      System.arraycopy(quants, from, panel, at, WIDTH);
      return;
    }
    for (int j = 0; j < WIDTH / 2; j++) panel[at + j] = (byte) (quants[from + j] | quants[from + j + WIDTH / 2] << 4);
  }

  private void transposeIntegers(MemorySegment weight, int from, int count, MemorySegment target) {
    for (int input = 0; input < inputs; input++) {
      for (int output = 0; output < count; output++) {
        int bits = weight.get(JAVA_INT_UNALIGNED, 4L * ((long) (from + output) * inputs + input));
        target.set(JAVA_INT_UNALIGNED, 4L * ((long) input * WIDTH + output), bits);
      }
    }
  }

  private void transposeShorts(MemorySegment weight, int from, int count, MemorySegment target) {
    for (int input = 0; input < inputs; input++) {
      for (int output = 0; output < count; output++) {
        short bits = weight.get(JAVA_SHORT_UNALIGNED, 2L * ((long) (from + output) * inputs + input));
        target.set(JAVA_SHORT_UNALIGNED, 2L * ((long) input * WIDTH + output), bits);
      }
    }
  }
}
