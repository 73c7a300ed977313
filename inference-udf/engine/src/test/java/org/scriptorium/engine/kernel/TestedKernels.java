package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.scriptorium.engine.kernel.scalar.ScalarKernels;

/** The kernels that a test can compare on this machine, each opened once a process, and how results are compared. */
final class TestedKernels {
  /** Half a unit in the last place of 1: the most that one rounding adds, relative to its result. */
  static final double ROUNDING = 0x1p-24;
  /** The least subnormal number: what a rounding may add near zero. */
  static final double LEAST = Float.MIN_VALUE;
  static final Kernels ORACLE = new ScalarKernels();

  private static final List<Kernels> VECTORS = open();

  private TestedKernels() {}

  private static List<Kernels> open() {
    var result = new ArrayList<Kernels>();
    if (!Providers.hasVectorModule()) return result;
    for (int bits = 256; bits <= Providers.preferredBits(); bits *= 2) result.add(Providers.open("vector", bits));
    return result;
  }

  /** The vector kernels of every width of this machine; a test of them skips where there is none. */
  static List<Kernels> vectors() {
    Assumptions.assumeFalse(VECTORS.isEmpty(), "this machine has no vectors of 256 bits, or the JVM lacks --add-modules=jdk.incubator.vector");
    return VECTORS;
  }

  static List<Kernels> all() {
    var result = new ArrayList<>(VECTORS);
    result.add(ORACLE);
    return result;
  }

  /** Both widths, 256 bits first; skips where the machine has but one. */
  static List<Kernels> bothWidths() {
    Assumptions.assumeTrue(VECTORS.size() == 2, "this machine has no vectors of 512 bits to compare with those of 256");
    return VECTORS;
  }

  /** Every bit, but that one NaN is as good as another. */
  static boolean sameBits(float one, float other) {
    return Float.floatToRawIntBits(one) == Float.floatToRawIntBits(other) || Float.isNaN(one) && Float.isNaN(other);
  }

  static void assertSameBits(float[] found, float[] expected, String what, Object... arguments) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      if (!sameBits(found[i], expected[i])) {
        fail("%s: value %d: expected %s (%08x), found %s (%08x)", what.formatted(arguments), i, expected[i],
            Float.floatToRawIntBits(expected[i]), found[i], Float.floatToRawIntBits(found[i]));
      }
    }
  }

  /** Equal to within {@code bound}; values that are not finite are equal only to themselves. */
  static void assertClose(float found, float expected, double bound, String what, Object... arguments) {
    boolean close = Float.isFinite(expected) ? Math.abs((double) found - expected) <= bound : sameBits(found, expected);
    if (!close) fail("%s: expected %s +- %s, found %s", what.formatted(arguments), expected, bound, found);
  }
}
