package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Work;

/**
 * Attention of a decoder to the states of an encoder (Vaswani et al. 2017, arXiv:1706.03762, 3.2.3). Keys and values of a source are
 * computed once and stay in the blocks of {@link SequenceCache#source}, which have the shape of the decoder's own.
 *
 * @param scale of scores before the softmax
 */
public record CrossAttention(AttentionShape shape, Linear query, Linear key, Linear value, Linear output, float scale) {

  /** Composes the phases of a decoder's rows, as {@link AttentionBlock#bind}. */
  Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer, float[] source, float[] target, Store store) {
    Kernels kernels = machine.kernels();
    Attention attention = kernels.attention(cache.type());
    float[] queries = workspace.shared("queries", shape.queryWidth()), attended = workspace.shared("attended", shape.queryWidth());
    int inputs = query.panels(kernels.matmul()), outputs = output.panels(kernels.matmul());
    Work project = (task, worker) -> query.multiply(kernels, task, workspace.rows(), source, queries, Store.SET, machine.scratch(worker));
    Work attend = (task, worker) -> attend(machine, attention, workspace, queries, attended, cache, layer, task, worker);
    Work combine = (task, worker) -> output.multiply(kernels, task, workspace.rows(), attended, target, store, machine.scratch(worker));
    return () -> {
      machine.run(project, inputs);
      machine.run(attend, workspace.runs() * shape.keyHeads());
      machine.run(combine, outputs);
    };
  }

  private void attend(Machine machine, Attention attention, Workspace workspace, float[] queries, float[] attended, CacheShape cache,
      int layer, int task, int worker) {
    int run = task / shape.keyHeads(), head = task % shape.keyHeads(), width = shape.width();
    int row = workspace.run(run), count = workspace.run(run + 1) - row, at = (row * shape.heads() + head * shape.group()) * width;
    SequenceCache read = workspace.cache(row).source();
    if (read.isSpoiled()) {
      AttentionBlock.spoil(attended, at, count, shape.queryWidth(), shape.group() * width);
      return;
    }
    attention.attendRows(count, queries, at, shape.queryWidth(), shape.group(), width, read.memory(), cache.keys(layer, head),
        cache.values(layer, head), 0, read.length(), 0, Integer.MAX_VALUE, scale, attended, at, machine.scratch(worker));
  }

  /** Writes a position's keys and values, [keyHeads, width] each at {@code from}, to its source's blocks. */
  void remember(Attention attention, float[] keys, float[] values, int from, SequenceCache target, int position, CacheShape cache, int layer) {
    var block = target.block(position / Attention.BLOCK);
    for (int head = 0; head < shape.keyHeads(); head++) {
      int at = from + head * shape.width();
      boolean kept = attention.store(keys, at, values, at, shape.width(), block.memory(), cache.keys(layer, head), cache.values(layer, head),
          position % Attention.BLOCK);
      if (!kept) block.spoil();
    }
  }
}
