package org.scriptorium.engine.model;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Work;

/**
 * Attention by content and by distance, with a memory of what came before (Dai et al. 2019, arXiv:1901.02860, 3.3): the score of a token is
 * (query + contentBias) . key + (query + distanceBias) . key of the distance.
 *
 * <p>The memory's keys and values lie in the paged cache like those of any tokens. It begins as zeros, which are attended to: their keys and
 * values are the same for every sequence, and stand before the first block of each.
 *
 * @param distances maps sines and cosines of a distance to heads' keys
 * @param contentBias [heads, width] added to the queries that meet tokens' keys; {@code distanceBias} to those that meet distances'
 * @param memoryNorm what the memory's zeros go through before they become keys and values
 */
public record RelativeAttention(AttentionShape shape, Linear query, Linear key, Linear value, Linear distances, Linear output,
    float[] contentBias, float[] distanceBias, RelativeSines sines, RecurrentMemory memory, Norm memoryNorm) implements AttentionBlock {

  @Override
  public int cachedHeads() {
    return shape.heads();
  }

  @Override
  public int cachedWidth() {
    return shape.width();
  }

  @Override
  public Rotary rotary() {
    return Rotary.NONE;
  }

  @Override
  public int from(int position, int segment) {
    return Math.max(0, memory.from(position, segment));
  }

  @Override
  public Runnable bind(Machine machine, Workspace workspace, CacheShape cache, int layer, float[] source, float[] target, Store store) {
    return new Execution(this, machine, workspace, cache, layer).phases(source, target, store);
  }

  /** The block of one layer, bound to the memory of one scheduler. */
  private static final class Execution {
    private final RelativeAttention block;
    private final Machine machine;
    private final Kernels kernels;
    private final Attention attention;
    private final Workspace workspace;
    private final CacheShape cache;
    private final int layer;
    private final int heads;
    private final int width;
    private final RelativePositions positions;
    /** [rows, heads, width] */
    private final float[] queries;
    private final float[] distanceQueries;
    private final float[] keys;
    private final float[] values;
    private final float[] attended;
    /** Block of the memory's zeros, and how many of them hold it. */
    private final MemorySegment zeros;
    private final int zeroBlocks;
    /** False if the cache's type can't keep the zeros' keys and values. */
    private final boolean keepsZeros;
    /** For each worker, the blocks of zeros and those of a sequence behind them. */
    private final MemorySegment[][] views;

    Execution(RelativeAttention block, Machine machine, Workspace workspace, CacheShape cache, int layer) {
      this.block = block;
      this.machine = machine;
      this.workspace = workspace;
      this.cache = cache;
      this.layer = layer;
      kernels = machine.kernels();
      attention = kernels.attention(cache.type());
      heads = block.shape.heads();
      width = block.shape.width();
      positions = new RelativePositions(machine, block.distances, heads, block.sines);
      queries = workspace.shared("queries", heads * width);
      distanceQueries = workspace.shared("distance queries", heads * width);
      keys = workspace.shared("keys", heads * width);
      values = workspace.shared("values", heads * width);
      attended = workspace.shared("attended", heads * width);
      zeroBlocks = (block.memory.length() + Attention.BLOCK - 1) / Attention.BLOCK;
      zeros = workspace.blankBlock(cache);
      keepsZeros = storeZeros();
      views = new MemorySegment[machine.threads()][0];
    }

    private boolean storeZeros() {
      int inputs = block.key.inputs();
      float[] state = new float[inputs], key = new float[heads * width], value = new float[heads * width];
      block.memoryNorm.apply(kernels.rows(), state, 0, state, 0);
      for (int panel = 0; panel < block.key.panels(kernels.matmul()); panel++) {
        block.key.multiply(kernels, panel, 1, state, key, Store.SET, machine.scratch(0));
        block.value.multiply(kernels, panel, 1, state, value, Store.SET, machine.scratch(0));
      }
      boolean kept = true;
      for (int head = 0; head < heads; head++) {
        for (int slot = 0; slot < Attention.BLOCK; slot++) {
          kept &= attention.store(key, head * width, value, head * width, width, zeros, cache.keys(layer, head),
              cache.values(layer, head), slot);
        }
      }
      return kept;
    }

    Runnable phases(float[] source, float[] target, Store store) {
      Matmul matmul = kernels.matmul();
      int panels = block.key.panels(matmul), outputs = block.output.panels(matmul);
      Work projectKeys = (task, worker) -> project(task < panels ? block.key : block.value, task % panels, source, task < panels ? keys : values,
          worker);
      Work projectQueries = (task, worker) -> project(block.query, task, source, queries, worker);
      Work project = (task, worker) -> {
        if (task < panels) projectQueries.run(task, worker);
        else projectKeys.run(task - panels, worker);
      };
      Work rememberAndSplit = (row, worker) -> {
        remember(row, worker);
        split(row, worker);
      };
      Work combine = (panel, worker) ->
          block.output.multiply(kernels, panel, workspace.rows(), attended, target, store, machine.scratch(worker));
      boolean isLast = layer == cache.layers() - 1;
      return () -> {
        positions.require(farthest());
        if (isLast && workspace.step.outputs() < workspace.rows()) {
          machine.run(projectKeys, 2 * panels);
          machine.run(this::remember, workspace.rows());
          workspace.narrow();
          if (workspace.rows() == 0) return;
          machine.run(projectQueries, panels);
          machine.run(this::split, workspace.rows());
        } else {
          machine.run(project, 3 * panels);
          machine.run(rememberAndSplit, workspace.rows());
        }
        machine.run(this::attend, workspace.runs() * heads);
        machine.run(combine, outputs);
      };
    }

    private void project(Linear map, int panel, float[] source, float[] target, int worker) {
      map.multiply(kernels, panel, workspace.rows(), source, target, Store.SET, machine.scratch(worker));
    }

    /** Most tokens that a row of the step sees. */
    private int farthest() {
      int most = 0;
      for (int row = 0; row < workspace.rows(); row++) most = Math.max(most, workspace.position(row) + 1 - from(row));
      return most;
    }

    private int from(int row) {
      return block.memory.from(workspace.position(row), workspace.cache(row).segment());
    }

    private void remember(int row, int worker) {
      int position = workspace.position(row);
      var into = workspace.cache(row).block(position / Attention.BLOCK);
      for (int head = 0; head < heads; head++) {
        int at = (row * heads + head) * width;
        boolean kept = attention.store(keys, at, values, at, width, into.memory(), cache.keys(layer, head), cache.values(layer, head),
            position % Attention.BLOCK);
        if (!kept) into.spoil();
      }
    }

    /** Makes two of a row's queries. */
    private void split(int row, int worker) {
      int at = row * heads * width;
      System.arraycopy(queries, at, distanceQueries, at, heads * width);
      kernels.rows().add(queries, at, 1f, block.contentBias, 0, heads * width);
      kernels.rows().add(distanceQueries, at, 1f, block.distanceBias, 0, heads * width);
    }

    private void attend(int task, int worker) {
      int run = task / heads, head = task % heads, row = workspace.run(run), count = workspace.run(run + 1) - row;
      int stride = heads * width, at = row * stride + head * width;
      if (workspace.cache(row).isSpoiled() || !keepsZeros && from(row) < 0) {
        AttentionBlock.spoil(attended, at, count, stride, width);
        return;
      }
      // The first row sees farthest back beyond its own position only where all see equally far, so the last row sees most tokens.
      int most = workspace.position(row + count - 1) + 1 - from(row + count - 1), scored = positions.stride(most);
      float[] scores = machine.scratch(worker).rows(count * scored + most);
      positions.score(head, count, distanceQueries, at, stride, most, scores, machine.scratch(worker));
      MemorySegment[] blocks = view(row, worker);
      int shift = from(row) < 0 ? zeroBlocks * Attention.BLOCK : -workspace.cache(row).start();
      for (int i = 0; i < count; i++) {
        int from = from(row + i), to = workspace.position(row + i) + 1;
        positions.order(scores, i * scored, to - from, scores, count * scored);
        attention.attendBiased(queries, at + i * stride, 1, width, blocks, cache.keys(layer, head), cache.values(layer, head), from + shift,
            to + shift, (float) (1 / Math.sqrt(width)), scores, count * scored, 0, attended, at + i * stride, machine.scratch(worker));
      }
    }

    /** The blocks that a run's rows see; with those of zeros before them where its first row sees some. */
    private MemorySegment[] view(int row, int worker) {
      SequenceCache sequence = workspace.cache(row);
      if (from(row) >= 0) return sequence.memory();
      int blocks = sequence.held();
      if (views[worker].length < zeroBlocks + blocks) {
        views[worker] = new MemorySegment[Math.max(zeroBlocks + blocks, 2 * views[worker].length)];
        Arrays.fill(views[worker], 0, zeroBlocks, zeros);
      }
      System.arraycopy(sequence.memory(), 0, views[worker], zeroBlocks, blocks);
      return views[worker];
    }
  }
}
