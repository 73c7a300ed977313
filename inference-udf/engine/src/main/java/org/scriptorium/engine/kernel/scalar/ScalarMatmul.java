package org.scriptorium.engine.kernel.scalar;

import java.lang.foreign.MemorySegment;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.StorageType;

/** Matrix products in plain Java with double accumulation. Its packed form is the stored one. */
final class ScalarMatmul implements Matmul {

  @Override
  public int panel() {
    return 32;
  }

  @Override
  public boolean supports(StorageType type, int inputs, int outputs) {
    return inputs % type.blockElements() == 0;
  }

  @Override
  public long packedBytes(StorageType type, int inputs, int outputs) {
    return (type.bytes((long) inputs * outputs) + 63) / 64 * 64;
  }

  @Override
  public void pack(StorageType type, MemorySegment weight, int inputs, int outputs, int fromPanel, int toPanel, MemorySegment packed) {
    long row = type.bytes(inputs);
    long from = fromPanel * (long) panel() * row, to = Math.min(outputs, toPanel * panel()) * row;
    MemorySegment.copy(weight, from, packed, from, to - from);
  }

  @Override
  public void multiply(Packed weight, int fromPanel, int toPanel, int rows, float[] source, int sourceFrom, int sourceStride,
      float[] target, int targetFrom, int targetStride, Store store, Scratch scratch) {
    int inputs = weight.inputs();
    float[] values = scratch.panel(inputs);
    for (int output = fromPanel * panel(); output < Math.min(weight.outputs(), toPanel * panel()); output++) {
      ScalarDequantization.dequantize(weight.type(), weight.data(), output * weight.type().bytes(inputs), inputs, values, 0);
      for (int row = 0; row < rows; row++) {
        double sum = 0;
        for (int i = 0; i < inputs; i++) sum += (double) source[sourceFrom + row * sourceStride + i] * values[i];
        int at = targetFrom + row * targetStride + output;
        target[at] = (float) (store == Store.ADD ? target[at] + sum : sum);
      }
    }
  }
}
