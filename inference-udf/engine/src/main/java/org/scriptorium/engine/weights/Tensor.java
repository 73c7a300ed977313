package org.scriptorium.engine.weights;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;

/**
 * One stored tensor.
 *
 * @param shape row-major, slowest dimension first, so [outputs, inputs] for a matrix
 * @param data exactly the tensor's bytes, read-only; owned by the {@link Weights} that it comes from
 */
public record Tensor(String name, StorageType type, long[] shape, MemorySegment data) {

  public Tensor {
    shape = shape.clone();
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  public long elements() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /**
   * Returns this tensor if it has the shape that the configuration calls for.
   *
   * @throws ModelException {@link ErrorCode#SHAPE_MISMATCH} if not
   */
  public Tensor requireShape(long... expected) {
    if (Arrays.equals(shape, expected)) return this;
    throw new ModelException(ErrorCode.SHAPE_MISMATCH,
        "%s: expected %s, found %s; check the sizes in the file's metadata, or convert the model again"
            .formatted(name, Arrays.toString(expected), Arrays.toString(shape)));
  }

  /**
   * Some neighbouring rows: indices of the first dimension of a matrix, or of the first two of a stack of matrices.
   *
   * @return a tensor [count, inputs] over the same bytes
   * @throws IndexOutOfBoundsException if it has no such rows
   */
  public Tensor rows(long from, long count) {
    long inputs = shape[shape.length - 1], row = type.bytes(inputs);
    Objects.checkFromIndexSize(from, count, elements() / inputs);
    return new Tensor("%s[%d:%d]".formatted(name, from, from + count), type, new long[] {count, inputs},
        data.asSlice(from * row, count * row));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tensor tensor && name.equals(tensor.name) && type == tensor.type && Arrays.equals(shape, tensor.shape)
        && data.equals(tensor.data);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  /** Name, type and shape, as in {@code blk.0.attn_q.weight Q4_1 [576, 576]}. */
  @Override
  public String toString() {
    return "%s %s %s".formatted(name, type, Arrays.toString(shape));
  }
}
