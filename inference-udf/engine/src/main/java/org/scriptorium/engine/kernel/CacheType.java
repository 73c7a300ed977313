package org.scriptorium.engine.kernel;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How keys and values are kept in the cache. */
public enum CacheType {
  /** As they were computed. Infinities and NaN can't be kept: what is nothing by weight would be NaN by product. */
  FLOAT32(Float.BYTES, 1),
  /**
   * IEEE binary16 without subnormal numbers, which processors are slow at: below 2^-14 a value becomes that or zero, whichever is nearer. In
   * each run of 32 values a pair (j, j + 16) lies side by side, so that one load of 32-bit integers gives two vectors of floats by shifts, a
   * mask and a product, whatever the vectors' width. Values lie as [runs, tokens, 32], so that a pass over a run reads memory in one straight
   * line. Infinities, NaN and what rounds beyond 65,504 can't be kept.
   */
  FLOAT16(Short.BYTES, 32);

  /** From here on values round to more than the greatest of binary16. */
  private static final float BEYOND_HALF = 65520f;

  private final int bytes;
  private final int run;

  CacheType(int bytes, int run) {
    this.bytes = bytes;
    this.run = run;
  }

  /** Names that {@link #named} knows. */
  public static List<String> names() {
    return Arrays.stream(values()).map(type -> type.name().toLowerCase(Locale.ROOT)).toList();
  }

  /** @throws IllegalArgumentException if the name is not one of {@link #names} */
  public static CacheType named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().toLowerCase(Locale.ROOT).equals(name)).findFirst()
        .orElseThrow(() -> new IllegalArgumentException("cache type: expected one of %s, found \"%s\"".formatted(names(), name)));
  }

  /** Bytes of one value. */
  public int bytes() {
    return bytes;
  }

  /** {@code width} rounded up to whole runs: what the values of one token take. */
  public int padded(int width) {
    return (width + run - 1) / run * run;
  }

  /** Place of a token's key in a block of keys, [width, tokens], counted in values. */
  public int keyPlace(int slot, int index) {
    return index * Attention.BLOCK + switch (this) {
      case FLOAT32 -> slot;
      case FLOAT16 -> paired(slot);
    };
  }

  /** Place of a token's value in a block of values of heads of {@code width}, counted in values. */
  public int valuePlace(int slot, int index, int width) {
    return switch (this) {
      case FLOAT32 -> slot * width + index;
      case FLOAT16 -> (index / run * Attention.BLOCK + slot) * run + paired(index % run);
    };
  }

  /** Within a run j and j + 16 become neighbours. */
  private static int paired(int index) {
    return index % 16 * 2 + index / 16;
  }

  /** Whether a value can be kept. */
  public boolean keeps(float value) {
    return switch (this) {
      case FLOAT32 -> Float.isFinite(value);
      case FLOAT16 -> Math.abs(value) < BEYOND_HALF;
    };
  }

  /** A value as {@link #FLOAT16} keeps it. */
  public static short half(float value) {
    short bits = Float.floatToFloat16(value);
    boolean isSubnormal = (bits & 0x7c00) == 0;
    return isSubnormal ? (short) (bits & 0x8000 | (bits & 0x3ff) + 0x200 & 0x400) : bits;
  }
}
