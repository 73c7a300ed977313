package org.scriptorium.engine.kernel;

import org.scriptorium.engine.Random32;

/** Stored weights of any type with random bits, of the size that weights have: the halves in them are small and finite. */
final class RandomBlocks {
  private RandomBlocks() {}

  static byte[] of(StorageType type, int elements, Random32 random) {
    byte[] bytes = random.bytes(Math.toIntExact(type.bytes(elements)));
    for (int at = 0; at < bytes.length; at += type.blockBytes()) {
      switch (type) {
        case F32 -> integer(bytes, at, Float.floatToIntBits(0.1f * random.normal()));
        case F16 -> half(bytes, at, 0.1f * random.normal());
        case BF16 -> put(bytes, at, (short) (Float.floatToIntBits(0.1f * random.normal()) >>> 16));
        case Q4_0, Q5_0, Q8_0, IQ4_NL, IQ4_XS -> half(bytes, at, 0.01f * random.normal());
        case Q4_1, Q5_1, Q4_K, Q5_K -> {
          half(bytes, at, 0.01f * random.normal());
          half(bytes, at + 2, 0.01f * random.normal());
        }
        case Q2_K -> {
          half(bytes, at + 80, 0.01f * random.normal());
          half(bytes, at + 82, 0.01f * random.normal());
        }
        case Q3_K -> half(bytes, at + 108, 0.01f * random.normal());
        case Q6_K -> half(bytes, at + 208, 0.001f * random.normal());
      }
    }
    return bytes;
  }

  static void half(byte[] bytes, int at, float value) {
    put(bytes, at, Float.floatToFloat16(value));
  }

  static void integer(byte[] bytes, int at, int bits) {
    put(bytes, at, (short) bits);
    put(bytes, at + 2, (short) (bits >>> 16));
  }

  static void put(byte[] bytes, int at, short bits) {
    bytes[at] = (byte) bits;
    bytes[at + 1] = (byte) (bits >> 8);
  }
}
