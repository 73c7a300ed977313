package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Work;
import org.scriptorium.engine.model.Workspace.Angles;

/**
 * Self-attention with grouped queries over the paged cache: causal, or over the whole sequence where the window says so.
 *
 * @param queryNorm of each head's query, before it is rotated; {@code keyNorm} likewise
 * @param scale of scores before the softmax
 * @param bias added to scores before they are scaled
 */
public record SelfAttention(AttentionShape shape, Linear query, Linear key, Linear value, Linear output, Norm queryNorm, Norm keyNorm,
    Rotary rotary, Window window, float scale, DistanceBias bias) implements AttentionBlock {

  /** Without norms of heads or window, scores scaled by the root of a head's width. */
  public static SelfAttention plain(AttentionShape shape, Linear query, Linear key, Linear value, Linear output, Rotary rotary) {
    Norm none = new Norm.None(shape.width());
    return new SelfAttention(shape, query, key, value, output, none, none, rotary, Window.NONE, (float) (1 / Math.sqrt(shape.width())),
        DistanceBias.NONE);
  }

  public SelfAttention withNorms(Norm queries, Norm keys) {
    return new SelfAttention(shape, query, key, value, output, queries, keys, rotary, window, scale, bias);
  }

  public SelfAttention withWindow(Window other) {
    return new SelfAttention(shape, query, key, value, output, queryNorm, keyNorm, rotary, other, scale, bias);
  }

  public SelfAttention withScale(double other) {
    return new SelfAttention(shape, query, key, value, output, queryNorm, keyNorm, rotary, window, (float) other, bias);
  }

  public SelfAttention withBias(DistanceBias other) {
    return new SelfAttention(shape, query, key, value, output, queryNorm, keyNorm, rotary, window, scale, other);
  }

  @Override
  public int cachedHeads() {
    return shape.keyHeads();
  }

  @Override
  public int cachedWidth() {
    return shape.width();
  }

  @Override
  public int from(int position, int segment) {
    return window.from(position);
  }

  /** Rows of a step between the phases. */
  private record Activations(float[] queries, float[] keys, float[] values, float[] attended, Angles angles) {}

  @Override
  public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer, float[] source, float[] target, Store store) {
    Kernels kernels = machine.kernels();
    Matmul matmul = kernels.matmul();
    Attention attention = kernels.attention(cache.type());
    var rows = new Activations(workspace.shared("queries", shape.queryWidth()), workspace.shared("keys", shape.keyWidth()),
        workspace.shared("values", shape.keyWidth()), workspace.shared("attended", shape.queryWidth()), workspace.angles(rotary));
    int queries = query.panels(matmul), keys = key.panels(matmul), values = value.panels(matmul), outputs = output.panels(matmul);
    Work projectKeys = (task, worker) -> {
      var map = task < keys ? key : value;
      int panel = task < keys ? task : task - keys;
      map.multiply(kernels, panel, workspace.rows(), source, task < keys ? rows.keys : rows.values, Store.SET, machine.scratch(worker));
    };
    Work projectQueries = (task, worker) ->
        query.multiply(kernels, task, workspace.rows(), source, rows.queries, Store.SET, machine.scratch(worker));
    Work project = (task, worker) -> {
      if (task < queries) projectQueries.run(task, worker);
      else projectKeys.run(task - queries, worker);
    };
    Work turn = (row, worker) -> turn(kernels, rows, row);
    Work remember = (row, worker) -> remember(kernels, attention, workspace, rows, cache, layer, row);
    Work turnAndRemember = (row, worker) -> {
      turn.run(row, worker);
      remember.run(row, worker);
    };
    Work attend = (task, worker) -> attend(machine, attention, workspace, rows, cache, layer, task, worker);
    Work combine = (task, worker) ->
        output.multiply(kernels, task, workspace.rows(), rows.attended, target, store, machine.scratch(worker));
    boolean isLast = layer == cache.layers() - 1;
    return () -> {
      if (isLast && workspace.step.outputs() < workspace.rows()) {
        machine.run(projectKeys, keys + values);
        machine.run(remember, workspace.rows());
        workspace.narrow();
        if (workspace.rows() == 0) return;
        machine.run(projectQueries, queries);
        machine.run(turn, workspace.rows());
      } else {
        machine.run(project, queries + keys + values);
        machine.run(turnAndRemember, workspace.rows());
      }
      machine.run(attend, workspace.runs() * shape.keyHeads());
      machine.run(combine, outputs);
    };
  }

  /** Norms and rotates a row's queries. */
  private void turn(Kernels kernels, Activations rows, int row) {
    for (int head = 0; head < shape.heads(); head++) {
      int at = (row * shape.heads() + head) * shape.width();
      queryNorm.apply(kernels.rows(), rows.queries, at, rows.queries, at);
      kernels.rows().rotate(rows.queries, at, rotary.pairs(), rows.angles.cosines(), rows.angles.sines(), row * rotary.pairs(),
          rotary.pairing());
    }
  }

  /** Norms and rotates a row's keys, and writes its keys and values to the cache. */
  private void remember(Kernels kernels, Attention attention, Workspace workspace, Activations rows, CacheShape cache, int layer, int row) {
    int angle = row * rotary.pairs(), width = shape.width(), position = workspace.position(row);
    var block = workspace.cache(row).block(position / Attention.BLOCK);
    for (int head = 0; head < shape.keyHeads(); head++) {
      int at = (row * shape.keyHeads() + head) * width;
      keyNorm.apply(kernels.rows(), rows.keys, at, rows.keys, at);
      kernels.rows().rotate(rows.keys, at, rotary.pairs(), rows.angles.cosines(), rows.angles.sines(), angle, rotary.pairing());
      boolean kept = attention.store(rows.keys, at, rows.values, at, width, block.memory(), cache.keys(layer, head),
          cache.values(layer, head), position % Attention.BLOCK);
      if (!kept) block.spoil();
    }
  }

  private void attend(Machine machine, Attention attention, Workspace workspace, Activations rows, CacheShape cache, int layer, int task,
      int worker) {
    int run = task / shape.keyHeads(), head = task % shape.keyHeads(), width = shape.width();
    int row = workspace.run(run), count = workspace.run(run + 1) - row, position = workspace.position(row);
    int at = (row * shape.heads() + head * shape.group()) * width;
    if (workspace.cache(row).isSpoiled()) {
      AttentionBlock.spoil(rows.attended, at, count, shape.queryWidth(), shape.group() * width);
      return;
    }
    var blocks = workspace.cache(row).memory();
    long keys = cache.keys(layer, head), values = cache.values(layer, head);
    int start = workspace.cache(row).start(), length = workspace.cache(row).length();
    if (!bias.isNone()) {
      for (int i = 0; i < count; i++, at += shape.queryWidth()) {
        int first = window.from(position + i);
        attention.attendBiased(rows.queries, at, shape.group(), width, blocks, keys, values, first - start,
            window.to(position + i, length) - start, scale, bias.values(), bias.place(head * shape.group(), position + i, first), bias.stride(),
            rows.attended, at, machine.scratch(worker));
      }
      return;
    }
    attention.attendRows(count, rows.queries, at, shape.queryWidth(), shape.group(), width, blocks, keys, values,
        window.from(position) - start, window.to(position, length) - start, window.growth(), window.tokens(), scale, rows.attended, at,
        machine.scratch(worker));
  }
}
