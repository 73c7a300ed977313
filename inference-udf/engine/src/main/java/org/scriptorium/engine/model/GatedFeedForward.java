package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Work;

/** Feed-forward with a gate, down(silu(gate(x)) * up(x)) (Shazeer 2020, arXiv:2002.05202); adds its result to the residual stream. */
public final class GatedFeedForward {
  private final Linear gate;
  private final Linear up;
  private final Linear down;

  public GatedFeedForward(Linear gate, Linear up, Linear down) {
    this.gate = gate;
    this.up = up;
    this.down = down;
  }

  int width() {
    return gate.outputs();
  }

  /** From {@code workspace.normed}. */
  Runnable bind(Machine machine, Workspace workspace) {
    Matmul matmul = machine.kernels().matmul();
    int panels = gate.panels(matmul), outputs = down.panels(matmul);
    Work widen = (panel, worker) -> widen(machine, workspace, panel, worker);
    Work narrow = (panel, worker) ->
        down.multiply(matmul, panel, workspace.rows(), workspace.gate, workspace.hidden, Store.ADD, machine.scratch(worker));
    return () -> {
      machine.run(widen, panels);
      machine.run(narrow, outputs);
    };
  }

  /** One panel of gate and up, and their product while both are in the cache. */
  private void widen(Machine machine, Workspace workspace, int panel, int worker) {
    Matmul matmul = machine.kernels().matmul();
    int rows = workspace.rows(), from = panel * matmul.panel(), count = Math.min(matmul.panel(), width() - from);
    gate.multiply(matmul, panel, rows, workspace.normed, workspace.gate, Store.SET, machine.scratch(worker));
    up.multiply(matmul, panel, rows, workspace.normed, workspace.up, Store.SET, machine.scratch(worker));
    for (int row = 0; row < rows; row++) {
      int at = row * width() + from;
      machine.kernels().rows().siluMultiply(workspace.gate, at, workspace.up, at, count);
    }
  }
}
