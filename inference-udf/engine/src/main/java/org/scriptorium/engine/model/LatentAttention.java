package org.scriptorium.engine.model;

import java.util.List;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.Work;
import org.scriptorium.engine.model.Workspace.Angles;

/**
 * Multi-head latent attention (DeepSeek-AI 2024, arXiv:2405.04434, 2.1): keys and values of all heads are linear maps of one short latent,
 * and only the latent and one rotated key are cached. Heads' queries are mapped into the latent's space, so that they all meet one cached
 * head: query . (up latent) = (up^T query) . latent, and what they attend to is mapped to heads' values afterwards.
 *
 * <p>The cached value is the cached key, latent and rotated part; of what is attended to, the rotated part is not used.
 *
 * @param query to [heads, plain + rotated]
 * @param compress to the latent and the rotated key, [rank + rotated]
 * @param latentNorm of the latent, [rank]
 * @param keyUp for each head, from the plain part of its query to the latent's space
 * @param valueUp for each head, from the latent to its value
 * @param rotary of the last values of queries and cached keys
 * @param scale of scores before the softmax
 */
public record LatentAttention(LatentShape shape, Query query, Linear compress, Norm latentNorm, List<Linear> keyUp, List<Linear> valueUp,
    Linear output, Rotary rotary, float scale) implements AttentionBlock {
  /** Heads that one task attends with: as many as share a pass over the cache. */
  private static final int HEADS = 4;

  public LatentAttention {
    keyUp = List.copyOf(keyUp);
    valueUp = List.copyOf(valueUp);
  }

  /**
   * Sizes.
   *
   * @param plain width of a head's query that is not rotated
   * @param rotated width of the rest of it, and of the rotated key
   * @param rank width of the latent
   * @param value width of a head's value
   */
  public record LatentShape(int heads, int plain, int rotated, int rank, int value) {

    int query() {
      return plain + rotated;
    }

    int cached() {
      return rank + rotated;
    }
  }

  /** How queries are made. */
  public sealed interface Query {
    Linear last();

    /** By one map. */
    record Direct(Linear last) implements Query {}

    /** By a short vector, which is normed. */
    record Compressed(Linear first, Norm norm, Linear last) implements Query {}
  }

  @Override
  public int cachedHeads() {
    return 1;
  }

  @Override
  public int cachedWidth() {
    return shape.cached();
  }

  @Override
  public int from(int position, int segment) {
    return 0;
  }

  /** Rows of a step between the phases. */
  private record Activations(float[] queries, float[] latents, float[] absorbed, float[] attended, float[] values, Angles angles) {}

  @Override
  public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer, float[] source, float[] target, Store store) {
    Kernels kernels = machine.kernels();
    Matmul matmul = kernels.matmul();
    Attention attention = kernels.attention(cache.type());
    int heads = shape.heads(), groups = (heads + HEADS - 1) / HEADS;
    var rows = new Activations(workspace.shared("queries", heads * shape.query()), workspace.shared("latents", shape.cached()),
        workspace.shared("absorbed", heads * shape.cached()), workspace.shared("attended", heads * shape.cached()),
        workspace.shared("values", heads * shape.value()), workspace.angles(rotary));
    Runnable asked = query(machine, workspace, source, rows.queries);
    Work shorten = (panel, worker) ->
        compress.multiply(kernels, panel, workspace.rows(), source, rows.latents, Store.SET, machine.scratch(worker));
    Work turn = (row, worker) -> turn(kernels.rows(), rows, row);
    Work remember = (row, worker) -> remember(kernels.rows(), attention, workspace, rows, cache, layer, row);
    Work turnAndRemember = (row, worker) -> {
      turn.run(row, worker);
      remember.run(row, worker);
    };
    int absorbPanels = keyUp.getFirst().panels(matmul), valuePanels = valueUp.getFirst().panels(matmul);
    Work absorb = (task, worker) -> {
      int head = task / absorbPanels;
      keyUp.get(head).multiply(kernels, task % absorbPanels, workspace.rows(), rows.queries, head * shape.query(),
          heads * shape.query(), rows.absorbed, head * shape.cached(), heads * shape.cached(), Store.SET, machine.scratch(worker));
    };
    Work attend = (task, worker) ->
        attend(machine, attention, workspace, rows, cache, layer, task / groups, task % groups * HEADS, worker);
    Work expand = (task, worker) -> {
      int head = task / valuePanels;
      valueUp.get(head).multiply(kernels, task % valuePanels, workspace.rows(), rows.attended, head * shape.cached(),
          heads * shape.cached(), rows.values, head * shape.value(), heads * shape.value(), Store.SET, machine.scratch(worker));
    };
    Work combine = (panel, worker) ->
        output.multiply(kernels, panel, workspace.rows(), rows.values, target, store, machine.scratch(worker));
    int compressPanels = compress.panels(matmul), outputs = output.panels(matmul);
    boolean isLast = layer == cache.layers() - 1;
    return () -> {
      machine.run(shorten, compressPanels);
      if (isLast && workspace.step.outputs() < workspace.rows()) {
        machine.run(remember, workspace.rows());
        workspace.narrow();
        if (workspace.rows() == 0) return;
        asked.run();
        machine.run(turn, workspace.rows());
      } else {
        asked.run();
        machine.run(turnAndRemember, workspace.rows());
      }
      machine.run(absorb, heads * absorbPanels);
      machine.run(attend, workspace.runs() * groups);
      machine.run(expand, heads * valuePanels);
      machine.run(combine, outputs);
    };
  }

  private Runnable query(Machine machine, Workspace workspace, float[] source, float[] queries) {
    Kernels kernels = machine.kernels();
    int panels = query.last().panels(kernels.matmul());
    return switch (query) {
      case Query.Direct direct -> {
        Work project = (panel, worker) ->
            direct.last().multiply(kernels, panel, workspace.rows(), source, queries, Store.SET, machine.scratch(worker));
        yield () -> machine.run(project, panels);
      }
      case Query.Compressed compressed -> {
        int width = compressed.norm().width(), firstPanels = compressed.first().panels(kernels.matmul());
        float[] shortened = workspace.shared("short queries", width);
        Work first = (panel, worker) ->
            compressed.first().multiply(kernels, panel, workspace.rows(), source, shortened, Store.SET, machine.scratch(worker));
        Work norm = (row, worker) -> compressed.norm().apply(kernels.rows(), shortened, row * width, shortened, row * width);
        Work last = (panel, worker) ->
            compressed.last().multiply(kernels, panel, workspace.rows(), shortened, queries, Store.SET, machine.scratch(worker));
        yield () -> {
          machine.run(first, firstPanels);
          machine.run(norm, workspace.rows());
          machine.run(last, panels);
        };
      }
    };
  }

  /** Rotates the ends of a row's queries, which go to the absorbed ones. */
  private void turn(Rows loops, Activations rows, int row) {
    for (int head = 0; head < shape.heads(); head++) {
      int from = (row * shape.heads() + head) * shape.query() + shape.plain();
      int to = (row * shape.heads() + head) * shape.cached() + shape.rank();
      System.arraycopy(rows.queries, from, rows.absorbed, to, shape.rotated());
      loops.rotate(rows.absorbed, to, rotary.pairs(), rows.angles.cosines(), rows.angles.sines(), row * rotary.pairs(), rotary.pairing());
    }
  }

  /** Norms a row's latent, rotates its key, and writes both to the cache. */
  private void remember(Rows loops, Attention attention, Workspace workspace, Activations rows, CacheShape cache, int layer, int row) {
    int latent = row * shape.cached(), position = workspace.position(row);
    latentNorm.apply(loops, rows.latents, latent, rows.latents, latent);
    loops.rotate(rows.latents, latent + shape.rank(), rotary.pairs(), rows.angles.cosines(), rows.angles.sines(), row * rotary.pairs(),
        rotary.pairing());
    var block = workspace.cache(row).block(position / Attention.BLOCK);
    boolean kept = attention.store(rows.latents, latent, rows.latents, latent, shape.cached(), block.memory(), cache.keys(layer, 0),
        cache.values(layer, 0), position % Attention.BLOCK);
    if (!kept) block.spoil();
  }

  private void attend(Machine machine, Attention attention, Workspace workspace, Activations rows, CacheShape cache, int layer, int run,
      int head, int worker) {
    int row = workspace.run(run), count = workspace.run(run + 1) - row, heads = Math.min(HEADS, shape.heads() - head);
    int at = (row * shape.heads() + head) * shape.cached(), stride = shape.heads() * shape.cached();
    if (workspace.cache(row).isSpoiled()) {
      AttentionBlock.spoil(rows.attended, at, count, stride, heads * shape.cached());
      return;
    }
    attention.attendRows(count, rows.absorbed, at, stride, heads, shape.cached(), workspace.cache(row).memory(), cache.keys(layer, 0),
        cache.values(layer, 0), 0, workspace.position(row) + 1, 1, Integer.MAX_VALUE, scale, rows.attended, at, machine.scratch(worker));
  }
}
