package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;
import static org.scriptorium.engine.kernel.vector.Lanes.WIDE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.kernel.Rows;

/** Row-wise loops over vectors. Tails run through masked vectors or the same operations on scalars: the bits are those of whole vectors. */
final class VectorRows implements Rows, Providers.Widths {
  /** Brings the upper half of a vector's lanes down. */
  private static final VectorShuffle<Float> FOLD = FLOATS.iotaShuffle(COUNT / 2, 1, true);

  @Override
  public int preferredBits() {
    return Lanes.PREFERRED_BITS;
  }

  @Override
  public void rmsNorm(float[] source, int from, int width, float[] weight, float epsilon, float[] target, int to) {
    float scale = (float) (1 / Math.sqrt(sumOfSquares(source, from, width) / width + epsilon));
    int whole = FLOATS.loopBound(width);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromArray(FLOATS, source, from + i).mul(scale).mul(FloatVector.fromArray(FLOATS, weight, i)).intoArray(target, to + i);
    }
    for (int i = whole; i < width; i++) target[to + i] = source[from + i] * scale * weight[i];
  }

  private static float sumOfSquares(float[] source, int from, int width) {
    FloatVector low = FloatVector.zero(FLOATS), high = FloatVector.zero(FLOATS);
    int i = 0;
    if (WIDE) {
      for (; i <= width - 16; i += 16) {
        FloatVector x = FloatVector.fromArray(FLOATS, source, from + i);
        low = x.fma(x, low);
      }
    } else {
      for (; i <= width - 16; i += 16) {
        FloatVector x = FloatVector.fromArray(FLOATS, source, from + i), y = FloatVector.fromArray(FLOATS, source, from + i + 8);
        low = x.fma(x, low);
        high = y.fma(y, high);
      }
    }
    if (i < width) {
      FloatVector x = masked(source, from + i, width - i);
      low = x.fma(x, low);
      if (!WIDE && width - i > 8) {
        FloatVector y = masked(source, from + i + 8, width - i - 8);
        high = y.fma(y, high);
      }
    }
    return sum(low, high);
  }

  @Override
  public void layerNorm(float[] source, int from, int width, float[] weight, float[] bias, float epsilon, float[] target, int to) {
    RowSums.layerNorm(source, from, width, weight, bias, epsilon, target, to);
  }

  /** The first {@code count} values, zero after them. */
  static FloatVector masked(float[] source, int from, int count) {
    VectorMask<Float> mask = FLOATS.indexInRange(0, count);
    return FloatVector.fromArray(FLOATS, source, from, mask);
  }

  /** Pairwise sum over 16 lanes: those of one wide vector, or of two narrow ones. */
  static float sum(FloatVector low, FloatVector high) {
    if (!WIDE) return sumOfEight(low.add(high));
    FloatVector folded = low.add(low.rearrange(FOLD));
    return ((folded.lane(0) + folded.lane(4)) + (folded.lane(2) + folded.lane(6)))
        + ((folded.lane(1) + folded.lane(5)) + (folded.lane(3) + folded.lane(7)));
  }

  private static float sumOfEight(FloatVector folded) {
    return ((folded.lane(0) + folded.lane(4)) + (folded.lane(2) + folded.lane(6)))
        + ((folded.lane(1) + folded.lane(5)) + (folded.lane(3) + folded.lane(7)));
  }

  /** Adds {@code count} others to values. */
  static void plus(float[] values, int at, float[] others, int from, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromArray(FLOATS, values, at + i).add(FloatVector.fromArray(FLOATS, others, from + i)).intoArray(values, at + i);
    }
    for (int i = whole; i < count; i++) values[at + i] += others[from + i];
  }

  /** Multiplies {@code width} values by a factor. */
  static void scale(float[] values, int from, int width, float factor) {
    int whole = FLOATS.loopBound(width);
    for (int i = 0; i < whole; i += COUNT) FloatVector.fromArray(FLOATS, values, from + i).mul(factor).intoArray(values, from + i);
    for (int i = whole; i < width; i++) values[from + i] *= factor;
  }

  @Override
  public void rotate(float[] head, int at, int pairs, float[] cosines, float[] sines, int angle, Pairing pairing) {
    switch (pairing) {
      case HALVES -> rotateHalves(head, at, pairs, cosines, sines, angle);
      case NEIGHBOURS -> rotateNeighbours(head, at, pairs, cosines, sines, angle);
    }
  }

  private static void rotateHalves(float[] head, int at, int pairs, float[] cosines, float[] sines, int angle) {
    int whole = FLOATS.loopBound(pairs);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector a = FloatVector.fromArray(FLOATS, head, at + i), b = FloatVector.fromArray(FLOATS, head, at + pairs + i);
      FloatVector cosine = FloatVector.fromArray(FLOATS, cosines, angle + i), sine = FloatVector.fromArray(FLOATS, sines, angle + i);
      a.mul(cosine).sub(b.mul(sine)).intoArray(head, at + i);
      b.mul(cosine).add(a.mul(sine)).intoArray(head, at + pairs + i);
    }
    for (int i = whole; i < pairs; i++) rotatePair(head, at + i, at + pairs + i, cosines[angle + i], sines[angle + i]);
  }

  private static void rotateNeighbours(float[] head, int at, int pairs, float[] cosines, float[] sines, int angle) {
    for (int i = 0; i < pairs; i++) rotatePair(head, at + 2 * i, at + 2 * i + 1, cosines[angle + i], sines[angle + i]);
  }

  private static void rotatePair(float[] head, int first, int second, float cosine, float sine) {
    float a = head[first], b = head[second];
    head[first] = a * cosine - b * sine;
    head[second] = b * cosine + a * sine;
  }

  @Override
  public void siluMultiply(float[] gate, int gateFrom, float[] up, int upFrom, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector value = FloatVector.fromArray(FLOATS, gate, gateFrom + i);
      FloatVector sigmoid = Exponential.of(value.neg()).add(1f);
      value.div(sigmoid).mul(FloatVector.fromArray(FLOATS, up, upFrom + i)).intoArray(gate, gateFrom + i);
    }
    for (int i = whole; i < count; i++) {
      float value = gate[gateFrom + i];
      gate[gateFrom + i] = value / (Exponential.of(-value) + 1f) * up[upFrom + i];
    }
  }

  @Override
  public float greatest(float[] values, int from, int count) {
    FloatVector greatest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) greatest = greatest.max(FloatVector.fromArray(FLOATS, values, from + i));
    float best = greatest.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < count; i++) best = Math.max(best, values[from + i]);
    return best;
  }

  @Override
  public InPlace activation(Activation activation) {
    return Activations.of(activation);
  }

  @Override
  public void multiply(float[] target, int at, float[] factor, int from, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromArray(FLOATS, target, at + i).mul(FloatVector.fromArray(FLOATS, factor, from + i)).intoArray(target, at + i);
    }
    for (int i = whole; i < count; i++) target[at + i] *= factor[from + i];
  }

  @Override
  public void add(float[] target, int at, float scale, float[] source, int from, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector.fromArray(FLOATS, source, from + i).fma(FloatVector.broadcast(FLOATS, scale),
          FloatVector.fromArray(FLOATS, target, at + i))
          .intoArray(target, at + i);
    }
    for (int i = whole; i < count; i++) target[at + i] = Math.fma(source[from + i], scale, target[at + i]);
  }

  @Override
  public void softmax(float[] values, int at, int count) {
    RowSums.softmax(values, at, count);
  }

  @Override
  public int argmax(float[] values, int from, int count) {
    FloatVector greatest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    VectorMask<Float> broken = FLOATS.maskAll(false);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector value = FloatVector.fromArray(FLOATS, values, from + i);
      greatest = greatest.max(value);
      broken = broken.or(value.test(VectorOperators.IS_NAN));
    }
    if (broken.anyTrue()) return -1;
    float best = greatest.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < count; i++) {
      if (Float.isNaN(values[from + i])) return -1;
      best = Math.max(best, values[from + i]);
    }
    if (!Float.isFinite(best)) return -1;
    for (int i = 0; i < count; i++) if (values[from + i] == best) return i;
    return -1;
  }
}
