package org.scriptorium.engine.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Quantized weights as small integers, scales and offsets, for providers that pack weights into a layout of their own.
 *
 * <p>{@code value[i] == quants[i] * scales[i / group] + offsets[i / group]} in float32. A scale has at most 18 significant bits and a quant
 * so few that the product always fits float32's 24: it is exact, so a fused multiply-add gives the same value as a multiplication and an
 * addition. The value is the dequantized one bit for bit for all finite scales, but that a zero of Q4_0 and Q3_K, whose levels are
 * shifted to start at 0, is always +0 where the format's own formula may give -0. Types without offset have the offset -0, which changes
 * no value, not even a zero's sign.
 */
public final class Quants {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  // Eight values at a time: one in each byte of a long.
  private static final long ONES = 0x0101010101010101L;
  private static final long NIBBLES = 0x0F * ONES;
  private static final long PAIRS = 0x03 * ONES;
  private static final long SIGNS = 0x80 * ONES;

  private static final byte[] NON_LINEAR = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

  private Quants() {}

  /** Whether the type has scales at all: all but F32, F16 and BF16. */
  public static boolean isQuantized(StorageType type) {
    return type.blockElements() > 1;
  }

  /** Values that share a scale and an offset: 16 or 32. */
  public static int groupSize(StorageType type) {
    return switch (type) {
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, IQ4_NL, IQ4_XS -> 32;
      case Q2_K, Q3_K, Q6_K -> 16;
      case F32, F16, BF16 -> throw notQuantized(type);
    };
  }

  /** Whether all quants lie in 0 to 15, so that two fit a byte. */
  public static boolean isNibble(StorageType type) {
    return switch (type) {
      case Q4_0, Q4_1, Q2_K, Q3_K, Q4_K -> true;
      case Q5_0, Q5_1, Q8_0, Q5_K, Q6_K, IQ4_NL, IQ4_XS -> false;
      case F32, F16, BF16 -> throw notQuantized(type);
    };
  }

  /** Whether offsets may be other than zero. */
  public static boolean hasOffsets(StorageType type) {
    return switch (type) {
      case Q4_0, Q4_1, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K -> true;
      case Q5_0, Q8_0, Q6_K, IQ4_NL, IQ4_XS -> false;
      case F32, F16, BF16 -> throw notQuantized(type);
    };
  }

  /**
   * Takes blocks apart. Fills the three arrays from their start; for any number of threads on arrays of their own.
   *
   * @param source holds the blocks at {@code byteOffset}, of any alignment; borrowed
   * @param elements a multiple of {@link StorageType#blockElements}
   * @param quants [elements], within 0..15 if {@link #isNibble}
   * @param scales [elements / group]
   * @param offsets [elements / group]
   * @throws IllegalArgumentException if the type is not quantized or {@code elements} is not a whole number of blocks
   * @throws IndexOutOfBoundsException if blocks or results do not lie in their segment or array
   */
  public static void unpack(
      StorageType type, MemorySegment source, long byteOffset, int elements, byte[] quants, float[] scales, float[] offsets) {
    if (elements < 0 || elements % type.blockElements() != 0) {
      throw new IllegalArgumentException(
          "%s: expected a multiple of %d elements, found %d".formatted(type, type.blockElements(), elements));
    }
    // An exact slice: a range that leaves the source fails before the first write, and every access below is checked against it.
    MemorySegment blocks = source.asSlice(byteOffset, type.bytes(elements));
    switch (type) {
      case Q4_0 -> q4(blocks, elements, quants, scales, offsets);
      case Q4_1 -> q4WithMinimum(blocks, elements, quants, scales, offsets);
      case Q5_0 -> q5(blocks, elements, quants, scales, offsets);
      case Q5_1 -> q5WithMinimum(blocks, elements, quants, scales, offsets);
      case Q8_0 -> q8(blocks, elements, quants, scales, offsets);
      case Q2_K -> q2K(blocks, elements, quants, scales, offsets);
      case Q3_K -> q3K(blocks, elements, quants, scales, offsets);
      case Q4_K -> q4K(blocks, elements, quants, scales, offsets);
      case Q5_K -> q5K(blocks, elements, quants, scales, offsets);
      case Q6_K -> q6K(blocks, elements, quants, scales, offsets);
      case IQ4_NL -> iq4Nl(blocks, elements, quants, scales, offsets);
      case IQ4_XS -> iq4Xs(blocks, elements, quants, scales, offsets);
      case F32, F16, BF16 -> throw notQuantized(type);
    }
  }

  private static void q4(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 32; block++, at += 18) {
      scales[block] = half(source, at);
      offsets[block] = -8 * scales[block];
      nibbles(source, at + 2, quants, 32 * block);
    }
  }

  private static void q4WithMinimum(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 32; block++, at += 20) {
      scales[block] = half(source, at);
      offsets[block] = half(source, at + 2);
      nibbles(source, at + 4, quants, 32 * block);
    }
  }

  private static void q5(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 32; block++, at += 22) {
      scales[block] = half(source, at);
      offsets[block] = -0.0f;
      fives(source, at + 2, quants, 32 * block);
      for (int i = 0; i < 32; i += 8) put(quants, 32 * block + i, centered((long) LONGS.get(quants, 32 * block + i), 16));
    }
  }

  private static void q5WithMinimum(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 32; block++, at += 24) {
      scales[block] = half(source, at);
      offsets[block] = half(source, at + 2);
      fives(source, at + 4, quants, 32 * block);
    }
  }

  private static void q8(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 32; block++, at += 34) {
      scales[block] = half(source, at);
      offsets[block] = -0.0f;
      for (int i = 0; i < 32; i += 8) put(quants, 32 * block + i, source.get(LONG, at + 2 + i));
    }
  }

  private static void q2K(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 256; block++, at += 84) {
      float scale = half(source, at + 80);
      float minimum = half(source, at + 82);
      for (int group = 0; group < 16; group++) {
        int both = unsigned(source, at + group);
        scales[16 * block + group] = scale * (both & 15);
        offsets[16 * block + group] = -(minimum * (both >> 4));
      }
      for (int i = 0; i < 64; i += 8) {
        long pairs = source.get(LONG, at + 16 + i);
        int to = 256 * block + i / 32 * 128 + i % 32;
        for (int quarter = 0; quarter < 4; quarter++) put(quants, to + 32 * quarter, pairs >>> 2 * quarter & PAIRS);
      }
    }
  }

  private static void q3K(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 256; block++, at += 110) {
      float scale = half(source, at + 108);
      for (int group = 0; group < 16; group++) {
        int low = unsigned(source, at + 96 + (group & 7)) >> (group >> 3) * 4 & 15;
        int high = unsigned(source, at + 104 + (group & 3)) >> (group >> 2) * 2 & 3;
        scales[16 * block + group] = scale * ((low | high << 4) - 32);
        offsets[16 * block + group] = -4 * scales[16 * block + group];
      }
      for (int i = 0; i < 64; i += 8) {
        long pairs = source.get(LONG, at + 32 + i);
        long thirds = source.get(LONG, at + i % 32) >>> i / 32 * 4;
        int to = 256 * block + i / 32 * 128 + i % 32;
        for (int quarter = 0; quarter < 4; quarter++) {
          put(quants, to + 32 * quarter, pairs >>> 2 * quarter & PAIRS | (thirds >>> quarter & ONES) << 2);
        }
      }
    }
  }

  private static void q4K(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 256; block++, at += 144) {
      scalesAndMinimums(source, at, scales, offsets, 8 * block);
      for (int i = 0; i < 128; i += 8) {
        long both = source.get(LONG, at + 16 + i);
        int to = 256 * block + i / 32 * 64 + i % 32;
        put(quants, to, both & NIBBLES);
        put(quants, to + 32, both >>> 4 & NIBBLES);
      }
    }
  }

  private static void q5K(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 256; block++, at += 176) {
      scalesAndMinimums(source, at, scales, offsets, 8 * block);
      for (int i = 0; i < 128; i += 8) {
        long both = source.get(LONG, at + 48 + i);
        long fifths = source.get(LONG, at + 16 + i % 32) >>> i / 32 * 2;
        int to = 256 * block + i / 32 * 64 + i % 32;
        put(quants, to, both & NIBBLES | (fifths & ONES) << 4);
        put(quants, to + 32, both >>> 4 & NIBBLES | (fifths >>> 1 & ONES) << 4);
      }
    }
  }

  private static void q6K(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 256; block++, at += 210) {
      float scale = half(source, at + 208);
      for (int group = 0; group < 16; group++) {
        scales[16 * block + group] = scale * source.get(ValueLayout.JAVA_BYTE, at + 192 + group);
        offsets[16 * block + group] = -0.0f;
      }
      for (int i = 0; i < 64; i += 8) {
        int side = i / 32;
        long first = source.get(LONG, at + 64 * side + i % 32);
        long second = source.get(LONG, at + 64 * side + 32 + i % 32);
        long high = source.get(LONG, at + 128 + i);
        int to = 256 * block + 128 * side + i % 32;
        put(quants, to, centered(first & NIBBLES | (high & PAIRS) << 4, 32));
        put(quants, to + 32, centered(second & NIBBLES | (high >>> 2 & PAIRS) << 4, 32));
        put(quants, to + 64, centered(first >>> 4 & NIBBLES | (high >>> 4 & PAIRS) << 4, 32));
        put(quants, to + 96, centered(second >>> 4 & NIBBLES | (high >>> 6 & PAIRS) << 4, 32));
      }
    }
  }

  private static void iq4Nl(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 32; block++, at += 18) {
      scales[block] = half(source, at);
      offsets[block] = -0.0f;
      levels(source, at + 2, quants, 32 * block);
    }
  }

  private static void iq4Xs(MemorySegment source, int elements, byte[] quants, float[] scales, float[] offsets) {
    long at = 0;
    for (int block = 0; block < elements / 256; block++, at += 136) {
      float scale = half(source, at);
      int highs = source.get(SHORT, at + 2);
      for (int group = 0; group < 8; group++) {
        int low = unsigned(source, at + 4 + (group >> 1)) >> (group & 1) * 4 & 15;
        scales[8 * block + group] = scale * ((low | (highs >> 2 * group & 3) << 4) - 32);
        offsets[8 * block + group] = -0.0f;
        levels(source, at + 8 + 16 * group, quants, 256 * block + 32 * group);
      }
    }
  }

  /** Q4_K's and Q5_K's eight groups: four have their six bits in a byte, four are put together from two. */
  private static void scalesAndMinimums(MemorySegment source, long at, float[] scales, float[] offsets, int to) {
    float scale = half(source, at);
    float minimum = half(source, at + 2);
    for (int group = 0; group < 4; group++) {
      int first = unsigned(source, at + 4 + group);
      int second = unsigned(source, at + 8 + group);
      int third = unsigned(source, at + 12 + group);
      scales[to + group] = scale * (first & 63);
      offsets[to + group] = -(minimum * (second & 63));
      scales[to + group + 4] = scale * (third & 15 | first >> 6 << 4);
      offsets[to + group + 4] = -(minimum * (third >> 4 | second >> 6 << 4));
    }
  }

  /** 16 bytes to 32 values: low nibbles first. */
  private static void nibbles(MemorySegment source, long at, byte[] quants, int to) {
    long first = source.get(LONG, at);
    long second = source.get(LONG, at + 8);
    put(quants, to, first & NIBBLES);
    put(quants, to + 8, second & NIBBLES);
    put(quants, to + 16, first >>> 4 & NIBBLES);
    put(quants, to + 24, second >>> 4 & NIBBLES);
  }

  /** 32 fifth bits and 16 bytes of nibbles to 32 values. */
  private static void fives(MemorySegment source, long at, byte[] quants, int to) {
    int fifths = source.get(INT, at);
    long first = source.get(LONG, at + 4);
    long second = source.get(LONG, at + 12);
    put(quants, to, first & NIBBLES | fifth(fifths));
    put(quants, to + 8, second & NIBBLES | fifth(fifths >>> 8));
    put(quants, to + 16, first >>> 4 & NIBBLES | fifth(fifths >>> 16));
    put(quants, to + 24, second >>> 4 & NIBBLES | fifth(fifths >>> 24));
  }

  /** Bit i of the low eight to bit 4 of byte i. */
  private static long fifth(int bits) {
    return Long.expand(bits & 255, ONES << 4);
  }

  /** 16 bytes of indices into the uneven levels, low nibbles first. */
  private static void levels(MemorySegment source, long at, byte[] quants, int to) {
    for (int i = 0; i < 16; i++) {
      int both = unsigned(source, at + i);
      quants[to + i] = NON_LINEAR[both & 15];
      quants[to + i + 16] = NON_LINEAR[both >> 4];
    }
  }

  /** Each byte minus {@code center}: with its highest bit set a byte never borrows from the next. */
  private static long centered(long values, int center) {
    return (values | SIGNS) - center * ONES ^ SIGNS;
  }

  private static void put(byte[] quants, int index, long eight) {
    LONGS.set(quants, index, eight);
  }

  private static int unsigned(MemorySegment source, long at) {
    return Byte.toUnsignedInt(source.get(ValueLayout.JAVA_BYTE, at));
  }

  private static float half(MemorySegment source, long at) {
    return Float.float16ToFloat(source.get(SHORT, at));
  }

  private static IllegalArgumentException notQuantized(StorageType type) {
    return new IllegalArgumentException("%s: expected a quantized type".formatted(type));
  }
}
