package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Work;

/** Causal self-attention with grouped queries and rotary positions over the paged cache; adds its result to the residual stream. */
public final class SelfAttention {
  private final AttentionShape shape;
  private final Rotary rotary;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;

  public SelfAttention(AttentionShape shape, Rotary rotary, Linear query, Linear key, Linear value, Linear output) {
    this.shape = shape;
    this.rotary = rotary;
    this.query = query;
    this.key = key;
    this.value = value;
    this.output = output;
  }

  AttentionShape shape() {
    return shape;
  }

  /** From {@code workspace.normed}; the four phases each end before the next begins. */
  Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
    Kernels kernels = machine.kernels();
    Matmul matmul = kernels.matmul();
    int queries = query.panels(matmul), keys = key.panels(matmul), values = value.panels(matmul), outputs = output.panels(matmul);
    Work project = (task, worker) -> {
      int rows = workspace.step.rows();
      var scratch = machine.scratch(worker);
      if (task < queries) query.multiply(matmul, task, rows, workspace.normed, workspace.queries, Store.SET, scratch);
      else if (task < queries + keys) key.multiply(matmul, task - queries, rows, workspace.normed, workspace.keys, Store.SET, scratch);
      else value.multiply(matmul, task - queries - keys, rows, workspace.normed, workspace.values, Store.SET, scratch);
    };
    Work remember = (row, worker) -> remember(kernels, workspace, cache, layer, row);
    Work attend = (task, worker) -> attend(machine, workspace, cache, layer, task, worker);
    Work combine = (task, worker) ->
        output.multiply(matmul, task, workspace.step.rows(), workspace.attended, workspace.hidden, Store.ADD, machine.scratch(worker));
    return () -> {
      int rows = workspace.step.rows();
      machine.run(project, queries + keys + values);
      machine.run(remember, rows);
      machine.run(attend, workspace.step.runs() * shape.keyHeads());
      machine.run(combine, outputs);
    };
  }

  /** Rotates a row's queries and keys, and writes its keys and values to the cache. */
  private void remember(Kernels kernels, Workspace workspace, CacheShape cache, int layer, int row) {
    int angle = row * rotary.pairs(), width = shape.width();
    for (int head = 0; head < shape.heads(); head++) {
      kernels.rows().rotate(workspace.queries, (row * shape.heads() + head) * width, rotary.pairs(), workspace.cosines, workspace.sines,
          angle, rotary.pairing());
    }
    int position = workspace.step.position(row);
    var block = workspace.step.cache(row).memory()[position / Attention.BLOCK];
    for (int head = 0; head < shape.keyHeads(); head++) {
      int at = (row * shape.keyHeads() + head) * width;
      kernels.rows().rotate(workspace.keys, at, rotary.pairs(), workspace.cosines, workspace.sines, angle, rotary.pairing());
      kernels.attention().store(workspace.keys, at, workspace.values, at, width, block, cache.keys(layer, head), cache.values(layer, head),
          position % Attention.BLOCK);
    }
  }

  private void attend(Machine machine, Workspace workspace, CacheShape cache, int layer, int task, int worker) {
    int run = task / shape.keyHeads(), head = task % shape.keyHeads(), width = shape.width();
    int row = workspace.step.run(run), rows = workspace.step.run(run + 1) - row;
    int at = (row * shape.heads() + head * shape.group()) * width;
    machine.kernels().attention().attendRows(rows, workspace.queries, at, shape.queryWidth(), shape.group(), width,
        workspace.step.cache(row).memory(), cache.keys(layer, head), cache.values(layer, head), 0, workspace.step.position(row) + 1,
        (float) (1 / Math.sqrt(width)), workspace.attended, at, machine.scratch(worker));
  }
}
