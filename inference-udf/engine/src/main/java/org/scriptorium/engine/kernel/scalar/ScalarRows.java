package org.scriptorium.engine.kernel.scalar;

import java.util.function.DoubleUnaryOperator;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows;

/** Element-wise and row-wise loops of a Transformer, in plain Java with double accumulation. */
final class ScalarRows implements Rows {

  @Override
  public void rmsNorm(float[] source, int from, int width, float[] weight, float epsilon, float[] target, int to) {
    double squares = 0;
    for (int i = 0; i < width; i++) squares += (double) source[from + i] * source[from + i];
    double scale = 1 / Math.sqrt(squares / width + epsilon);
    for (int i = 0; i < width; i++) target[to + i] = (float) (source[from + i] * scale * weight[i]);
  }

  @Override
  public void layerNorm(float[] source, int from, int width, float[] weight, float[] bias, float epsilon, float[] target, int to) {
    double sum = 0, squares = 0;
    for (int i = 0; i < width; i++) sum += source[from + i];
    double mean = sum / width;
    for (int i = 0; i < width; i++) squares += (source[from + i] - mean) * (source[from + i] - mean);
    double scale = 1 / Math.sqrt(squares / width + epsilon);
    for (int i = 0; i < width; i++) target[to + i] = (float) ((source[from + i] - mean) * scale * weight[i] + bias[i]);
  }

  @Override
  public void rotate(float[] head, int at, int pairs, float[] cosines, float[] sines, int angle, Pairing pairing) {
    int step = pairing == Pairing.HALVES ? 1 : 2, distance = pairing == Pairing.HALVES ? pairs : 1;
    for (int i = 0; i < pairs; i++) {
      int first = at + i * step, second = first + distance;
      double a = head[first], b = head[second], cosine = cosines[angle + i], sine = sines[angle + i];
      head[first] = (float) (a * cosine - b * sine);
      head[second] = (float) (b * cosine + a * sine);
    }
  }

  @Override
  public void siluMultiply(float[] gate, int gateFrom, float[] up, int upFrom, int count) {
    for (int i = 0; i < count; i++) {
      double value = gate[gateFrom + i];
      gate[gateFrom + i] = (float) (value / (1 + Math.exp(-value)) * up[upFrom + i]);
    }
  }

  @Override
  public float greatest(float[] values, int from, int count) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) greatest = Math.max(greatest, values[from + i]);
    return greatest;
  }

  @Override
  public InPlace activation(Activation activation) {
    DoubleUnaryOperator function = switch (activation) {
      case SILU -> x -> x / (1 + Math.exp(-x));
      case GELU -> x -> 0.5 * x * (1 + erf(x * Math.sqrt(0.5)));
      // 1 + tanh(u) in a form that cancels nothing.
      case GELU_TANH -> x -> x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case QUICK_GELU -> x -> x / (1 + Math.exp(-1.702 * x));
      case RELU -> x -> Math.max(x, 0);
      case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
      case TANH -> Math::tanh;
    };
    return (values, at, count) -> {
      for (int i = at; i < at + count; i++) values[i] = (float) function.applyAsDouble(values[i]);
    };
  }

  /** 2 / sqrt(pi) exp(-x^2) times the sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)), whose terms all have one sign: nothing cancels. */
  private static double erf(double x) {
    if (Math.abs(x) > 6) return Math.signum(x);
    double term = x, sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  @Override
  public void multiply(float[] target, int at, float[] factor, int from, int count) {
    for (int i = 0; i < count; i++) target[at + i] *= factor[from + i];
  }

  @Override
  public void add(float[] target, int at, float scale, float[] source, int from, int count) {
    for (int i = 0; i < count; i++) target[at + i] = (float) (target[at + i] + (double) scale * source[from + i]);
  }

  @Override
  public void softmax(float[] values, int at, int count) {
    double greatest = Double.NEGATIVE_INFINITY, sum = 0;
    for (int i = 0; i < count; i++) greatest = Math.max(greatest, values[at + i]);
    for (int i = 0; i < count; i++) sum += Math.exp(values[at + i] - greatest);
    for (int i = 0; i < count; i++) values[at + i] = (float) (Math.exp(values[at + i] - greatest) / sum);
  }

  @Override
  public int argmax(float[] values, int from, int count) {
    int best = -1;
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      float value = values[from + i];
      if (Float.isNaN(value)) return -1;
      if (value > greatest) {
        greatest = value;
        best = i;
      }
    }
    return Float.isFinite(greatest) ? best : -1;
  }
}
