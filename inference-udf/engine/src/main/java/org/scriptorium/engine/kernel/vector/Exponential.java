package org.scriptorium.engine.kernel.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * exp in float32: 2^n times a polynomial of degree 6 over [-ln 2 / 2, ln 2 / 2], coefficients 1/k! corrected at the end of the
 * range (error below 2 units in the last place over [-87, 88]). The same operations in the same order as a vector and as a
 * scalar, so that tails give the bits of full vectors.
 *
 * <p>Arguments below -87 give 0, above 88 infinity; NaN stays NaN.
 */
final class Exponential {
  private static final float LOG2_E = 1.44269504f;
  /** Adding and subtracting it rounds to the nearest integer. */
  private static final float ROUND = 12582912f;
  /** ln 2 in two parts, the first exact in products with small integers. */
  private static final float LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;
  private static final float C6 = 1.98756912e-4f, C5 = 1.39819994e-3f, C4 = 8.33345205e-3f, C3 = 4.16657962e-2f, C2 = 1.66666654e-1f,
      C1 = 5.00000001e-1f;
  private static final float LEAST = -87f, GREATEST = 88f;

  private Exponential() {}

  static FloatVector of(FloatVector x) {
    return ofAtMost88(x).blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, GREATEST));
  }

  /**
   * The same for arguments of which none is above 88: those of a softmax. What is out of range is computed as it comes and then replaced, which
   * is cheaper than to bound it first; conversions to integers are avoided since Java's have exceptions that cost more than they do.
   */
  static FloatVector ofAtMost88(FloatVector x) {
    FloatVector shifted = x.fma(FloatVector.broadcast(Lanes.FLOATS, LOG2_E), FloatVector.broadcast(Lanes.FLOATS, ROUND));
    FloatVector n = shifted.sub(ROUND);
    FloatVector r = n.fma(FloatVector.broadcast(Lanes.FLOATS, -LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(Lanes.FLOATS, -LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(Lanes.FLOATS, C6);
    p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, C5));
    p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, C4));
    p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, C3));
    p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, C2));
    p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, C1));
    p = p.fma(r.mul(r), r).add(1f);
    // The last nine bits of the shifted argument are n: with the exponent's bias added they become 2^n.
    FloatVector power = shifted.reinterpretAsInts().add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
    return p.mul(power).blend(0f, x.compare(VectorOperators.LT, LEAST));
  }

  static float of(float x) {
    if (Float.isNaN(x)) return Float.NaN;
    if (x < LEAST) return 0f;
    if (x > GREATEST) return Float.POSITIVE_INFINITY;
    float n = Math.fma(x, LOG2_E, ROUND) - ROUND;
    float r = Math.fma(n, -LN2_HIGH, x);
    r = Math.fma(n, -LN2_LOW, r);
    float p = Math.fma(C6, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C1);
    p = Math.fma(p, r * r, r) + 1f;
    return p * Float.intBitsToFloat((int) n + 127 << 23);
  }
}
