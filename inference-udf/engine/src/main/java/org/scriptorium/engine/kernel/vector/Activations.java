package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows.InPlace;

/**
 * Activations over vectors; tails run through the same operations on scalars. Each has a loop of its own, so that the compiler sees one
 * function in it.
 */
final class Activations {
  private static final float ROOT_HALF = 0.707106781f;
  /** erf(u) / u as a polynomial of u^2 over [0, 1], by Chebyshev interpolation; error below 2e-9. */
  private static final float[] INNER = {1.12837911f, -0.37612626f, 0.112835974f, -0.0268543288f, 0.00518931216f, -0.000801885501f,
      7.88249745e-05f};
  /** erfc(u) exp(u^2) as a polynomial of 1 / (1 + u / 2) for u over [1, 9.6]; relative error below 2e-9. */
  private static final float[] OUTER = {3.98001703e-06f, 0.281974792f, 0.28368181f, 0.234723791f, 0.23519893f, -0.105936699f, 0.400042981f,
      -0.601531565f, 0.343953103f, -0.0720960498f};
  /** -2 sqrt(2 / pi), and times 0.044715. */
  private static final float TANH_LINEAR = -1.59576912f, TANH_CUBIC = -0.0713548163f;
  private static final float QUICK = -1.702f;

  private Activations() {}

  static InPlace of(Activation activation) {
    return switch (activation) {
      case SILU -> Activations::silu;
      case GELU -> Activations::gelu;
      case GELU_TANH -> Activations::geluTanh;
      case QUICK_GELU -> Activations::quickGelu;
      case RELU -> Activations::relu;
      case SIGMOID -> Activations::sigmoid;
      case TANH -> Activations::tanh;
    };
  }

  private static void silu(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      x.div(Exponential.of(x.neg()).add(1f)).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = values[i] / (Exponential.of(-values[i]) + 1f);
  }

  private static void gelu(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      x.mul(normal(x)).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = values[i] * normal(values[i]);
  }

  private static void geluTanh(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      x.div(Exponential.of(x.mul(x).fma(FloatVector.broadcast(FLOATS, TANH_CUBIC), FloatVector.broadcast(FLOATS, TANH_LINEAR)).mul(x))
          .add(1f)).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = geluTanh(values[i]);
  }

  private static float geluTanh(float x) {
    return x / (Exponential.of(Math.fma(x * x, TANH_CUBIC, TANH_LINEAR) * x) + 1f);
  }

  private static void quickGelu(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      x.div(Exponential.of(x.mul(QUICK)).add(1f)).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = values[i] / (Exponential.of(values[i] * QUICK) + 1f);
  }

  private static void relu(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      x.max(0f).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = Math.max(values[i], 0f);
  }

  private static void sigmoid(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      FloatVector.broadcast(FLOATS, 1f).div(Exponential.of(x.neg()).add(1f)).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = 1f / (Exponential.of(-values[i]) + 1f);
  }

  private static void tanh(float[] values, int at, int count) {
    int whole = FLOATS.loopBound(count);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f), two = FloatVector.broadcast(FLOATS, 2f);
    for (int i = at; i < at + whole; i += COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      one.sub(two.div(Exponential.of(x.add(x)).add(1f))).intoArray(values, i);
    }
    for (int i = at + whole; i < at + count; i++) values[i] = 1f - 2f / (Exponential.of(values[i] + values[i]) + 1f);
  }

  /** The normal distribution's function: (1 + erf(x / sqrt 2)) / 2, by erf near zero and by erfc beyond, where nothing cancels. */
  private static FloatVector normal(FloatVector x) {
    FloatVector u = x.mul(ROOT_HALF), size = u.abs(), square = u.mul(u);
    FloatVector inner = FloatVector.broadcast(FLOATS, INNER[6]);
    for (int i = 5; i >= 0; i--) inner = inner.fma(square, FloatVector.broadcast(FLOATS, INNER[i]));
    inner = inner.mul(u).mul(0.5f).add(0.5f);
    FloatVector t = FloatVector.broadcast(FLOATS, 1f).div(size.mul(0.5f).add(1f));
    FloatVector outer = FloatVector.broadcast(FLOATS, OUTER[9]);
    for (int i = 8; i >= 0; i--) outer = outer.fma(t, FloatVector.broadcast(FLOATS, OUTER[i]));
    outer = Exponential.of(square.neg()).mul(outer).mul(0.5f);
    VectorMask<Float> positive = x.compare(VectorOperators.GT, 0f);
    outer = outer.blend(FloatVector.broadcast(FLOATS, 1f).sub(outer), positive);
    return inner.blend(outer, size.compare(VectorOperators.GT, 1f));
  }

  private static float normal(float x) {
    float u = x * ROOT_HALF, size = Math.abs(u), square = u * u;
    if (size > 1f) {
      float t = 1f / (size * 0.5f + 1f), outer = OUTER[9];
      for (int i = 8; i >= 0; i--) outer = Math.fma(outer, t, OUTER[i]);
      outer = Exponential.of(-square) * outer * 0.5f;
      return x > 0f ? 1f - outer : outer;
    }
    float inner = INNER[6];
    for (int i = 5; i >= 0; i--) inner = Math.fma(inner, square, INNER[i]);
    return inner * u * 0.5f + 0.5f;
  }
}
