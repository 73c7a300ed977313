package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Rows;

/** What brings a row, or a head, to a common size. */
public sealed interface Norm {
  int width();

  /** From [width] values of {@code source} to as many of {@code target}, which may be the same ones. */
  void apply(Rows rows, float[] source, int from, float[] target, int to);

  /**
   * By the root of the mean square (Zhang and Sennrich 2019, arXiv:1910.07467).
   *
   * @param weight [width]
   */
  record RootMeanSquare(float[] weight, float epsilon) implements Norm {
    @Override
    public int width() {
      return weight.length;
    }

    @Override
    public void apply(Rows rows, float[] source, int from, float[] target, int to) {
      rows.rmsNorm(source, from, weight.length, weight, epsilon, target, to);
    }
  }

  /**
   * By mean and variance (Ba et al. 2016, arXiv:1607.06450).
   *
   * @param weight [width]; {@code bias} likewise
   */
  record Layer(float[] weight, float[] bias, float epsilon) implements Norm {
    @Override
    public int width() {
      return weight.length;
    }

    @Override
    public void apply(Rows rows, float[] source, int from, float[] target, int to) {
      rows.layerNorm(source, from, weight.length, weight, bias, epsilon, target, to);
    }
  }

  /** Another norm, whose result is multiplied by a factor. */
  record Scaled(Norm norm, float factor) implements Norm {
    @Override
    public int width() {
      return norm.width();
    }

    @Override
    public void apply(Rows rows, float[] source, int from, float[] target, int to) {
      norm.apply(rows, source, from, target, to);
      for (int i = to; i < to + width(); i++) target[i] *= factor;
    }
  }

  /** None: values stay as they are. */
  record None(int width) implements Norm {
    @Override
    public void apply(Rows rows, float[] source, int from, float[] target, int to) {
      if (source != target || from != to) System.arraycopy(source, from, target, to, width);
    }
  }
}
