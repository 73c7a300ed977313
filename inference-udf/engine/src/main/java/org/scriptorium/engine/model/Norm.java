package org.scriptorium.engine.model;

/**
 * A root-mean-square norm (Zhang and Sennrich 2019, arXiv:1910.07467).
 *
 * @param weight [width]
 */
public record Norm(float[] weight, float epsilon) {

  int width() {
    return weight.length;
  }

  /** Norms row {@code row} of {@code source} into row {@code to} of {@code target}, both [rows, width]. */
  void apply(Machine machine, float[] source, int row, float[] target, int to) {
    machine.kernels().rows().rmsNorm(source, row * width(), width(), weight, epsilon, target, to * width());
  }
}
