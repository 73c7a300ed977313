package org.scriptorium.engine.model;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.Work;

/**
 * Feed-forwards of which each row takes a few (Shazeer et al. 2017, arXiv:1701.06538), and one that all rows take where a model has it.
 * Rows are gathered by expert, so that an expert's weights are read once a step; a row's sum runs over its experts in ascending order.
 *
 * @param router from rows to experts
 * @param experts all of one shape
 */
public record Experts(Linear router, Routing routing, List<GatedFeedForward> experts,
    Optional<GatedFeedForward> shared) implements FeedForward {
  public Experts {
    experts = List.copyOf(experts);
  }

  @Override
  public Runnable bind(Machine machine, Workspace workspace, float[] source, float[] target, Store store) {
    return new Bound(this, machine, workspace, source, target, store).phases();
  }

  /** The block at work on one scheduler's rows. */
  private static final class Bound {
    private final Experts block;
    private final Machine machine;
    private final Kernels kernels;
    private final Workspace workspace;
    private final int width;
    private final int inner;
    private final int chosen;
    private final float[] source;
    private final float[] target;
    private final Store store;
    private final float[] scores;
    private final float[] choice;
    /** [rows * chosen, width] by expert, then by row. */
    private final float[] gathered;
    private final float[] results;
    private final float[] gates;
    private final float[] ups;
    /** [rows, chosen] */
    private final int[] indices;
    private final float[] weights;
    /** [rows, chosen] place of a row among the gathered ones. */
    private final int[] places;
    /** First place of each expert, and behind them the end. */
    private final int[] starts;
    /** Experts that have rows. */
    private final int[] busy;
    private int busyCount;
    private final List<GatedFeedForward.Widening> widenings;
    private final int panels;
    private final int outputs;

    Bound(Experts block, Machine machine, Workspace workspace, float[] source, float[] target, Store store) {
      this.block = block;
      this.machine = machine;
      this.workspace = workspace;
      this.source = source;
      this.target = target;
      this.store = store;
      kernels = machine.kernels();
      GatedFeedForward first = block.experts.getFirst();
      width = block.router.inputs();
      inner = first.width();
      chosen = block.routing.chosen();
      int count = block.experts.size(), maxRows = workspace.step.maxRows();
      scores = workspace.shared("scores", count);
      choice = workspace.shared("choice", count);
      gathered = workspace.shared("gathered", chosen * width);
      results = workspace.shared("results", chosen * width);
      gates = workspace.shared("gate", chosen * inner);
      ups = workspace.shared("up", chosen * inner);
      indices = new int[maxRows * chosen];
      weights = new float[maxRows * chosen];
      places = new int[maxRows * chosen];
      starts = new int[count + 1];
      busy = new int[count];
      widenings = block.experts.stream().map(expert -> expert.widening(kernels)).toList();
      panels = first.gate().panels(kernels.matmul());
      outputs = first.down().panels(kernels.matmul());
    }

    Runnable phases() {
      int routerPanels = block.router.panels(kernels.matmul());
      Rows.InPlace sigmoid = Routing.sigmoid(kernels.rows());
      Work score = (panel, worker) ->
          block.router.multiply(kernels, panel, workspace.rows(), source, scores, Store.SET, machine.scratch(worker));
      int count = block.experts.size();
      Work choose = (row, worker) -> block.routing.choose(kernels.rows(), sigmoid, scores, row * count, choice, row * count, indices,
          weights, row * chosen);
      Work gather = (place, worker) ->
          System.arraycopy(source, place / chosen * width, gathered, places[place] * width, width);
      Work widen = this::widen, narrow = this::narrow, combine = this::combine;
      Runnable always = block.shared.map(shared -> shared.bind(machine, workspace, source, target, store)).orElse(() -> { });
      return () -> {
        int rows = workspace.rows();
        machine.run(score, routerPanels);
        machine.run(choose, rows);
        arrange(rows);
        machine.run(gather, rows * chosen);
        machine.run(widen, busyCount * panels);
        machine.run(narrow, busyCount * outputs);
        always.run();
        machine.run(combine, rows);
      };
    }

    /** Gives each row its place with each of its experts. */
    private void arrange(int rows) {
      Arrays.fill(starts, 0);
      for (int i = 0; i < rows * chosen; i++) starts[indices[i] + 1]++;
      busyCount = 0;
      for (int expert = 0; expert < busy.length; expert++) {
        if (starts[expert + 1] > 0) busy[busyCount++] = expert;
        starts[expert + 1] += starts[expert];
      }
      // Each start moves on to its expert's end, the next one's start; then all move back by one.
      for (int i = 0; i < rows * chosen; i++) places[i] = starts[indices[i]]++;
      System.arraycopy(starts, 0, starts, 1, busy.length);
      starts[0] = 0;
    }

    private void widen(int task, int worker) {
      int expert = busy[task / panels], first = starts[expert], rows = starts[expert + 1] - first;
      widenings.get(expert).run(task % panels, rows, gathered, first * width, gates, ups, first * inner, machine.scratch(worker));
    }

    private void narrow(int task, int worker) {
      int expert = busy[task / outputs], first = starts[expert], rows = starts[expert + 1] - first;
      block.experts.get(expert).down().multiply(kernels, task % outputs, rows, gates, first * inner, inner, results, first * width, width,
          Store.SET, machine.scratch(worker));
    }

    /** The row's experts' results, weighted, go into the place of the first of them, then to the target. */
    private void combine(int row, int worker) {
      Rows rows = kernels.rows();
      int first = places[row * chosen] * width;
      for (int i = 0; i < width; i++) results[first + i] *= weights[row * chosen];
      for (int i = 1; i < chosen; i++) rows.add(results, first, weights[row * chosen + i], results, places[row * chosen + i] * width,
          width);
      boolean added = store == Store.ADD || block.shared.isPresent();
      if (added) rows.add(target, row * width, 1f, results, first, width);
      else System.arraycopy(results, first, target, row * width, width);
    }
  }
}
