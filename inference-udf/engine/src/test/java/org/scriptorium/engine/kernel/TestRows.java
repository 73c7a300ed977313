package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.scriptorium.engine.kernel.TestedKernels.LEAST;
import static org.scriptorium.engine.kernel.TestedKernels.ORACLE;
import static org.scriptorium.engine.kernel.TestedKernels.ROUNDING;
import static org.scriptorium.engine.kernel.TestedKernels.assertClose;
import static org.scriptorium.engine.kernel.TestedKernels.assertSameBits;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.Random32;
import org.scriptorium.engine.kernel.Rows.Pairing;

class TestRows {
  /** What arrays hold before and after the rows. */
  private static final float OUTSIDE = -77f;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 33, 63, 64, 65, 576, 1000, 4097})
  void rmsNormMatchesTheOracle(int width) {
    var random = new Random32("norm", width);
    float[] source = framed(random.normal(width), 3, 2), weight = random.normal(width);
    float[] expected = framed(new float[width], 5, 1);
    ORACLE.rows().rmsNorm(source, 3, width, weight, 1e-6f, expected, 5);
    for (Kernels kernels : TestedKernels.vectors()) {
      float[] found = framed(new float[width], 5, 1);
      kernels.rows().rmsNorm(source, 3, width, weight, 1e-6f, found, 5);
      // A lane of the sum rounds once in 16 values, then four times; division and epsilon once each; the root halves all that. The
      // scale, two products and the oracle's result are rounded once each.
      double bound = ((width / 16 + 1 + 4 + 2) / 2.0 + 1 + 2 + 1) * ROUNDING;
      for (int i = 0; i < found.length; i++) {
        assertClose(found[i], expected[i], Math.abs(expected[i]) * bound, "%s, width %d, at %d, %s", kernels.name(), width, i, random);
      }
      float[] inPlace = source.clone();
      kernels.rows().rmsNorm(inPlace, 3, width, weight, 1e-6f, inPlace, 3);
      assertSameBits(Arrays.copyOfRange(inPlace, 3, 3 + width), Arrays.copyOfRange(found, 5, 5 + width), "%s, in place, width %d, %s",
          kernels.name(), width, random);
      assertThat(List.of(inPlace[0], inPlace[inPlace.length - 1], found[0], found[found.length - 1])).containsOnly(OUTSIDE);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 16, 17, 40})
  void rmsNormOfNanAndInfinityIsTheOracles(int width) {
    for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (int at = 0; at < width; at++) {
        float[] source = new Random32(width).normal(width), weight = new float[width], expected = new float[width];
        Arrays.fill(weight, 1f);
        source[at] = special;
        ORACLE.rows().rmsNorm(source, 0, width, weight, 1e-6f, expected, 0);
        for (Kernels kernels : TestedKernels.vectors()) {
          float[] found = new float[width];
          kernels.rows().rmsNorm(source, 0, width, weight, 1e-6f, found, 0);
          assertSameBits(found, expected, "%s, %s at %d of %d", kernels.name(), special, at, width);
        }
      }
    }
  }

  @Test
  void rmsNormOfZerosIsZero() {
    for (Kernels kernels : TestedKernels.all()) {
      float[] target = {1f, 2f, 3f};
      kernels.rows().rmsNorm(new float[3], 0, 3, new float[] {1f, 1f, 1f}, 1e-6f, target, 0);
      assertThat(target).as(kernels.name()).containsExactly(0f, 0f, 0f);
    }
  }

  @ParameterizedTest
  @EnumSource
  void rotationMatchesTheOracle(Pairing pairing) {
    for (int pairs : new int[] {0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 64, 65}) {
      var random = new Random32(pairing, pairs);
      float[] head = framed(random.normal(2 * pairs), 2, 3), cosines = new float[pairs + 4], sines = new float[pairs + 4];
      for (int i = 0; i < pairs; i++) {
        double angle = random.uniform(-1000, 1000);
        cosines[4 + i] = (float) Math.cos(angle);
        sines[4 + i] = (float) Math.sin(angle);
      }
      float[] expected = head.clone();
      ORACLE.rows().rotate(expected, 2, pairs, cosines, sines, 4, pairing);
      for (Kernels kernels : TestedKernels.vectors()) {
        float[] found = head.clone();
        kernels.rows().rotate(found, 2, pairs, cosines, sines, 4, pairing);
        for (int i = 0; i < found.length; i++) {
          // Two products and their sum are rounded, and so is the oracle's sum; no value is greater than the sum of its pair's.
          int pair = pairing == Pairing.HALVES ? (i - 2) % Math.max(1, pairs) : (i - 2) / 2;
          boolean inside = i >= 2 && i < 2 + 2 * pairs;
          int partner = !inside ? i : pairing == Pairing.HALVES ? 2 + (i - 2 + pairs) % (2 * pairs) : 2 + (i - 2 ^ 1);
          double bound = inside ? 4 * ROUNDING * (Math.abs(head[i]) + Math.abs(head[partner])) : 0;
          assertClose(found[i], expected[i], bound, "%s, %d pairs, pair %d, at %d, %s", kernels.name(), pairs, pair, i, random);
        }
      }
    }
  }

  @Test
  void rotationKeepsNanInItsPair() {
    float[] ones = new float[20], zeros = new float[20];
    Arrays.fill(ones, 1f);
    for (Kernels kernels : TestedKernels.all()) {
      float[] halves = new Random32("pair").normal(40), neighbours = halves.clone();
      halves[25] = Float.NaN;
      neighbours[25] = Float.NaN;
      kernels.rows().rotate(halves, 0, 20, ones, zeros, 0, Pairing.HALVES);
      kernels.rows().rotate(neighbours, 0, 20, ones, zeros, 0, Pairing.NEIGHBOURS);
      for (int i = 0; i < 40; i++) {
        assertThat(Float.isNaN(halves[i])).as("%s at %d", kernels.name(), i).isEqualTo(i == 5 || i == 25);
        assertThat(Float.isNaN(neighbours[i])).as("%s at %d", kernels.name(), i).isEqualTo(i == 24 || i == 25);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000})
  void siluMultiplyMatchesTheOracle(int count) {
    for (float size : new float[] {1f, 10f, 100f}) {
      var random = new Random32("silu", count, size);
      float[] gate = framed(random.normal(count), 1, 4), up = framed(random.normal(count), 6, 0);
      for (int i = 1; i <= count; i++) gate[i] *= size;
      float[] expected = gate.clone();
      ORACLE.rows().siluMultiply(expected, 1, up, 6, count);
      for (Kernels kernels : TestedKernels.vectors()) {
        float[] found = gate.clone();
        kernels.rows().siluMultiply(found, 1, up, 6, count);
        for (int i = 0; i < found.length; i++) {
          boolean inside = i >= 1 && i <= count;
          // The exponential is within two units of the last place (four roundings); sum, quotient, product and the oracle's result round
          // once each. Where exp(-gate) is taken for infinite, beyond 88, what is left out is less than 88 exp(-88).
          double bound = inside ? 8 * ROUNDING * Math.abs(expected[i]) + LEAST + 88 * Math.exp(-88) * Math.abs(up[i + 5]) : 0;
          assertClose(found[i], expected[i], bound, "%s, silu(%s), at %d of %d, %s", kernels.name(), gate[i], i, count, random);
        }
      }
    }
  }

  @Test
  void siluOfSpecialValues() {
    float[] gates = {Float.NaN, Float.POSITIVE_INFINITY, 0f, -0f, 1000f, -1000f, Float.MAX_VALUE, -Float.MAX_VALUE};
    float[] expected = {Float.NaN, Float.POSITIVE_INFINITY, 0f, -0f, 1000f, -0f, Float.MAX_VALUE, -0f};
    for (Kernels kernels : TestedKernels.all()) {
      for (int shift = 0; shift < 16; shift++) {
        // Each value once in a whole vector and once behind it.
        float[] gate = new float[16 + shift + gates.length], up = new float[gate.length];
        Arrays.fill(up, 1f);
        System.arraycopy(gates, 0, gate, shift, gates.length);
        kernels.rows().siluMultiply(gate, 0, up, 0, shift + gates.length);
        assertThat(Arrays.copyOfRange(gate, shift, shift + gates.length)).as("%s, shift %d", kernels.name(), shift).containsExactly(expected);
      }
    }
  }

  @Test
  void argmaxIsTheOracles() {
    for (int count = 0; count <= 70; count++) {
      var random = new Random32("argmax", count);
      for (int trial = 0; trial < 20; trial++) {
        float[] values = framed(random.normal(count), 3, 2);
        // Beyond its range lies what would win.
        values[0] = values[2] = values[values.length - 1] = 1000f;
        if (count > 0 && trial % 4 == 1) Arrays.fill(values, 3, 3 + count, Math.round(values[3]));
        for (int i = 0; i < count && trial % 4 == 2; i++) values[3 + i] = Math.round(values[3 + i]);
        if (count > 0 && trial % 4 == 3) values[3 + random.below(count)] = special(random.below(4));
        int expected = ORACLE.rows().argmax(values, 3, count);
        for (Kernels kernels : TestedKernels.vectors()) {
          assertThat(kernels.rows().argmax(values, 3, count)).as("%s, %s, %s", kernels.name(), Arrays.toString(values), random).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void argmaxOfWhatIsNotFinite() {
    for (Kernels kernels : TestedKernels.all()) {
      Rows rows = kernels.rows();
      for (int at = 0; at < 35; at++) {
        float[] values = new float[35];
        values[at] = Float.NaN;
        assertThat(rows.argmax(values, 0, 35)).as("%s, NaN at %d", kernels.name(), at).isEqualTo(-1);
        values[at] = Float.POSITIVE_INFINITY;
        assertThat(rows.argmax(values, 0, 35)).as("%s, infinity at %d", kernels.name(), at).isEqualTo(-1);
        Arrays.fill(values, Float.NEGATIVE_INFINITY);
        assertThat(rows.argmax(values, 0, 35)).as("%s, nothing finite", kernels.name()).isEqualTo(-1);
        values[at] = -Float.MAX_VALUE;
        assertThat(rows.argmax(values, 0, 35)).as("%s, one finite at %d", kernels.name(), at).isEqualTo(at);
      }
      assertThat(rows.argmax(new float[] {-1f, -0f, 0f, -0f}, 0, 4)).as("%s, zeros are equal", kernels.name()).isEqualTo(1);
    }
  }

  @Test
  void widthsAgree() {
    List<Kernels> widths = TestedKernels.bothWidths();
    for (int width = 0; width <= 150; width++) {
      var random = new Random32("widths", width);
      float[] source = random.normal(width), weight = random.normal(width), gate = random.normal(width);
      for (int i = 0; i < width; i++) gate[i] *= i % 3 == 0 ? 60 : 3;
      float[][] results = new float[2][];
      for (int i = 0; i < 2; i++) {
        Rows rows = widths.get(i).rows();
        float[] result = new float[2 * width];
        rows.rmsNorm(source, 0, width, weight, 1e-5f, result, 0);
        System.arraycopy(gate, 0, result, width, width);
        rows.siluMultiply(result, width, source, 0, width);
        rows.rotate(result, 0, width / 2, gate, weight, 0, Pairing.HALVES);
        rows.rotate(result, width, width / 2, gate, weight, 0, Pairing.NEIGHBOURS);
        results[i] = result;
      }
      assertSameBits(results[0], results[1], "width %d, %s", width, random);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 15, 16, 17, 32, 100})
  void rowsThatDoNotLieInTheirArrayAreRefused(int width) {
    float[] whole = new float[2 * width], less = new float[2 * width - 1];
    for (Kernels kernels : TestedKernels.all()) {
      Rows rows = kernels.rows();
      float[] shortWeight = new float[width - 1];
      refused(kernels, () -> rows.rmsNorm(less, width, width, whole, 1e-6f, whole, 0));
      refused(kernels, () -> rows.rmsNorm(whole, -1, width, whole, 1e-6f, whole, 0));
      refused(kernels, () -> rows.rmsNorm(whole, 0, width, shortWeight, 1e-6f, whole, 0));
      refused(kernels, () -> rows.rmsNorm(whole, 0, width, whole, 1e-6f, less, width));
      refused(kernels, () -> rows.siluMultiply(less, width, whole, 0, width));
      refused(kernels, () -> rows.siluMultiply(whole, 0, less, width, width));
      refused(kernels, () -> rows.argmax(less, width, width));
      refused(kernels, () -> rows.argmax(less, -1, width));
      for (Pairing pairing : Pairing.values()) {
        refused(kernels, () -> rows.rotate(less, 0, width, whole, whole, 0, pairing));
        refused(kernels, () -> rows.rotate(whole, 0, width, less, whole, width, pairing));
        refused(kernels, () -> rows.rotate(whole, 0, width, whole, less, width, pairing));
      }
    }
  }

  private static void refused(Kernels kernels, Runnable call) {
    assertThatThrownBy(call::run).as(kernels.name()).isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static float special(int index) {
    return new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f}[index];
  }

  private static float[] framed(float[] values, int before, int after) {
    float[] result = new float[before + values.length + after];
    Arrays.fill(result, OUTSIDE);
    System.arraycopy(values, 0, result, before, values.length);
    return result;
  }
}
