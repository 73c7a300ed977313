package org.scriptorium.engine.model;

import java.util.Arrays;
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

  /**
   * From {@code workspace.normed}; the phases each end before the next begins. The last layer leaves the rows that give no output once
   * their keys and values are in the cache.
   */
  Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer) {
    Kernels kernels = machine.kernels();
    Matmul matmul = kernels.matmul();
    Attention attention = kernels.attention(cache.type());
    int queries = query.panels(matmul), keys = key.panels(matmul), values = value.panels(matmul), outputs = output.panels(matmul);
    Work projectKeys = (task, worker) -> {
      var map = task < keys ? key : value;
      int panel = task < keys ? task : task - keys;
      map.multiply(matmul, panel, workspace.rows(), workspace.normed, task < keys ? workspace.keys : workspace.values, Store.SET, machine.scratch(worker));
    };
    Work projectQueries = (task, worker) ->
        query.multiply(matmul, task, workspace.rows(), workspace.normed, workspace.queries, Store.SET, machine.scratch(worker));
    Work project = (task, worker) -> {
      if (task < queries) projectQueries.run(task, worker);
      else projectKeys.run(task - queries, worker);
    };
    Work rotate = (row, worker) -> rotate(kernels, workspace, row);
    Work store = (row, worker) -> remember(kernels, attention, workspace, cache, layer, row);
    Work remember = (row, worker) -> {
      rotate.run(row, worker);
      store.run(row, worker);
    };
    Work attend = (task, worker) -> attend(machine, attention, workspace, cache, layer, task, worker);
    Work combine = (task, worker) ->
        output.multiply(matmul, task, workspace.rows(), workspace.attended, workspace.hidden, Store.ADD, machine.scratch(worker));
    boolean isLast = layer == cache.layers() - 1;
    return () -> {
      if (isLast && workspace.step.outputs() < workspace.rows()) {
        machine.run(projectKeys, keys + values);
        machine.run(store, workspace.rows());
        workspace.narrow();
        if (workspace.rows() == 0) return;
        machine.run(projectQueries, queries);
        machine.run(rotate, workspace.rows());
      } else {
        machine.run(project, queries + keys + values);
        machine.run(remember, workspace.rows());
      }
      machine.run(attend, workspace.runs() * shape.keyHeads());
      machine.run(combine, outputs);
    };
  }

  /** Rotates a row's queries. */
  private void rotate(Kernels kernels, Workspace workspace, int row) {
    for (int head = 0; head < shape.heads(); head++) {
      kernels.rows().rotate(workspace.queries, (row * shape.heads() + head) * shape.width(), rotary.pairs(), workspace.cosines, workspace.sines,
          row * rotary.pairs(), rotary.pairing());
    }
  }

  /** Rotates a row's keys, and writes its keys and values to the cache. */
  private void remember(Kernels kernels, Attention attention, Workspace workspace, CacheShape cache, int layer, int row) {
    int angle = row * rotary.pairs(), width = shape.width(), position = workspace.position(row);
    var block = workspace.cache(row).block(position / Attention.BLOCK);
    for (int head = 0; head < shape.keyHeads(); head++) {
      int at = (row * shape.keyHeads() + head) * width;
      kernels.rows().rotate(workspace.keys, at, rotary.pairs(), workspace.cosines, workspace.sines, angle, rotary.pairing());
      boolean kept = attention.store(workspace.keys, at, workspace.values, at, width, block.memory(), cache.keys(layer, head),
          cache.values(layer, head), position % Attention.BLOCK);
      if (!kept) block.spoil();
    }
  }

  private void attend(Machine machine, Attention attention, Workspace workspace, CacheShape cache, int layer, int task, int worker) {
    int run = task / shape.keyHeads(), head = task % shape.keyHeads(), width = shape.width();
    int row = workspace.run(run), rows = workspace.run(run + 1) - row;
    int at = (row * shape.heads() + head * shape.group()) * width;
    if (workspace.cache(row).isSpoiled()) {
      for (int i = 0; i < rows; i++) Arrays.fill(workspace.attended, at + i * shape.queryWidth(), at + i * shape.queryWidth() + shape.group() * width, Float.NaN);
      return;
    }
    attention.attendRows(rows, workspace.queries, at, shape.queryWidth(), shape.group(), width,
        workspace.cache(row).memory(), cache.keys(layer, head), cache.values(layer, head), 0, workspace.position(row) + 1,
        (float) (1 / Math.sqrt(width)), workspace.attended, at, machine.scratch(worker));
  }
}
