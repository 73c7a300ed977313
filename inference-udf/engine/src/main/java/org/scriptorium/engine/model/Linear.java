package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Scratch;

/** A linear map: target[row, output] = source[row] . weight[output] + bias[output]. Its weight is packed after the model is composed. */
public final class Linear implements TokenHead {
  private static final float[] NONE = {};

  private final Matrix matrix;
  /** [outputs], or empty. */
  private final float[] bias;
  private Packed weight;

  private Linear(Matrix matrix, float[] bias) {
    this.matrix = matrix;
    this.bias = bias;
  }

  /** A map without bias. */
  public static Linear of(Matrix matrix) {
    return new Linear(matrix, NONE);
  }

  /** @param bias [outputs] */
  public static Linear of(Matrix matrix, float[] bias) {
    if (bias.length != matrix.outputs()) throw new IllegalArgumentException("%d outputs, %d biases".formatted(matrix.outputs(),
        bias.length));
    return new Linear(matrix, bias);
  }

  /** Where the weight comes from. */
  public Matrix matrix() {
    return matrix;
  }

  /** Name of the weight, unique within a model. */
  public String name() {
    return matrix.name();
  }

  public int inputs() {
    return matrix.inputs();
  }

  @Override
  public int outputs() {
    return matrix.outputs();
  }

  @Override
  public Bound bind(Machine machine, Workspace workspace) {
    return new Head(this, machine, workspace);
  }

  void bind(Packed packed) {
    weight = packed;
  }

  int panels(Matmul matmul) {
    return (outputs() + matmul.panel() - 1) / matmul.panel();
  }

  /** Computes one panel of outputs for {@code rows} rows into {@code target}, [rows, panel]. */
  void multiplyPanel(Kernels kernels, int panel, int rows, float[] source, float[] target, Scratch scratch) {
    int width = kernels.matmul().panel();
    multiply(kernels, panel, rows, source, 0, inputs(), target, -panel * width, width, Store.SET, scratch);
  }

  /** Computes one panel of outputs for {@code rows} rows that lie densely in {@code source} and {@code target}. */
  void multiply(Kernels kernels, int panel, int rows, float[] source, float[] target, Store store, Scratch scratch) {
    multiply(kernels, panel, rows, source, 0, inputs(), target, 0, outputs(), store, scratch);
  }

  /** Computes one panel of outputs for {@code rows} rows at given places. */
  void multiply(Kernels kernels, int panel, int rows, float[] source, int sourceFrom, int sourceStride, float[] target, int targetFrom,
      int targetStride, Store store, Scratch scratch) {
    kernels.matmul().multiply(weight, panel, panel + 1, rows, source, sourceFrom, sourceStride, target, targetFrom, targetStride, store,
        scratch);
    if (bias.length == 0) return;
    int from = panel * kernels.matmul().panel(), count = Math.min(kernels.matmul().panel(), outputs() - from);
    for (int row = 0; row < rows; row++) kernels.rows().add(target, targetFrom + row * targetStride + from, 1f, bias, from, count);
  }
}
