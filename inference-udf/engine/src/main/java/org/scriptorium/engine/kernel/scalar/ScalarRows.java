package org.scriptorium.engine.kernel.scalar;

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
