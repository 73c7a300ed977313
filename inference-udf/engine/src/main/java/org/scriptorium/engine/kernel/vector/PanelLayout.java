package org.scriptorium.engine.kernel.vector;

import org.scriptorium.engine.kernel.Quants;
import org.scriptorium.engine.kernel.StorageType;

/**
 * How a matrix lies in memory when it is packed: in panels of 32 outputs, each holding its inputs in ascending order, so that a
 * vector's lanes are outputs and no sum runs across lanes.
 *
 * <p>Quantized types come in groups of 16 or 32 inputs: 32 scales, 32 offsets (where the type has them), then the group's quants,
 * 32 a row of 16 or 32 bytes. A value is {@code quant * scale + offset}. In a row of nibbles byte j holds output j in its low and
 * output j + 16 in its high half. Outputs beyond the matrix's last are zeros.
 */
record PanelLayout(Format format, int group, boolean hasOffsets) {
  /** Names the layout in the names of cache files; changes with it. */
  static final String NAME = "panel32-1";
  /** Outputs of a panel. */
  static final int WIDTH = 32;

  private static final int SCALE_BYTES = WIDTH * Float.BYTES;

  enum Format {
    NIBBLES,
    BYTES,
    FLOATS16,
    BRAIN_FLOATS,
    FLOATS32
  }

  static PanelLayout of(StorageType type) {
    return switch (type) {
      case F32 -> new PanelLayout(Format.FLOATS32, 1, false);
      case F16 -> new PanelLayout(Format.FLOATS16, 1, false);
      case BF16 -> new PanelLayout(Format.BRAIN_FLOATS, 1, false);
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS ->
          new PanelLayout(Quants.isNibble(type) ? Format.NIBBLES : Format.BYTES, Quants.groupSize(type),
              Quants.isNibble(type) || Quants.hasOffsets(type));
    };
  }

  static int panels(int outputs) {
    return (outputs + WIDTH - 1) / WIDTH;
  }

  /** Bytes of the 32 quants of one input. */
  int rowBytes() {
    return switch (format) {
      case NIBBLES -> WIDTH / 2;
      case BYTES -> WIDTH;
      case FLOATS16, BRAIN_FLOATS -> WIDTH * 2;
      case FLOATS32 -> WIDTH * 4;
    };
  }

  /** Bytes of scales and offsets before a group's quants. */
  int headerBytes() {
    return switch (format) {
      case NIBBLES, BYTES -> hasOffsets ? 2 * SCALE_BYTES : SCALE_BYTES;
      case FLOATS16, BRAIN_FLOATS, FLOATS32 -> 0;
    };
  }

  long groupBytes() {
    return headerBytes() + (long) group * rowBytes();
  }

  long panelBytes(int inputs) {
    return inputs / group * groupBytes();
  }
}
