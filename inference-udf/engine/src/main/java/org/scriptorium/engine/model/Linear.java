package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Scratch;

/** A linear map without bias: target[row, output] = source[row] . weight[output]. Its weight is packed after the model is composed. */
public final class Linear {
  private final String name;
  private final int inputs;
  private final int outputs;
  private Packed weight;

  public Linear(String name, int inputs, int outputs) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /** Name of the weight in the model's file. */
  public String name() {
    return name;
  }

  public int inputs() {
    return inputs;
  }

  public int outputs() {
    return outputs;
  }

  void bind(Packed packed) {
    weight = packed;
  }

  int panels(Matmul matmul) {
    return (outputs + matmul.panel() - 1) / matmul.panel();
  }

  /** Computes one panel of outputs for {@code rows} rows into {@code target}, [rows, panel]. */
  void multiplyPanel(Matmul matmul, int panel, int rows, float[] source, float[] target, Scratch scratch) {
    matmul.multiply(weight, panel, panel + 1, rows, source, 0, inputs, target, -panel * matmul.panel(), matmul.panel(), Store.SET, scratch);
  }

  /** Computes one panel of outputs for {@code rows} rows that lie densely in {@code source} and {@code target}. */
  void multiply(Matmul matmul, int panel, int rows, float[] source, float[] target, Store store, Scratch scratch) {
    matmul.multiply(weight, panel, panel + 1, rows, source, 0, inputs, target, 0, outputs, store, scratch);
  }
}
