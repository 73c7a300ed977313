package org.scriptorium.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.Tensor;

class TestMatrix {
  /** Value r * 10 + c in row r, column c of four rows and three columns. */
  private static final Tensor TENSOR = tensor(4, 3);

  private static Tensor tensor(int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) values[i] = i / columns * 10 + i % columns;
    MemorySegment data = MemorySegment.ofArray(new byte[4 * values.length]);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
    return new Tensor("t", StorageType.F32, new long[] {rows, columns}, data);
  }

  @Test
  void wholeTensorsAreNotCopied() {
    Matrix matrix = Matrix.of(TENSOR);
    assertThat(values(matrix)).containsExactly(0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32);
    assertThat(matrix.name()).isEqualTo("t");
    try (Arena arena = Arena.ofConfined()) {
      assertThat(matrix.data(arena)).isEqualTo(TENSOR.data());
    }
  }

  @Test
  void rowsAtIntervals() {
    Matrix matrix = Matrix.rowsAtIntervals(tensor(8, 2), 1, 2, 4, 4);
    assertThat(values(matrix)).containsExactly(10, 11, 20, 21, 50, 51, 60, 61);
    assertThat(matrix.outputs()).isEqualTo(4);
    assertThat(matrix.inputs()).isEqualTo(2);
    assertThat(matrix.lines()).isEqualTo(8);
    assertThat(matrix.name()).isNotEqualTo(Matrix.rowsAtIntervals(tensor(8, 2), 0, 2, 4, 4).name()).startsWith("t:");
    assertThat(values(Matrix.rowsAtIntervals(TENSOR, 1, 2, 2, 2))).as("neighbours").containsExactly(10, 11, 12, 20, 21, 22);
  }

  @Test
  void columnsBecomeRows() {
    Matrix matrix = Matrix.columns(TENSOR, 1, 2);
    assertThat(values(matrix)).containsExactly(1, 11, 21, 31, 2, 12, 22, 32);
    assertThat(matrix.inputs()).isEqualTo(4);
    assertThat(matrix.lines()).isEqualTo(3);
  }

  @Test
  void rowsOfATensorAreATensor() {
    Tensor rows = TENSOR.rows(1, 2);
    assertThat(rows.toString()).isEqualTo("t[1:3] F32 [2, 3]");
    assertThat(values(Matrix.columns(rows, 0, 3))).containsExactly(10, 20, 11, 21, 12, 22);
    assertThatThrownBy(() -> TENSOR.rows(3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void quantizedColumnsAreRefused() {
    var quantized = new Tensor("q", StorageType.Q8_0, new long[] {2, 32}, MemorySegment.ofArray(new byte[68]));
    assertThatThrownBy(() -> Matrix.columns(quantized, 0, 4)).isInstanceOf(ModelException.class)
        .hasMessage("q Q8_0 [2, 32]: expected F32, F16 or BF16 for a matrix that is stored [inputs, outputs]; convert the model");
  }

  private static float[] values(Matrix matrix) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = matrix.data(arena);
      float[] values = new float[matrix.inputs() * matrix.outputs()];
      assertThat(data.byteSize()).isEqualTo(4L * values.length);
      MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
      return values;
    }
  }
}
