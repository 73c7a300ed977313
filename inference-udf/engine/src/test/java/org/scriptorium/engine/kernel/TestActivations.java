package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.scriptorium.engine.kernel.TestedKernels.LEAST;
import static org.scriptorium.engine.kernel.TestedKernels.ORACLE;
import static org.scriptorium.engine.kernel.TestedKernels.ROUNDING;
import static org.scriptorium.engine.kernel.TestedKernels.assertClose;
import static org.scriptorium.engine.kernel.TestedKernels.assertSameBits;

import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.Random32;

/**
 * Activations, layer norms, softmax, and the loops of experts and biases: every provider against the oracle, every width against another.
 */
class TestActivations {
  private static final int[] COUNTS = {0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 64, 65, 1000};

  @ParameterizedTest
  @EnumSource
  void matchTheOracle(Activation activation) {
    for (int count : COUNTS) {
      for (float size : new float[] {0.01f, 1f, 5f, 60f}) {
        var random = new Random32(activation, count, size);
        float[] values = random.normal(count + 5);
        for (int i = 2; i < 2 + count; i++) values[i] *= size;
        float[] expected = values.clone();
        ORACLE.rows().activation(activation).apply(expected, 2, count);
        for (Kernels kernels : TestedKernels.vectors()) {
          float[] found = values.clone();
          kernels.rows().activation(activation).apply(found, 2, count);
          for (int i = 0; i < found.length; i++) {
            boolean inside = i >= 2 && i < 2 + count;
            assertClose(found[i], expected[i], inside ? bound(activation, values[i], expected[i]) : 0, "%s, %s(%s), at %d of %d, %s",
                kernels.name(), activation, values[i], i, count, random);
          }
        }
      }
    }
  }

  /** How far a value may lie from the oracle's. */
  private static double bound(Activation activation, float x, float expected) {
    // Beyond 88 an exponential is taken for infinite: what is left out is less than 88 exp(-88).
    double left = 88 * Math.exp(-88) + LEAST;
    return switch (activation) {
      // The exponential is within two units of the last place (four roundings); its argument, sum, quotient and the oracle's result round
      // too.
      case SILU, SIGMOID -> 8 * ROUNDING * Math.abs(expected) + left;
      // An argument that is rounded once or four times moves the exponential by its size; where that is large, the result is small.
      case QUICK_GELU -> (8 + Math.abs(1.702 * x)) * ROUNDING * Math.abs(expected) + left;
      case GELU_TANH -> (8 + 4 * Math.abs(1.6 * x + 0.0714 * x * x * x)) * ROUNDING * Math.abs(expected) + left;
      // The distribution's function is a number up to 1: seven steps of a polynomial, each rounding what is less than half of it, and three
      // more.
      case GELU -> 4 * ROUNDING * Math.abs(x) + left;
      case RELU -> 0;
      // What is taken from 1 is at most 2 and rounds as a sigmoid does.
      case TANH -> 12 * ROUNDING;
    };
  }

  @ParameterizedTest
  @EnumSource
  void ofNanInfinityAndZeroAreTheOracles(Activation activation) {
    float[] values = new float[40];
    float[] specials = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, Float.MAX_VALUE, -Float.MAX_VALUE};
    for (int i = 0; i < values.length; i++) values[i] = specials[i % specials.length];
    float[] expected = values.clone();
    ORACLE.rows().activation(activation).apply(expected, 0, 40);
    for (Kernels kernels : TestedKernels.vectors()) {
      float[] found = values.clone();
      kernels.rows().activation(activation).apply(found, 0, 40);
      for (int i = 0; i < 40; i++) assertClose(found[i], expected[i], 0, "%s, %s(%s) at %d", kernels.name(), activation, values[i], i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 63, 64, 65, 576, 1000, 4097})
  void layerNormMatchesTheOracle(int width) {
    var random = new Random32("layer norm", width);
    float[] source = random.normal(width + 3), weight = random.normal(width), bias = random.normal(width);
    for (int i = 0; i < source.length; i++) source[i] += 0.5f;
    float[] expected = new float[width + 1];
    ORACLE.rows().layerNorm(source, 3, width, weight, bias, 1e-5f, expected, 1);
    double spread = 0;
    for (int i = 0; i < width; i++) spread = Math.max(spread, Math.abs(source[3 + i]));
    for (Kernels kernels : TestedKernels.vectors()) {
      float[] found = new float[width + 1];
      kernels.rows().layerNorm(source, 3, width, weight, bias, 1e-5f, found, 1);
      for (int i = 0; i < width; i++) {
        // The mean's lanes round once in 16 values, then four times, and move every difference; of the scale's roundings see rmsNorm.
        double steps = width / 16 + 6, scale = Math.abs(expected[1 + i] - bias[i]) * (steps / 2 + 5),
            mean = steps * spread * scaleOf(source, width)
            * Math.abs(weight[i]);
        assertClose(found[1 + i], expected[1 + i], (scale + mean + 2 * Math.abs(bias[i]) + 2 * Math.abs(expected[1 + i])) * ROUNDING,
            "%s, width %d, at %d, %s", kernels.name(), width, i, random);
      }
      float[] inPlace = source.clone();
      kernels.rows().layerNorm(inPlace, 3, width, weight, bias, 1e-5f, inPlace, 3);
      assertSameBits(Arrays.copyOfRange(inPlace, 3, 3 + width), Arrays.copyOfRange(found, 1, 1 + width), "%s, in place, width %d, %s",
          kernels.name(), width, random);
    }
  }

  private static double scaleOf(float[] source, int width) {
    double sum = 0, squares = 0;
    for (int i = 0; i < width; i++) sum += source[3 + i];
    for (int i = 0; i < width; i++) squares += Math.pow(source[3 + i] - sum / width, 2);
    return 1 / Math.sqrt(squares / width + 1e-5);
  }

  @Test
  void layerNormOfNanIsNan() {
    for (Kernels kernels : TestedKernels.all()) {
      for (int at = 0; at < 21; at++) {
        float[] source = new Random32(at).normal(21), ones = new float[21], target = new float[21];
        Arrays.fill(ones, 1f);
        source[at] = at % 2 == 0 ? Float.NaN : Float.POSITIVE_INFINITY;
        kernels.rows().layerNorm(source, 0, 21, ones, ones, 1e-5f, target, 0);
        for (float value : target) Assertions.assertThat(value).as(kernels.name()).isNaN();
      }
    }
  }

  @Test
  void softmaxMatchesTheOracle() {
    for (int count : COUNTS) {
      var random = new Random32("softmax", count);
      float[] values = random.normal(count + 3);
      for (int i = 0; i < values.length; i++) values[i] *= 4;
      float[] expected = values.clone();
      ORACLE.rows().softmax(expected, 1, count);
      for (Kernels kernels : TestedKernels.vectors()) {
        float[] found = values.clone();
        kernels.rows().softmax(found, 1, count);
        for (int i = 0; i < found.length; i++) {
          boolean inside = i >= 1 && i <= count;
          // Differences up to 40 round once, which moves their exponentials by as much; exponentials are within four roundings, as is their
          // sum.
          double bound = inside ? (40 + 8 + count / 16 + 4) * ROUNDING * expected[i] + LEAST : 0;
          assertClose(found[i], expected[i], bound, "%s, at %d of %d, %s", kernels.name(), i, count, random);
        }
      }
    }
  }

  @Test
  void sumsAndProductsAreTheOracles() {
    for (int count : COUNTS) {
      var random = new Random32("sums", count);
      float[] target = random.normal(count + 3), source = random.normal(count + 2);
      float[] added = target.clone(), scaled = target.clone(), product = target.clone();
      for (int i = 0; i < count; i++) {
        added[1 + i] += source[2 + i];
        scaled[1 + i] = Math.fma(0.37f, source[2 + i], scaled[1 + i]);
        product[1 + i] *= source[2 + i];
      }
      for (Kernels kernels : TestedKernels.vectors()) {
        float[] found = target.clone();
        kernels.rows().add(found, 1, 1f, source, 2, count);
        assertSameBits(found, added, "%s, sum of %d, %s", kernels.name(), count, random);
        found = target.clone();
        kernels.rows().add(found, 1, 0.37f, source, 2, count);
        assertSameBits(found, scaled, "%s, scaled sum of %d, %s", kernels.name(), count, random);
        found = target.clone();
        kernels.rows().multiply(found, 1, source, 2, count);
        assertSameBits(found, product, "%s, product of %d, %s", kernels.name(), count, random);
      }
    }
  }

  @Test
  void widthsAgree() {
    List<Kernels> widths = TestedKernels.bothWidths();
    for (int width = 1; width <= 150; width++) {
      var random = new Random32("widths", width);
      float[] source = random.normal(width), weight = random.normal(width), bias = random.normal(width);
      for (int i = 0; i < width; i++) source[i] *= i % 3 == 0 ? 12 : 1;
      for (Activation activation : Activation.values()) {
        float[] first = source.clone(), second = source.clone();
        widths.get(0).rows().activation(activation).apply(first, 0, width);
        widths.get(1).rows().activation(activation).apply(second, 0, width);
        assertSameBits(first, second, "%s, width %d, %s", activation, width, random);
      }
      float[][] results = new float[2][];
      for (int i = 0; i < 2; i++) {
        Rows rows = widths.get(i).rows();
        results[i] = new float[width];
        rows.layerNorm(source, 0, width, weight, bias, 1e-5f, results[i], 0);
        rows.add(results[i], 0, 0.3f, source, 0, width);
        rows.softmax(results[i], 0, width);
      }
      assertSameBits(results[0], results[1], "width %d, %s", width, random);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 15, 16, 17, 100})
  void rowsThatDoNotLieInTheirArrayAreRefused(int width) {
    float[] whole = new float[2 * width], less = new float[2 * width - 1], few = new float[width - 1];
    for (Kernels kernels : TestedKernels.all()) {
      Rows rows = kernels.rows();
      refused(kernels, () -> rows.layerNorm(less, width, width, whole, whole, 1e-6f, whole, 0));
      refused(kernels, () -> rows.layerNorm(whole, 0, width, few, whole, 1e-6f, whole, 0));
      refused(kernels, () -> rows.layerNorm(whole, 0, width, whole, few, 1e-6f, whole, 0));
      refused(kernels, () -> rows.layerNorm(whole, 0, width, whole, whole, 1e-6f, less, width));
      refused(kernels, () -> rows.add(less, width, 1f, whole, 0, width));
      refused(kernels, () -> rows.add(whole, 0, 1f, less, width, width));
      refused(kernels, () -> rows.multiply(less, width, whole, 0, width));
      refused(kernels, () -> rows.multiply(whole, 0, less, width, width));
      refused(kernels, () -> rows.softmax(less, width, width));
      for (Activation activation : Activation.values()) refused(kernels, () -> rows.activation(activation).apply(less, width, width));
    }
  }

  private static void refused(Kernels kernels, Runnable call) {
    assertThatThrownBy(call::run).as(kernels.name()).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
