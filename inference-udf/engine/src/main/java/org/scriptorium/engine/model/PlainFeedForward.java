package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.Work;

/** Feed-forward of two maps, down(activation(up(x))) (Vaswani et al. 2017, arXiv:1706.03762, 3.3). */
public record PlainFeedForward(Linear up, Linear down, Activation activation) implements FeedForward {

  @Override
  public Runnable bind(Machine machine, Workspace workspace, float[] source, float[] target, Store store) {
    Kernels kernels = machine.kernels();
    int width = up.outputs(), panelWidth = kernels.matmul().panel(), panels = up.panels(kernels.matmul()),
        outputs = down.panels(kernels.matmul());
    float[] wide = workspace.shared("up", width);
    Rows.InPlace function = kernels.rows().activation(activation);
    Work widen = (panel, worker) -> {
      int rows = workspace.rows(), from = panel * panelWidth, count = Math.min(panelWidth, width - from);
      up.multiply(kernels, panel, rows, source, wide, Store.SET, machine.scratch(worker));
      for (int row = 0; row < rows; row++) function.apply(wide, row * width + from, count);
    };
    Work narrow = (panel, worker) -> down.multiply(kernels, panel, workspace.rows(), wide, target, store, machine.scratch(worker));
    return () -> {
      machine.run(widen, panels);
      machine.run(narrow, outputs);
    };
  }
}
