package org.scriptorium.engine.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Products of activations with weight matrices. A provider owns the packed form of a weight; slices of the outputs are
 * computed independently, so that threads share a product by taking panels of outputs.
 *
 * <p>Each output is a chain of float32 fused multiply-adds over the inputs in ascending order, starting at zero (the scalar
 * provider: in float64).
 */
public interface Matmul {

  /** Outputs of one panel: slices start at its multiples. */
  int panel();

  /** Whether matrices of this type and shape can be packed. */
  boolean supports(StorageType type, int inputs, int outputs);

  /** Bytes of the packed form; a multiple of 64. */
  long packedBytes(StorageType type, int inputs, int outputs);

  /**
   * Packs the panels [fromPanel, toPanel) of a matrix.
   *
   * @param weight [outputs, inputs] row-major in blocks of the type, borrowed
   * @param packed the whole packed matrix; only the panels' own bytes are written
   */
  void pack(StorageType type, MemorySegment weight, int inputs, int outputs, int fromPanel, int toPanel, MemorySegment packed);

  /**
   * target[row, output] = sum over input of source[row, input] * weight[output, input], for the outputs of the panels
   * [fromPanel, toPanel); or adds the sum to what target holds.
   *
   * @param source [rows, inputs] float32, row r at {@code sourceFrom + r * sourceStride}
   * @param target [rows, outputs] float32, row r at {@code targetFrom + r * targetStride}; does not overlap the source
   * @throws IndexOutOfBoundsException if a row does not lie in its array
   */
  void multiply(Packed weight, int fromPanel, int toPanel, int rows, float[] source, int sourceFrom, int sourceStride,
      float[] target, int targetFrom, int targetStride, Store store, Scratch scratch);

  /** What happens to the value that target holds. */
  enum Store {
    SET,
    ADD
  }
}
