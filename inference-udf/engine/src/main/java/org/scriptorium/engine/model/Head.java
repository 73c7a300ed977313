package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Kernels;

/**
 * The map to the vocabulary, for the outputs of a step. Whoever wants the best token alone gets it from the panels while they are in the
 * first-level cache: their logits are never written to memory.
 */
final class Head implements TokenHead.Bound {
  private final Linear map;
  private final Machine machine;
  private final Workspace workspace;
  private final int panels;
  /** [workers][outputs] greatest logit that a worker saw, NaN once one was NaN, and its index. */
  private final float[][] greatest;
  private final int[][] indices;
  private float[] logits = new float[0];

  Head(Linear map, Machine machine, Workspace workspace) {
    this.map = map;
    this.machine = machine;
    this.workspace = workspace;
    panels = map.panels(machine.kernels().matmul());
    int outputs = workspace.step.maxOutputs();
    greatest = new float[machine.threads()][outputs];
    indices = new int[machine.threads()][outputs];
  }

  @Override
  public void run() {
    Step step = workspace.step;
    int written = 0;
    for (int output = 0; output < step.outputs(); output++) if (step.wantsLogits(output)) written = output + 1;
    if (logits.length < written * map.outputs()) {
      logits = new float[Math.min(step.maxOutputs(), Math.max(written, 2 * logits.length / map.outputs())) * map.outputs()];
    }
    for (float[] each : greatest) java.util.Arrays.fill(each, 0, step.outputs(), Float.NEGATIVE_INFINITY);
    machine.run(this::score, panels);
  }

  private void score(int panel, int worker) {
    Kernels kernels = machine.kernels();
    Step step = workspace.step;
    int width = kernels.matmul().panel(), first = panel * width, count = Math.min(width, map.outputs() - first);
    float[] scores = machine.scratch(worker).rows(step.outputs() * width);
    map.multiplyPanel(kernels, panel, step.outputs(), workspace.outputs, scores, machine.scratch(worker));
    for (int output = 0; output < step.outputs(); output++) {
      if (step.wantsLogits(output)) System.arraycopy(scores, output * width, logits, output * map.outputs() + first, count);
      else choose(scores, output * width, count, first, output, worker);
    }
  }

  private void choose(float[] scores, int from, int count, int first, int output, int worker) {
    float best = machine.kernels().rows().greatest(scores, from, count);
    if (best <= greatest[worker][output]) return;
    // A NaN compares with nothing: it gets here, and stays.
    if (Float.isNaN(greatest[worker][output])) return;
    greatest[worker][output] = best;
    for (int i = 0; i < count; i++) {
      if (scores[from + i] != best) continue;
      indices[worker][output] = first + i;
      return;
    }
  }

  @Override
  public float[] logits() {
    return logits;
  }

  @Override
  public int argmax(int output) {
    if (workspace.step.wantsLogits(output)) return machine.kernels().rows().argmax(logits, output * map.outputs(), map.outputs());
    float best = Float.NEGATIVE_INFINITY;
    int index = -1;
    for (int worker = 0; worker < greatest.length; worker++) {
      float found = greatest[worker][output];
      if (Float.isNaN(found)) return -1;
      if (found > best || found == best && indices[worker][output] < index) {
        best = found;
        index = indices[worker][output];
      }
    }
    return Float.isFinite(best) ? index : -1;
  }
}
