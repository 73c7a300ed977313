package org.scriptorium.engine.model;

import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Rows;
import org.scriptorium.engine.kernel.Work;

/**
 * Log-probabilities of a vocabulary in clusters (Grave et al. 2017, arXiv:1609.04309): a softmax over the first cluster's tokens and one
 * entry for each further cluster, and within each of those a softmax over its tokens.
 *
 * @param clusters in the order of the vocabulary
 * @param entries from the first cluster's projected state to the scores of the further clusters; empty where there is but one
 */
public record AdaptiveSoftmax(List<Cluster> clusters, Optional<Linear> entries) implements TokenHead {
  public AdaptiveSoftmax {
    clusters = List.copyOf(clusters);
    int found = entries.map(Linear::outputs).orElse(0);
    if (found != clusters.size() - 1) throw new IllegalArgumentException("an entry for each cluster but the first");
  }

  /**
   * Neighbouring tokens.
   *
   * @param from first token
   * @param projection of a state to the width that the scores are made of; empty where that is the model's
   */
  public record Cluster(int from, Optional<Linear> projection, Linear scores) {}

  @Override
  public int outputs() {
    return clusters.getLast().from() + clusters.getLast().scores().outputs();
  }

  @Override
  public Bound bind(Machine machine, Workspace workspace) {
    return new Execution(this, machine, workspace);
  }

  /** Memory and phases of one scheduler's steps. */
  private static final class Execution implements Bound {
    private final AdaptiveSoftmax head;
    private final Machine machine;
    private final Workspace workspace;
    /** For each cluster [outputs, its width] the projected states; the states themselves where a cluster has no projection. */
    private final float[][] projected;
    /** [outputs, further clusters] */
    private final float[] entries;
    private float[] logits = new float[0];

    Execution(AdaptiveSoftmax head, Machine machine, Workspace workspace) {
      this.head = head;
      this.machine = machine;
      this.workspace = workspace;
      int most = workspace.step.maxOutputs();
      projected = new float[head.clusters.size()][];
      for (int i = 0; i < projected.length; i++) {
        projected[i] = head.clusters.get(i).projection().map(map -> new float[most * map.outputs()]).orElse(workspace.outputs);
      }
      entries = new float[most * (projected.length - 1)];
    }

    @Override
    public void run() {
      int outputs = workspace.step.outputs(), vocabulary = head.outputs();
      if (logits.length < outputs * vocabulary) {
        logits = new float[Math.min(workspace.step.maxOutputs(), Math.max(outputs, 2 * logits.length / vocabulary)) * vocabulary];
      }
      for (int i = 0; i < projected.length; i++) {
        Cluster cluster = head.clusters.get(i);
        float[] states = projected[i];
        cluster.projection().ifPresent(map -> multiply(map, workspace.outputs, states, 0, map.outputs()));
        multiply(cluster.scores(), states, logits, cluster.from(), vocabulary);
      }
      head.entries.ifPresent(map -> multiply(map, projected[0], entries, 0, map.outputs()));
      machine.run(this::normalize, outputs);
    }

    private void multiply(Linear map, float[] source, float[] target, int targetFrom, int targetStride) {
      Kernels kernels = machine.kernels();
      Work panel = (index, worker) -> map.multiply(kernels, index, workspace.step.outputs(), source, 0, map.inputs(), target, targetFrom,
          targetStride, Store.SET, machine.scratch(worker));
      machine.run(panel, map.panels(kernels.matmul()));
    }

    /** Turns the scores of an output into log-probabilities. */
    private void normalize(int output, int worker) {
      Rows rows = machine.kernels().rows();
      int further = projected.length - 1, first = head.clusters.getFirst().scores().outputs(), at = output * head.outputs();
      float[] common = machine.scratch(worker).rows(first + further);
      System.arraycopy(logits, at, common, 0, first);
      System.arraycopy(entries, output * further, common, first, further);
      float total = logarithmOfSum(rows, common, first + further);
      for (int i = 0; i < first; i++) logits[at + i] -= total;
      for (int cluster = 1; cluster <= further; cluster++) {
        int from = at + head.clusters.get(cluster).from(), count = head.clusters.get(cluster).scores().outputs();
        float[] copy = machine.scratch(worker).rows(count);
        System.arraycopy(logits, from, copy, 0, count);
        float own = entries[output * further + cluster - 1] - total, inner = logarithmOfSum(rows, copy, count);
        for (int i = from; i < from + count; i++) logits[i] = own + (logits[i] - inner);
      }
    }

    /**
     * Logarithm of the sum of exponentials; overwrites the values. The greatest probability is one divided by the sum of exponentials of
     * differences from the greatest value, so that sum has the order that all sums have.
     */
    private static float logarithmOfSum(Rows rows, float[] values, int count) {
      float greatest = rows.greatest(values, 0, count);
      rows.softmax(values, 0, count);
      return (float) (greatest - StrictMath.log(rows.greatest(values, 0, count)));
    }

    @Override
    public float[] logits() {
      return logits;
    }

    @Override
    public int argmax(int output) {
      return machine.kernels().rows().argmax(logits, output * head.outputs(), head.outputs());
    }
  }
}
