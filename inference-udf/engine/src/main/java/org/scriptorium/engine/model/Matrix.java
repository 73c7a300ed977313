package org.scriptorium.engine.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.Tensor;

/**
 * The weight of a linear map, [outputs, inputs], as it lies in a stored tensor: the rows as they are, rows picked at intervals, or columns
 * (layers that store [inputs, outputs]). It is brought into order when it is packed, once.
 */
public final class Matrix {
  /** What an output is in the tensor. */
  private enum Line {
    ROW,
    COLUMN
  }

  private final Tensor tensor;
  private final Line line;
  private final int from;
  private final int run;
  private final int stride;
  private final int inputs;
  private final int outputs;

  private Matrix(Tensor tensor, Line line, int from, int run, int stride, int inputs, int outputs) {
    this.tensor = tensor;
    this.line = line;
    this.from = from;
    this.run = run;
    this.stride = stride;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** A tensor [outputs, inputs], whole. */
  public static Matrix of(Tensor tensor) {
    int outputs = Math.toIntExact(tensor.shape()[0]);
    return new Matrix(tensor, Line.ROW, 0, outputs, outputs, Math.toIntExact(tensor.shape()[1]), outputs);
  }

  /** Rows of a tensor [rows, inputs]: output o is row {@code from + o / run * stride + o % run}. */
  public static Matrix rowsAtIntervals(Tensor tensor, int from, int run, int stride, int outputs) {
    return new Matrix(tensor, Line.ROW, from, run, stride, Math.toIntExact(tensor.shape()[1]), outputs);
  }

  /**
   * Neighbouring columns of a tensor [inputs, columns].
   *
   * @throws ModelException MODEL_UNSUPPORTED if the tensor is quantized: blocks of a row can't be turned into blocks of a column
   */
  public static Matrix columns(Tensor tensor, int from, int outputs) {
    if (tensor.type().blockElements() > 1) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
          "%s: expected F32, F16 or BF16 for a matrix that is stored [inputs, outputs]; convert the model"
          .formatted(tensor));
    }
    return new Matrix(tensor, Line.COLUMN, from, outputs, outputs, Math.toIntExact(tensor.shape()[0]), outputs);
  }

  /** The tensor's name, and which of it is taken where that is not all in order. */
  String name() {
    boolean whole = line == Line.ROW && from == 0 && run == outputs && outputs == tensor.shape()[0];
    return whole ? tensor.name() : "%s:%s:%d:%d:%d:%d".formatted(tensor.name(), line, from, run, stride, outputs);
  }

  public StorageType type() {
    return tensor.type();
  }

  /** Rows or columns of the tensor, of which outputs are some: as many as its bias has values. */
  public long lines() {
    return tensor.shape()[line == Line.ROW ? 0 : 1];
  }

  public int inputs() {
    return inputs;
  }

  public int outputs() {
    return outputs;
  }

  /** The weight row after row: a view of the tensor where it lies so, else a copy in the arena. */
  MemorySegment data(Arena arena) {
    long row = tensor.type().bytes(inputs);
    if (line == Line.ROW && run == outputs) return tensor.data().asSlice(from * row, outputs * row);
    MemorySegment copy = arena.allocate(outputs * row);
    for (int output = 0; output < outputs; output++) {
      int index = from + output / run * stride + output % run;
      switch (line) {
        case ROW -> MemorySegment.copy(tensor.data(), index * row, copy, output * row, row);
        case COLUMN -> copyColumn(index, copy, output * row);
      }
    }
    return copy;
  }

  private void copyColumn(int column, MemorySegment copy, long to) {
    long columns = tensor.shape()[1];
    int bytes = tensor.type().blockBytes();
    for (int i = 0; i < inputs; i++) MemorySegment.copy(tensor.data(), (i * columns + column) * bytes, copy, to + (long) i * bytes, bytes);
  }
}
