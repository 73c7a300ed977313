package org.scriptorium.engine.kernel;

/**
 * Element-wise and row-wise loops of a Transformer.
 *
 * <p>Sums run over 16 lanes, lane = index mod 16, then pairwise over the lanes (distance 8, 4, 2, 1), whatever the vector's
 * width. Exponentials are our own polynomial (the scalar provider: {@link Math#exp}).
 */
public interface Rows {

  /**
   * target = source / rms(source) * weight, for one row (Zhang and Sennrich 2019, arXiv:1910.07467).
   *
   * @param source [width] float32 at {@code from}, borrowed; may be {@code target} at the same place
   * @param weight [width]
   * @throws IndexOutOfBoundsException if a row does not lie in its array
   */
  void rmsNorm(float[] source, int from, int width, float[] weight, float epsilon, float[] target, int to);

  /**
   * target = (source - mean(source)) / sqrt(variance(source) + epsilon) * weight + bias, for one row (Ba et al. 2016, arXiv:1607.06450).
   * The mean and then the squares of the differences from it are summed, in the order of all sums.
   *
   * @param source [width] float32 at {@code from}, borrowed; may be {@code target} at the same place
   * @param weight [width]; {@code bias} likewise
   * @throws IndexOutOfBoundsException if a row does not lie in its array
   */
  void layerNorm(float[] source, int from, int width, float[] weight, float[] bias, float epsilon, float[] target, int to);

  /**
   * Rotates one head in place (Su et al. 2021, arXiv:2104.09864): pair i becomes (a cos - b sin, b cos + a sin).
   *
   * @param head [width] float32 at {@code at}; pairs of the first {@code 2 * pairs} values are rotated
   * @param cosines [pairs] at {@code angle}; {@code sines} likewise
   * @param pairing which two values form pair i
   */
  void rotate(float[] head, int at, int pairs, float[] cosines, float[] sines, int angle, Pairing pairing);

  /** gate = silu(gate) * up, where silu(x) = x / (1 + exp(-x)), for {@code count} values. */
  void siluMultiply(float[] gate, int gateFrom, float[] up, int upFrom, int count);

  /** The loop of an activation; to be looked up once. */
  InPlace activation(Activation activation);

  /** target = target * factor, value by value, for {@code count} values. */
  void multiply(float[] target, int at, float[] factor, int from, int count);

  /** target = target + scale * source in one rounding, for {@code count} values; plain addition where the scale is 1. */
  void add(float[] target, int at, float scale, float[] source, int from, int count);

  /** values = exp(values - greatest) / sum, for {@code count} values; NaN throughout if one of them is NaN or positive infinity. */
  void softmax(float[] values, int at, int count);

  /** Index of the greatest value, the first of equals; -1 if a value is NaN or the greatest is not finite. */
  int argmax(float[] values, int from, int count);

  /** The greatest of {@code count} values, at least 1; NaN if one is NaN. */
  float greatest(float[] values, int from, int count);

  /** A function of each of {@code count} values in their place. */
  @FunctionalInterface
  interface InPlace {
    void apply(float[] values, int at, int count);
  }

  /** Which two values form a rotary pair. */
  enum Pairing {
    /** (i, i + pairs): Hugging Face's. */
    HALVES,
    /** (2 i, 2 i + 1): the original's, and GGUF files' of Llama. */
    NEIGHBOURS
  }
}
