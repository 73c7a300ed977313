package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;

/** Taken apart and put together again, random blocks have the oracle's values. */
class TestQuants {
  private static final long SEED = Long.getLong("scriptorium.test.seed", 20_260_101L);
  private static final int ELEMENTS = 256 * 400;
  /** Clears the highest exponent bit in the upper byte of a half. */
  private static final int FINITE = 0b1011_1111;

  @ParameterizedTest
  @MethodSource("quantizedTypes")
  void valuesEqualTheOraclesOnRandomBits(StorageType type) {
    byte[] blocks = randomBlocks(type, new Random(SEED));
    float[] expected = new float[ELEMENTS];
    ScalarDequantization.dequantize(type, MemorySegment.ofArray(blocks), 0, ELEMENTS, expected, 0);
    var parts = Parts.of(type, MemorySegment.ofArray(blocks), 0, ELEMENTS);
    for (int i = 0; i < ELEMENTS; i++) {
      float scale = parts.scales[i / parts.group];
      float offset = parts.offsets[i / parts.group];
      float fused = Math.fma(parts.quants[i], scale, offset);
      float apart = parts.quants[i] * scale + offset;
      assertThat(Float.floatToRawIntBits(fused)).as("%s value %d, fused, seed %d", type, i, SEED).isEqualTo(Float.floatToRawIntBits(apart));
      // Levels that were shifted to start at 0 lose the sign of their zero.
      float reference = type == StorageType.Q4_0 || type == StorageType.Q3_K ? expected[i] + 0.0f : expected[i];
      assertThat(Float.floatToRawIntBits(fused)).as("%s value %d, seed %d", type, i, SEED).isEqualTo(Float.floatToRawIntBits(reference));
    }
  }

  @ParameterizedTest
  @MethodSource("quantizedTypes")
  void productsAreExact(StorageType type) {
    var parts = Parts.of(type, MemorySegment.ofArray(randomBlocks(type, new Random(SEED))), 0, ELEMENTS);
    for (int i = 0; i < ELEMENTS; i++) {
      float scale = parts.scales[i / parts.group];
      assertThat((double) (parts.quants[i] * scale)).as("%s value %d, seed %d", type, i, SEED).isEqualTo((double) parts.quants[i] * scale);
    }
  }

  @ParameterizedTest
  @MethodSource("quantizedTypes")
  void saysWhatQuantsAndOffsetsAre(StorageType type) {
    var parts = Parts.of(type, MemorySegment.ofArray(randomBlocks(type, new Random(SEED))), 0, ELEMENTS);
    int least = Integer.MAX_VALUE;
    int most = Integer.MIN_VALUE;
    for (byte quant : parts.quants) {
      least = Math.min(least, quant);
      most = Math.max(most, quant);
    }
    assertThat(Quants.isNibble(type)).as("%s from %d to %d", type, least, most).isEqualTo(least >= 0 && most <= 15);
    boolean offsets = false;
    for (float offset : parts.offsets) {
      if (offset != 0) offsets = true;
    }
    assertThat(Quants.hasOffsets(type)).isEqualTo(offsets);
  }

  @ParameterizedTest
  @MethodSource("quantizedTypes")
  void readsNativeSegmentsAtAnyPlaceAndNothingBeyond(StorageType type) {
    byte[] blocks = Arrays.copyOf(randomBlocks(type, new Random(SEED)), type.blockBytes());
    int elements = type.blockElements();
    var expected = Parts.of(type, MemorySegment.ofArray(blocks), 0, elements);
    try (Arena arena = Arena.ofConfined()) {
      // The block ends where the segment does, and starts at an odd place.
      MemorySegment exact = arena.allocate(type.blockBytes() + 3L);
      MemorySegment.copy(MemorySegment.ofArray(blocks), 0, exact, 3, blocks.length);
      var found = Parts.of(type, exact, 3, elements);
      assertThat(found.quants).isEqualTo(expected.quants);
      assertThat(found.scales).isEqualTo(expected.scales);
      assertThat(found.offsets).isEqualTo(expected.offsets);
      assertThatThrownBy(() -> Parts.of(type, exact, 4, elements)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> Parts.of(type, exact, 3, elements - 1)).isInstanceOf(IllegalArgumentException.class)
          .hasMessage("%s: expected a multiple of %d elements, found %d", type, elements, elements - 1);
    }
    assertThat(Parts.of(type, MemorySegment.ofArray(new byte[0]), 0, 0).quants).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void plainTypesHaveNoQuants(StorageType type) {
    assertThat(Quants.isQuantized(type)).isFalse();
    assertThatThrownBy(() -> Quants.groupSize(type)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage(type + ": expected a quantized type");
    assertThatThrownBy(() -> Quants.unpack(type, MemorySegment.ofArray(new byte[4]), 0, 1, new byte[1], new float[1], new float[1]))
        .isInstanceOf(IllegalArgumentException.class).hasMessage(type + ": expected a quantized type");
  }

  @Test
  void dequantizesInTheMiddleOfAnArray() {
    float[] target = new float[36];
    byte[] block = new byte[34];
    block[1] = 0x3c;  // The half 1.
    for (int i = 0; i < 32; i++) block[2 + i] = (byte) (i - 16);
    ScalarDequantization.dequantize(StorageType.Q8_0, MemorySegment.ofArray(block), 0, 32, target, 2);
    assertThat(target).startsWith(0f, 0f, -16f, -15f).endsWith(14f, 15f, 0f, 0f);
    assertThatThrownBy(() -> ScalarDequantization.dequantize(StorageType.Q8_0, MemorySegment.ofArray(block), 0, 31, target, 0))
        .isInstanceOf(IllegalArgumentException.class).hasMessage("Q8_0: expected a multiple of 32 elements, found 31");
  }

  static List<StorageType> quantizedTypes() {
    return Arrays.stream(StorageType.values()).filter(Quants::isQuantized).toList();
  }

  /** Random bits, but that the halves are finite. */
  private static byte[] randomBlocks(StorageType type, Random random) {
    byte[] blocks = new byte[(int) type.bytes(ELEMENTS)];
    random.nextBytes(blocks);
    int[] halves = switch (type) {
      case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> new int[] {0};
      case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
      case Q2_K -> new int[] {80, 82};
      case Q3_K -> new int[] {108};
      case Q6_K -> new int[] {208};
      case F32, F16, BF16 -> throw new IllegalArgumentException("not quantized: " + type);
    };
    for (int at = 0; at < blocks.length; at += type.blockBytes()) {
      for (int half : halves) blocks[at + half + 1] &= (byte) FINITE;
    }
    return blocks;
  }

  private record Parts(int group, byte[] quants, float[] scales, float[] offsets) {
    static Parts of(StorageType type, MemorySegment source, long at, int elements) {
      int group = Quants.groupSize(type);
      var parts = new Parts(group, new byte[elements], new float[elements / group], new float[elements / group]);
      Quants.unpack(type, source, at, elements, parts.quants, parts.scales, parts.offsets);
      return parts;
    }
  }
}
