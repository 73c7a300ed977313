package org.scriptorium.engine.kernel;

/**
 * How weights are stored. Block formats are those of GGML (ggml-common.h and the gguf package's quants.py define them).
 *
 * <p>A row of a matrix is a whole number of blocks.
 */
public enum StorageType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  BF16(30, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  IQ4_NL(20, 32, 18),
  IQ4_XS(23, 256, 136);

  private final int ggmlType;
  private final int blockElements;
  private final int blockBytes;

  StorageType(int ggmlType, int blockElements, int blockBytes) {
    this.ggmlType = ggmlType;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** The number that stands for it in a GGUF file. */
  public int ggmlType() {
    return ggmlType;
  }

  public int blockElements() {
    return blockElements;
  }

  public int blockBytes() {
    return blockBytes;
  }

  /** Bytes of {@code elements} values; a multiple of {@link #blockElements}. */
  public long bytes(long elements) {
    return elements / blockElements * blockBytes;
  }
}
