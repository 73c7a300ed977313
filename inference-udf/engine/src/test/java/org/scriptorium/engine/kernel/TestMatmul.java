package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.scriptorium.engine.kernel.TestedKernels.ORACLE;
import static org.scriptorium.engine.kernel.TestedKernels.ROUNDING;
import static org.scriptorium.engine.kernel.TestedKernels.assertClose;
import static org.scriptorium.engine.kernel.TestedKernels.assertSameBits;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.Random32;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;

/** Products over packed panels against the oracle, and against themselves: the bits of a row depend on the row alone. */
class TestMatmul {
  /** Whole tiles of both widths, what is left of them, and rows alone. */
  private static final int[] ROWS = {1, 2, 3, 4, 5, 11, 12, 13, 16, 25, 64};
  private static final int[] OUTPUTS = {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100};
  private static final int MOST_ROWS = 64;

  @ParameterizedTest
  @EnumSource
  void matchesTheOracle(StorageType type) {
    for (Kernels kernels : TestedKernels.vectors()) {
      for (int i = 0; i < OUTPUTS.length; i++) {
        var product = new Product(type, inputs(type, i), OUTPUTS[i]);
        float[] expected = product.run(ORACLE, MOST_ROWS, Store.SET);
        double[] magnitudes = product.magnitudes();
        for (int rows : ROWS) {
          float[] found = product.run(kernels, rows, Store.SET);
          for (int at = 0; at < rows * product.outputs; at++) {
            // A chain of fused multiply-adds rounds once an input; the oracle's sum in float64 is rounded once at its end.
            assertClose(found[at], expected[at], (product.inputs + 2) * ROUNDING * magnitudes[at], "%s, %s, %d rows, at %d", kernels.name(),
                product, rows, at);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rowAloneHasTheBitsThatItHasInAnyBatch(StorageType type) {
    for (Kernels kernels : TestedKernels.all()) {
      var product = new Product(type, inputs(type, 3), 70);
      float[] all = product.run(kernels, MOST_ROWS, Store.SET);
      for (int rows : ROWS) {
        assertSameBits(product.run(kernels, rows, Store.SET), Arrays.copyOf(all, rows * product.outputs), "%s, %s, %d rows", kernels.name(),
            product, rows);
      }
      for (int row = 0; row < MOST_ROWS; row++) {
        float[] alone = new float[product.outputs];
        product.multiply(kernels, 1, product.source, row * product.inputs, product.inputs, alone, 0, product.outputs, Store.SET);
        assertSameBits(alone, Arrays.copyOfRange(all, row * product.outputs, (row + 1) * product.outputs), "%s, %s, row %d alone",
            kernels.name(), product, row);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void widthsAgreeInLayoutAndBits(StorageType type) {
    List<Kernels> widths = TestedKernels.bothWidths();
    for (int i = 0; i < OUTPUTS.length; i++) {
      var product = new Product(type, inputs(type, i + 1), OUTPUTS[i]);
      assertThat(widths.getFirst().layout()).isEqualTo(widths.getLast().layout());
      MemorySegment packed = product.pack(widths.getFirst()).data();
      assertThat(packed.mismatch(product.pack(widths.getLast()).data())).as("first byte that differs, %s", product).isEqualTo(-1);
      for (int rows : ROWS) {
        for (Store store : Store.values()) {
          assertSameBits(product.run(widths.getFirst(), rows, store), product.run(widths.getLast(), rows, store), "%s, %d rows, %s", product,
              rows, store);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void addsWhatSettingStores(StorageType type) {
    for (Kernels kernels : TestedKernels.vectors()) {
      var product = new Product(type, inputs(type, 2), 45);
      for (int rows : ROWS) {
        float[] sums = product.run(kernels, rows, Store.SET), added = product.run(kernels, rows, Store.ADD);
        float[] before = Arrays.copyOf(product.before, added.length);
        for (int i = 0; i < before.length; i++) before[i] += sums[i];
        assertSameBits(added, before, "%s, %s, %d rows", kernels.name(), product, rows);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void packsAndMultipliesPanelByPanelAsAtOnce(StorageType type) {
    for (Kernels kernels : TestedKernels.all()) {
      var product = new Product(type, inputs(type, 2), 100);
      int panels = (product.outputs + kernels.matmul().panel() - 1) / kernels.matmul().panel();
      Packed whole = product.pack(kernels);
      var packed = MemorySegment.ofArray(new byte[(int) whole.data().byteSize()]);
      for (int panel = panels - 1; panel >= 0; panel--) {
        kernels.matmul().pack(type, product.weight, product.inputs, product.outputs, panel, panel + 1, packed);
      }
      assertThat(packed.mismatch(whole.data())).as("first byte that differs, %s, %s", kernels.name(), product).isEqualTo(-1);
      for (int rows : new int[] {1, 5, 13}) {
        float[] target = new float[rows * product.outputs];
        for (int panel = panels - 1; panel >= 0; panel--) {
          kernels.matmul().multiply(whole, panel, panel + 1, rows, product.source, 0, product.inputs, target, 0, product.outputs, Store.SET,
              new Scratch());
        }
        assertSameBits(target, product.run(kernels, rows, Store.SET), "%s, %s, %d rows", kernels.name(), product, rows);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void keepsToItsRowsInWiderArrays(StorageType type) {
    for (Kernels kernels : TestedKernels.all()) {
      var product = new Product(type, inputs(type, 1), 37);
      int sourceStride = product.inputs + 3, targetStride = product.outputs + 5;
      // What lies between the rows would show in every sum that took it in.
      float[] source = new float[7 + MOST_ROWS * sourceStride];
      Arrays.fill(source, Float.NaN);
      for (int row = 0; row < MOST_ROWS; row++) {
        System.arraycopy(product.source, row * product.inputs, source, 7 + row * sourceStride, product.inputs);
      }
      for (int rows : ROWS) {
        float[] dense = product.run(kernels, rows, Store.SET);
        float[] target = new float[11 + MOST_ROWS * targetStride], expected = new float[target.length];
        Arrays.fill(target, -7f);
        Arrays.fill(expected, -7f);
        for (int row = 0; row < rows; row++) {
          System.arraycopy(dense, row * product.outputs, expected, 11 + row * targetStride, product.outputs);
        }
        product.multiply(kernels, rows, source, 7, sourceStride, target, 11, targetStride, Store.SET);
        assertSameBits(target, expected, "%s, %s, %d rows", kernels.name(), product, rows);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void nanAndInfinityStayInTheirRow(StorageType type) {
    for (Kernels kernels : TestedKernels.all()) {
      var product = new Product(type, inputs(type, 2), 45);
      float[] clean = product.run(kernels, 25, Store.SET);
      int inputs = product.inputs, outputs = product.outputs;
      product.source[3 * inputs + inputs - 1] = Float.NaN;
      product.source[14 * inputs] = Float.POSITIVE_INFINITY;
      product.source[24 * inputs + inputs / 2] = Float.NEGATIVE_INFINITY;
      float[] found = product.run(kernels, 25, Store.SET), oracle = product.run(ORACLE, 25, Store.SET);
      for (int row = 0; row < 25; row++) {
        float[] expected = Arrays.copyOfRange(row == 3 || row == 14 || row == 24 ? oracle : clean, row * outputs, (row + 1) * outputs);
        if (row == 3) assertThat(expected).containsOnly(Float.NaN);
        assertSameBits(Arrays.copyOfRange(found, row * outputs, (row + 1) * outputs), expected, "%s, %s, row %d", kernels.name(), product, row);
        float[] alone = new float[outputs];
        product.multiply(kernels, 1, product.source, row * inputs, inputs, alone, 0, outputs, Store.SET);
        assertSameBits(alone, expected, "%s, %s, row %d alone", kernels.name(), product, row);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void specialWeightsHaveTheirValues(StorageType type) {
    // One input of one: each output is its weight.
    float[] values = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f, -0f, 1f, 0x1p-14f, 0x1p-24f, -0x1.ff8p-15f, 65504f, 0x1p-133f};
    byte[] bytes = new byte[(int) type.bytes(values.length)];
    for (int i = 0; i < values.length; i++) {
      switch (type) {
        case F32 -> RandomBlocks.integer(bytes, 4 * i, Float.floatToIntBits(values[i]));
        case F16 -> RandomBlocks.half(bytes, 2 * i, values[i]);
        default -> RandomBlocks.put(bytes, 2 * i, (short) (Float.floatToIntBits(values[i]) >>> 16));
      }
    }
    float[] expected = new float[values.length];
    ScalarDequantization.dequantize(type, MemorySegment.ofArray(bytes), 0, values.length, expected, 0);
    for (int i = 0; i < expected.length; i++) expected[i] += 0f;
    for (Kernels kernels : TestedKernels.all()) {
      var packed = Product.pack(kernels, type, MemorySegment.ofArray(bytes), 1, values.length);
      for (int rows : new int[] {1, 3, 4, 12}) {
        float[] source = new float[rows], target = new float[rows * values.length];
        Arrays.fill(source, 1f);
        kernels.matmul().multiply(packed, 0, 1, rows, source, 0, 1, target, 0, values.length, Store.SET, new Scratch());
        for (int row = 0; row < rows; row++) {
          assertSameBits(Arrays.copyOfRange(target, row * values.length, (row + 1) * values.length), expected, "%s, %d rows", kernels.name(), rows);
        }
      }
    }
  }

  @Test
  void everyHalfHasItsValue() {
    byte[] bytes = new byte[1 << 17];
    for (int i = 0; i < 1 << 16; i++) RandomBlocks.put(bytes, 2 * i, (short) i);
    float[] expected = new float[1 << 16];
    for (int i = 0; i < expected.length; i++) expected[i] = Float.float16ToFloat((short) i) + 0f;
    for (Kernels kernels : TestedKernels.vectors()) {
      Packed packed = Product.pack(kernels, StorageType.F16, MemorySegment.ofArray(bytes), 1, expected.length);
      for (int rows : new int[] {1, 2}) {
        float[] source = new float[rows], target = new float[rows * expected.length];
        Arrays.fill(source, 1f);
        kernels.matmul().multiply(packed, 0, expected.length / 32, rows, source, 0, 1, target, 0, expected.length, Store.SET, new Scratch());
        assertSameBits(Arrays.copyOf(target, expected.length), expected, "%s, %d rows", kernels.name(), rows);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 12, 13})
  void rowsThatDoNotLieInTheirArrayAreRefused(int rows) {
    for (Kernels kernels : TestedKernels.all()) {
      for (StorageType type : StorageType.values()) {
        var product = new Product(type, inputs(type, 0), 33);
        float[] source = new float[rows * product.inputs], target = new float[rows * product.outputs];
        float[] shortSource = new float[source.length - 1], shortTarget = new float[target.length - 1];
        for (Store store : Store.values()) {
          assertRefused(kernels, product, rows, shortSource, 0, target, 0, store);
          assertRefused(kernels, product, rows, source, 1, target, 0, store);
          assertRefused(kernels, product, rows, source, -1, target, 0, store);
          assertRefused(kernels, product, rows, source, 0, shortTarget, 0, store);
          assertRefused(kernels, product, rows, source, 0, target, 1, store);
          assertRefused(kernels, product, rows, source, 0, target, -1, store);
        }
      }
    }
  }

  private static void assertRefused(Kernels kernels, Product product, int rows, float[] source, int from, float[] target, int to, Store store) {
    assertThatThrownBy(() -> product.multiply(kernels, rows, source, from, product.inputs, target, to, product.outputs, store))
        .as("%s, %s, %d rows from %d of %d to %d of %d", kernels.name(), product, rows, from, source.length, to, target.length)
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  /** Within a phase laid out rows are used again, but never for others; outside of one a source may change from call to call. */
  @Test
  void rowsThatOneThreadLaidOutAreNotTakenForOthers() {
    for (Kernels kernels : TestedKernels.all()) {
      var product = new Product(StorageType.Q8_0, 64, 40);
      int rows = MOST_ROWS / 2;
      var scratch = new Scratch();
      for (boolean isPhase : new boolean[] {false, true, true}) {
        if (isPhase) scratch.begin();
        float[] source = product.source.clone();
        for (int from : new int[] {0, 0, 64, 0}) {
          for (int count : new int[] {rows, rows, rows - 1}) {
            float[] expected = new float[count * 40], found = new float[count * 40];
            product.multiply(kernels, count, source.clone(), from, 64, expected, 0, 40, Store.SET);
            kernels.matmul().multiply(product.pack(kernels), 0, 2, count, source, from, 64, found, 0, 40, Store.SET, scratch);
            assertThat(found).as("%s, phase: %s, %d rows from %d", kernels.name(), isPhase, count, from).containsExactly(expected);
            if (!isPhase) source[from + 5] += 1f;
          }
        }
        scratch.end();
      }
    }
  }

  @Test
  void noRowsAndNoPanelsWriteNothing() {
    for (Kernels kernels : TestedKernels.all()) {
      var product = new Product(StorageType.Q4_1, 64, 40);
      float[] target = new float[0];
      product.multiply(kernels, 0, new float[0], 0, 64, target, 0, 40, Store.SET);
      float[] kept = {5f};
      kernels.matmul().multiply(product.pack(kernels), 1, 1, 3, product.source, 0, 64, kept, 0, 40, Store.SET, new Scratch());
      assertThat(kept).containsExactly(5f);
    }
  }

  @Test
  void saysWhatItSupportsAndHowMuchItTakes() {
    for (Kernels kernels : TestedKernels.all()) {
      Matmul matmul = kernels.matmul();
      for (StorageType type : StorageType.values()) {
        assertThat(matmul.supports(type, 512, 100)).as("%s %s", kernels.name(), type).isTrue();
        assertThat(matmul.supports(type, 512 + 16, 100)).as("%s %s", kernels.name(), type).isEqualTo(type.blockElements() == 1);
        assertThat(matmul.packedBytes(type, 512, 100) % 64).isZero();
        // A head of a large model: more than an int counts.
        assertThat(matmul.packedBytes(type, 16_384, 262_144)).isGreaterThanOrEqualTo(type.bytes(16_384L * 262_144)).isPositive();
      }
    }
  }

  private static int inputs(StorageType type, int index) {
    int[] counts = type.blockElements() == 1 ? new int[] {1, 7, 8, 9, 15, 16, 17, 33, 300} : new int[] {1, 2, 3, 5};
    return counts[index % counts.length] * type.blockElements();
  }

  /** A random matrix and random rows. */
  private static final class Product {
    final StorageType type;
    final int inputs;
    final int outputs;
    final MemorySegment weight;
    final float[] source;
    final float[] before;
    private final Random32 random;
    private Kernels packedFor;
    private Packed packed;

    Product(StorageType type, int inputs, int outputs) {
      this.type = type;
      this.inputs = inputs;
      this.outputs = outputs;
      random = new Random32(type, inputs, outputs);
      weight = MemorySegment.ofArray(RandomBlocks.of(type, inputs * outputs, random));
      source = random.normal(MOST_ROWS * inputs);
      before = random.normal(MOST_ROWS * outputs);
    }

    static Packed pack(Kernels kernels, StorageType type, MemorySegment weight, int inputs, int outputs) {
      Matmul matmul = kernels.matmul();
      var packed = MemorySegment.ofArray(new byte[Math.toIntExact(matmul.packedBytes(type, inputs, outputs))]);
      matmul.pack(type, weight, inputs, outputs, 0, (outputs + matmul.panel() - 1) / matmul.panel(), packed);
      return new Packed(type, inputs, outputs, packed);
    }

    Packed pack(Kernels kernels) {
      if (packedFor != kernels) packed = pack(kernels, type, weight, inputs, outputs);
      packedFor = kernels;
      return packed;
    }

    void multiply(Kernels kernels, int rows, float[] source, int from, int stride, float[] target, int to, int targetStride, Store store) {
      int panels = (outputs + kernels.matmul().panel() - 1) / kernels.matmul().panel();
      kernels.matmul().multiply(pack(kernels), 0, panels, rows, source, from, stride, target, to, targetStride, store, new Scratch());
    }

    float[] run(Kernels kernels, int rows, Store store) {
      float[] target = Arrays.copyOf(before, rows * outputs);
      multiply(kernels, rows, source, 0, inputs, target, 0, outputs, store);
      return target;
    }

    /** For each result the sum of the magnitudes of its products, to which the error of a sum is relative. */
    double[] magnitudes() {
      double[] result = new double[MOST_ROWS * outputs];
      float[] values = new float[inputs];
      for (int output = 0; output < outputs; output++) {
        ScalarDequantization.dequantize(type, weight, output * type.bytes(inputs), inputs, values, 0);
        for (int row = 0; row < MOST_ROWS; row++) {
          for (int i = 0; i < inputs; i++) result[row * outputs + output] += Math.abs((double) values[i] * source[row * inputs + i]);
        }
      }
      return result;
    }

    @Override
    public String toString() {
      return "%s [%d, %d], %s".formatted(type, outputs, inputs, random);
    }
  }
}
