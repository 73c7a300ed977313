package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.Work;

/** Feed-forward with a gate, down(activation(gate(x)) * up(x)) (Shazeer 2020, arXiv:2002.05202). */
public record GatedFeedForward(Linear gate, Linear up, Linear down, Activation activation) implements FeedForward {

  /** Multiplies a gate's values, through the activation, with others. */
  @FunctionalInterface
  private interface Gating {
    void apply(float[] gate, int gateFrom, float[] up, int upFrom, int count);
  }

  /** Computes one panel of gate and up for some rows, and their product while both are in the cache. */
  @FunctionalInterface
  interface Widening {
    void run(int panel, int rows, float[] source, int sourceFrom, float[] gate, float[] up, int at, Scratch scratch);
  }

  int width() {
    return gate.outputs();
  }

  @Override
  public Runnable bind(Machine machine, Workspace workspace, float[] source, float[] target, Store store) {
    Kernels kernels = machine.kernels();
    float[] gates = workspace.shared("gate", width()), ups = workspace.shared("up", width());
    int panels = gate.panels(kernels.matmul()), outputs = down.panels(kernels.matmul());
    Widening widening = widening(kernels);
    Work widen = (panel, worker) -> widening.run(panel, workspace.rows(), source, 0, gates, ups, 0, machine.scratch(worker));
    Work narrow = (panel, worker) -> down.multiply(kernels, panel, workspace.rows(), gates, target, store, machine.scratch(worker));
    return () -> {
      machine.run(widen, panels);
      machine.run(narrow, outputs);
    };
  }

  Widening widening(Kernels kernels) {
    Gating gating = gating(kernels.rows(), activation);
    int width = width(), inputs = gate.inputs(), panelWidth = kernels.matmul().panel();
    return (panel, rows, source, sourceFrom, gates, ups, at, scratch) -> {
      gate.multiply(kernels, panel, rows, source, sourceFrom, inputs, gates, at, width, Store.SET, scratch);
      up.multiply(kernels, panel, rows, source, sourceFrom, inputs, ups, at, width, Store.SET, scratch);
      int from = panel * panelWidth, count = Math.min(panelWidth, width - from);
      for (int row = 0; row < rows; row++) {
        int place = at + row * width + from;
        gating.apply(gates, place, ups, place, count);
      }
    };
  }

  private static Gating gating(Rows rows, Activation activation) {
    if (activation == Activation.SILU) return rows::siluMultiply;
    Rows.InPlace function = rows.activation(activation);
    return (gate, gateFrom, up, upFrom, count) -> {
      function.apply(gate, gateFrom, count);
      rows.multiply(gate, gateFrom, up, upFrom, count);
    };
  }
}
