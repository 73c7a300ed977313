package org.scriptorium.engine;

import java.util.Arrays;
import java.util.stream.IntStream;

/** From a head's values to probabilities, in float64. */
final class Probabilities {
  private Probabilities() {}

  static double[] unchanged(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  static double[] sigmoid(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> 1 / (1 + StrictMath.exp(-values[i]))).toArray();
  }

  static double[] softmax(float[] values) {
    double[] result = unchanged(values);
    double greatest = Arrays.stream(result).max().orElse(0), sum = 0;
    for (int i = 0; i < result.length; i++) sum += result[i] = StrictMath.exp(result[i] - greatest);
    for (int i = 0; i < result.length; i++) result[i] /= sum;
    return result;
  }
}
