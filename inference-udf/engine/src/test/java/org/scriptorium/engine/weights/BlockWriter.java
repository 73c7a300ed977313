package org.scriptorium.engine.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.scriptorium.engine.kernel.StorageType;

/** Stores float32 values as GGML blocks, for test models: plain rounding to the nearest level, no search for the best scale. */
public final class BlockWriter {
  private BlockWriter() {}

  /** The values in the given type; their number is a multiple of its block. F32, F16, Q4_0, Q4_1 and Q8_0 only. */
  public static byte[] write(StorageType type, float[] values) {
    var out = ByteBuffer.allocate(Math.toIntExact(type.bytes(values.length))).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += type.blockElements()) {
      switch (type) {
        case F32 -> out.putFloat(values[from]);
        case F16 -> out.putShort(Float.floatToFloat16(values[from]));
        case Q8_0 -> symmetric8(values, from, out);
        case Q4_0 -> symmetric4(values, from, out);
        case Q4_1 -> affine4(values, from, out);
        default -> throw new IllegalArgumentException("not written here: " + type);
      }
    }
    return out.array();
  }

  private static void symmetric8(float[] values, int from, ByteBuffer out) {
    float scale = half(largest(values, from) / 127, out);
    for (int i = 0; i < 32; i++) out.put((byte) level(values[from + i], scale, -127, 127));
  }

  private static void symmetric4(float[] values, int from, ByteBuffer out) {
    float scale = half(largest(values, from) / 7, out);
    for (int i = 0; i < 16; i++) {
      int low = level(values[from + i], scale, -8, 7) + 8;
      int high = level(values[from + i + 16], scale, -8, 7) + 8;
      out.put((byte) (low | high << 4));
    }
  }

  private static void affine4(float[] values, int from, ByteBuffer out) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < 32; i++) {
      least = Math.min(least, values[from + i]);
      most = Math.max(most, values[from + i]);
    }
    float scale = half((most - least) / 15, out);
    float minimum = half(least, out);
    for (int i = 0; i < 16; i++) {
      int low = level(values[from + i] - minimum, scale, 0, 15);
      int high = level(values[from + i + 16] - minimum, scale, 0, 15);
      out.put((byte) (low | high << 4));
    }
  }

  /** Writes a value as a half and returns what it became. */
  private static float half(float value, ByteBuffer out) {
    short bits = Float.floatToFloat16(value);
    out.putShort(bits);
    return Float.float16ToFloat(bits);
  }

  private static float largest(float[] values, int from) {
    float largest = 0;
    for (int i = 0; i < 32; i++) largest = Math.max(largest, Math.abs(values[from + i]));
    return largest;
  }

  private static int level(float value, float scale, int least, int most) {
    return scale == 0 ? 0 : Math.clamp(Math.round(value / scale), least, most);
  }
}
