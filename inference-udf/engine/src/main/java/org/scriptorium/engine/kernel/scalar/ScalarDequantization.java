package org.scriptorium.engine.kernel.scalar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.scriptorium.engine.kernel.StorageType;

/**
 * Stored weights to float32, one value at a time as the formats are defined (ggml-quants.c and the gguf package's quants.py, whose results
 * it equals bit for bit). The oracle of every faster way.
 */
public final class ScalarDequantization {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int[] NON_LINEAR = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

  private ScalarDequantization() {}

  /**
   * Writes {@code elements} values to {@code target}, from index {@code to} on.
   *
   * @param source holds the blocks at {@code byteOffset}, of any alignment; borrowed
   * @param elements a multiple of {@link StorageType#blockElements}
   * @throws IndexOutOfBoundsException if blocks or values do not lie in their segment or array
   * @throws IllegalArgumentException if {@code elements} is not a whole number of blocks
   */
  public static void dequantize(StorageType type, MemorySegment source, long byteOffset, int elements, float[] target, int to) {
    if (elements < 0 || elements % type.blockElements() != 0) {
      throw new IllegalArgumentException(
          "%s: expected a multiple of %d elements, found %d".formatted(type, type.blockElements(), elements));
    }
    for (int from = 0; from < elements; from += type.blockElements()) {
      block(type, source, byteOffset + type.bytes(from), target, to + from);
    }
  }

  private static void block(StorageType type, MemorySegment source, long at, float[] target, int to) {
    switch (type) {
      case F32 -> target[to] = source.get(FLOAT, at);
      case F16 -> target[to] = half(source, at);
      case BF16 -> target[to] = Float.intBitsToFloat(source.get(SHORT, at) << 16);
      case Q4_0 -> q4(source, at, target, to);
      case Q4_1 -> q4WithMinimum(source, at, target, to);
      case Q5_0 -> q5(source, at, target, to);
      case Q5_1 -> q5WithMinimum(source, at, target, to);
      case Q8_0 -> q8(source, at, target, to);
      case Q2_K -> q2K(source, at, target, to);
      case Q3_K -> q3K(source, at, target, to);
      case Q4_K -> q4K(source, at, target, to);
      case Q5_K -> q5K(source, at, target, to);
      case Q6_K -> q6K(source, at, target, to);
      case IQ4_NL -> iq4Nl(source, at, target, to);
      case IQ4_XS -> iq4Xs(source, at, target, to);
    }
  }

  // Block: half scale, 16 bytes of nibbles; the low ones are values 0 to 15, the high ones 16 to 31.
  private static void q4(MemorySegment source, long at, float[] target, int to) {
    float scale = half(source, at);
    for (int i = 0; i < 32; i++) target[to + i] = scale * (nibble(source, at + 2, i) - 8);
  }

  // Block: half scale, half minimum, nibbles.
  private static void q4WithMinimum(MemorySegment source, long at, float[] target, int to) {
    float scale = half(source, at);
    float minimum = half(source, at + 2);
    for (int i = 0; i < 32; i++) target[to + i] = scale * nibble(source, at + 4, i) + minimum;
  }

  // Block: half scale, 32 fifth bits, nibbles.
  private static void q5(MemorySegment source, long at, float[] target, int to) {
    float scale = half(source, at);
    int fifth = source.get(INT, at + 2);
    for (int i = 0; i < 32; i++) target[to + i] = scale * ((nibble(source, at + 6, i) | (fifth >>> i & 1) << 4) - 16);
  }

  // Block: half scale, half minimum, 32 fifth bits, nibbles.
  private static void q5WithMinimum(MemorySegment source, long at, float[] target, int to) {
    float scale = half(source, at);
    float minimum = half(source, at + 2);
    int fifth = source.get(INT, at + 4);
    for (int i = 0; i < 32; i++) target[to + i] = scale * (nibble(source, at + 8, i) | (fifth >>> i & 1) << 4) + minimum;
  }

  // Block: half scale, 32 signed bytes.
  private static void q8(MemorySegment source, long at, float[] target, int to) {
    float scale = half(source, at);
    for (int i = 0; i < 32; i++) target[to + i] = scale * source.get(ValueLayout.JAVA_BYTE, at + 2 + i);
  }

  // Block: 16 bytes of scale and minimum nibbles, 64 bytes of 2-bit values, half scale, half minimum's scale.
  private static void q2K(MemorySegment source, long at, float[] target, int to) {
    float scales = half(source, at + 80);
    float minimums = half(source, at + 82);
    for (int i = 0; i < 256; i++) {
      int scale = unsigned(source, at + i / 16);
      int quant = unsigned(source, at + 16 + i / 128 * 32 + i % 32) >> i / 32 % 4 * 2 & 3;
      target[to + i] = scales * (scale & 15) * quant - minimums * (scale >> 4);
    }
  }

  // Block: 256 third bits, 64 bytes of 2-bit values, sixteen 6-bit scales in 12 bytes, half scale. A third bit not set takes 4 away.
  private static void q3K(MemorySegment source, long at, float[] target, int to) {
    float scales = half(source, at + 108);
    for (int i = 0; i < 256; i++) {
      int group = i / 16;
      int low = unsigned(source, at + 96 + group % 8) >> group / 8 * 4 & 15;
      int high = unsigned(source, at + 104 + group % 4) >> group / 4 * 2 & 3;
      int third = unsigned(source, at + i % 32) >> i / 32 & 1;
      int quant = unsigned(source, at + 32 + i / 128 * 32 + i % 32) >> i / 32 % 4 * 2 & 3;
      target[to + i] = scales * ((low | high << 4) - 32) * (quant - 4 + 4 * third);
    }
  }

  // Block: half scale, half minimum's scale, eight pairs of 6-bit scale and minimum in 12 bytes, 128 bytes of nibbles.
  private static void q4K(MemorySegment source, long at, float[] target, int to) {
    float scales = half(source, at);
    float minimums = half(source, at + 2);
    for (int i = 0; i < 256; i++) {
      int group = i / 32;
      int quant = unsigned(source, at + 16 + i / 64 * 32 + i % 32) >> group % 2 * 4 & 15;
      target[to + i] = scales * scale6(source, at + 4, group) * quant - minimums * minimum6(source, at + 4, group);
    }
  }

  // Block: as before, with 256 fifth bits in front of the nibbles.
  private static void q5K(MemorySegment source, long at, float[] target, int to) {
    float scales = half(source, at);
    float minimums = half(source, at + 2);
    for (int i = 0; i < 256; i++) {
      int group = i / 32;
      int fifth = unsigned(source, at + 16 + i % 32) >> group & 1;
      int quant = unsigned(source, at + 48 + i / 64 * 32 + i % 32) >> group % 2 * 4 & 15 | fifth << 4;
      target[to + i] = scales * scale6(source, at + 4, group) * quant - minimums * minimum6(source, at + 4, group);
    }
  }

  // Block: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales, half scale.
  private static void q6K(MemorySegment source, long at, float[] target, int to) {
    float scales = half(source, at + 208);
    for (int i = 0; i < 256; i++) {
      int quarter = i / 32 % 4;
      int low = unsigned(source, at + i / 128 * 64 + i % 64) >> quarter / 2 * 4 & 15;
      int high = unsigned(source, at + 128 + i / 128 * 32 + i % 32) >> quarter * 2 & 3;
      target[to + i] = scales * source.get(ValueLayout.JAVA_BYTE, at + 192 + i / 16) * ((low | high << 4) - 32);
    }
  }

  // Block: half scale, nibbles that stand for 16 unevenly spaced levels.
  private static void iq4Nl(MemorySegment source, long at, float[] target, int to) {
    float scale = half(source, at);
    for (int i = 0; i < 32; i++) target[to + i] = scale * NON_LINEAR[nibble(source, at + 2, i)];
  }

  // Block: half scale, eight high bit pairs of scales, eight low nibbles of scales, 128 bytes of nibbles for the same levels.
  private static void iq4Xs(MemorySegment source, long at, float[] target, int to) {
    float scales = half(source, at);
    int highs = source.get(SHORT, at + 2);
    for (int i = 0; i < 256; i++) {
      int group = i / 32;
      int low = unsigned(source, at + 4 + group / 2) >> group % 2 * 4 & 15;
      int scale = (low | (highs >> 2 * group & 3) << 4) - 32;
      target[to + i] = scales * scale * NON_LINEAR[nibble(source, at + 8 + 16 * group, i % 32)];
    }
  }

  /** The scale of a group of Q4_K and Q5_K: four have their six bits in a byte, four are put together from two. */
  private static int scale6(MemorySegment source, long at, int group) {
    return group < 4
        ? unsigned(source, at + group) & 63
        : unsigned(source, at + group + 4) & 15 | unsigned(source, at + group - 4) >> 6 << 4;
  }

  private static int minimum6(MemorySegment source, long at, int group) {
    return group < 4
        ? unsigned(source, at + group + 4) & 63
        : unsigned(source, at + group + 4) >> 4 | unsigned(source, at + group) >> 6 << 4;
  }

  private static int nibble(MemorySegment source, long at, int index) {
    return unsigned(source, at + index % 16) >> index / 16 * 4 & 15;
  }

  private static int unsigned(MemorySegment source, long at) {
    return Byte.toUnsignedInt(source.get(ValueLayout.JAVA_BYTE, at));
  }

  private static float half(MemorySegment source, long at) {
    return Float.float16ToFloat(source.get(SHORT, at));
  }
}
