package org.scriptorium.engine.kernel.vector;

import static org.assertj.core.api.Assertions.assertThat;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.Random32;

class TestExponential {
  private static final float[] SPECIAL = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, Float.MIN_VALUE,
      -Float.MIN_VALUE, Float.MAX_VALUE, -Float.MAX_VALUE, -87f, Math.nextDown(-87f), 88f, Math.nextUp(88f), 0x1p-30f, -0x1p-30f};

  @Test
  void isWithinTwoUnitsOfTheLastPlace() {
    double worst = 0;
    for (float x = -87f; x <= 88f; x += 0x1p-12f) {
      double exact = Math.exp(x);
      double units = Math.abs(Exponential.of(x) - exact) / Math.ulp((float) exact);
      worst = Math.max(worst, units);
      if (units > 2) assertThat(units).as("units in the last place at %s", x).isLessThanOrEqualTo(2);
    }
    assertThat(worst).isBetween(0.5, 2.0);
  }

  @Test
  void neverFallsAsItsArgumentRises() {
    var random = new Random32("rising");
    for (int i = 0; i < 200_000; i++) {
      float x = random.uniform(-90, 90), next = Math.nextUp(x);
      // Neighbours may share a value, and rounding may turn a pair around by a unit; never more.
      assertThat(Exponential.of(next)).as("after %s, %s", x, random).isGreaterThanOrEqualTo(Math.nextDown(Exponential.of(x)));
    }
  }

  @Test
  void specialValues() {
    assertThat(Exponential.of(Float.NaN)).isNaN();
    assertThat(Exponential.of(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Exponential.of(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
    assertThat(Exponential.of(0f)).isEqualTo(1f);
    assertThat(Exponential.of(-0f)).isEqualTo(1f);
    assertThat(Exponential.of(-87f)).isPositive();
    assertThat(Exponential.of(Math.nextDown(-87f))).isEqualTo(0f);
    assertThat(Exponential.of(88f)).isFinite();
    assertThat(Exponential.of(Math.nextUp(88f))).isEqualTo(Float.POSITIVE_INFINITY);
  }

  @Test
  void vectorsHaveTheBitsOfScalars() {
    var random = new Random32("lanes");
    int lanes = Lanes.COUNT;
    float[] arguments = new float[lanes], found = new float[lanes];
    for (int trial = 0; trial < 100_000; trial++) {
      float size = trial % 3 == 0 ? 100f : trial % 3 == 1 ? 5f : 0.01f;
      for (int i = 0; i < lanes; i++) arguments[i] = random.below(16) == 0 ? SPECIAL[random.below(SPECIAL.length)] : random.uniform(-size, size);
      Exponential.of(FloatVector.fromArray(Lanes.FLOATS, arguments, 0)).intoArray(found, 0);
      for (int i = 0; i < lanes; i++) {
        float expected = Exponential.of(arguments[i]);
        if (Float.floatToIntBits(found[i]) != Float.floatToIntBits(expected)) {
          assertThat(found[i]).as("exp(%s), %s", arguments[i], random).isEqualTo(expected);
        }
      }
    }
  }
}
