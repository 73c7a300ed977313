package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.WIDE;

import jdk.incubator.vector.FloatVector;

/** Rows that need a sum over themselves first: 16 lanes, lane = index mod 16, then pairwise, as {@link VectorRows} sums. */
final class RowSums {
  private RowSums() {}

  static void layerNorm(float[] source, int from, int width, float[] weight, float[] bias, float epsilon, float[] target, int to) {
    float mean = sum(source, from, width) / width;
    float scale = (float) (1 / Math.sqrt(sumOfSquares(source, from, width, mean) / width + epsilon));
    int whole = FLOATS.loopBound(width);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector normed = FloatVector.fromArray(FLOATS, source, from + i).sub(mean).mul(scale);
      normed.fma(FloatVector.fromArray(FLOATS, weight, i), FloatVector.fromArray(FLOATS, bias, i)).intoArray(target, to + i);
    }
    for (int i = whole; i < width; i++) target[to + i] = Math.fma((source[from + i] - mean) * scale, weight[i], bias[i]);
  }

  private static float sum(float[] values, int from, int count) {
    FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i <= count - 16; i += 16) {
      low = low.add(FloatVector.fromArray(FLOATS, values, from + i));
      if (!WIDE) high = high.add(FloatVector.fromArray(FLOATS, values, from + i + COUNT));
    }
    if (i < count) {
      low = low.add(VectorRows.masked(values, from + i, count - i));
      if (!WIDE && count - i > COUNT) high = high.add(VectorRows.masked(values, from + i + COUNT, count - i - COUNT));
    }
    return VectorRows.sum(low, high);
  }

  private static float sumOfSquares(float[] values, int from, int count, float mean) {
    FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
    int i = 0;
    for (; i <= count - 16; i += 16) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, from + i).sub(mean);
      low = x.fma(x, low);
      if (WIDE) continue;
      FloatVector y = FloatVector.fromArray(FLOATS, values, from + i + COUNT).sub(mean);
      high = y.fma(y, high);
    }
    if (i < count) {
      FloatVector x = difference(values, from + i, count - i, mean);
      low = x.fma(x, low);
      if (!WIDE && count - i > COUNT) {
        FloatVector y = difference(values, from + i + COUNT, count - i - COUNT, mean);
        high = y.fma(y, high);
      }
    }
    return VectorRows.sum(low, high);
  }

  /** The first {@code count} values less the mean, zero after them. */
  private static FloatVector difference(float[] values, int from, int count, float mean) {
    return VectorRows.masked(values, from, count).sub(mean).blend(0f, FLOATS.indexInRange(0, count).not());
  }

  static void softmax(float[] values, int at, int count) {
    float greatest = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) greatest = Math.max(greatest, values[at + i]);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) Exponential.of(FloatVector.fromArray(FLOATS, values, at + i).sub(greatest))
        .intoArray(values, at + i);
    for (int i = whole; i < count; i++) values[at + i] = Exponential.of(values[at + i] - greatest);
    float sum = sum(values, at, count);
    for (int i = 0; i < whole; i += COUNT) FloatVector.fromArray(FLOATS, values, at + i).div(sum).intoArray(values, at + i);
    for (int i = whole; i < count; i++) values[at + i] /= sum;
  }
}
