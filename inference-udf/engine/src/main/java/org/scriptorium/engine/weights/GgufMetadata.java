package org.scriptorium.engine.weights;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ModelException;

/** Reads the keys and values at the front of a GGUF file. */
final class GgufMetadata {
  /** Four times the largest vocabulary's merges; so many numbers still fit any heap. */
  private static final int MOST_ELEMENTS = 1 << 22;
  private static final int MOST_KEYS = 1 << 16;
  private static final int LONGEST_KEY = 1 << 16;
  private static final int DEEPEST = 4;
  /** An empty key, a type and a byte. */
  private static final int LEAST_ENTRY_BYTES = 8 + 4 + 1;

  private final GgufCursor cursor;

  GgufMetadata(GgufCursor cursor) {
    this.cursor = cursor;
  }

  static int count(GgufCursor cursor) {
    return cursor.count("metadata keys", LEAST_ENTRY_BYTES, MOST_KEYS);
  }

  Map<String, Object> read(int count) {
    var values = new LinkedHashMap<String, Object>();
    for (int i = 0; i < count; i++) {
      cursor.enter("metadata key %d of %d".formatted(i + 1, count));
      long at = cursor.position();
      String key = cursor.text();
      if (key.isEmpty() || key.length() > LONGEST_KEY) {
        throw cursor.corrupt("expected a key of 1 to %d characters, found %d".formatted(LONGEST_KEY, key.length()), at);
      }
      cursor.enter(key);
      Object value = value(cursor.int32());
      if (values.put(key, value) != null) throw cursor.corrupt("expected each key once, found it again", at);
    }
    return values;
  }

  private Object value(int type) {
    return switch (type) {
      case 0 -> (long) Byte.toUnsignedInt(cursor.int8());
      case 1 -> (long) cursor.int8();
      case 2 -> (long) Short.toUnsignedInt(cursor.int16());
      case 3 -> (long) cursor.int16();
      case 4 -> Integer.toUnsignedLong(cursor.int32());
      case 5 -> (long) cursor.int32();
      case 6 -> Float.intBitsToFloat(cursor.int32());
      case 7 -> bool();
      case 8 -> cursor.text();
      case 9 -> array(0);
      case 10 -> unsigned(cursor.int64());
      case 11 -> cursor.int64();
      case 12 -> Double.longBitsToDouble(cursor.int64());
      default -> throw unknownType(type);
    };
  }

  private Object array(int depth) {
    int type = cursor.int32();
    return switch (type) {
      case 0, 1 -> integers(type, cursor.count("elements", 1, MOST_ELEMENTS));
      case 2, 3 -> integers(type, cursor.count("elements", 2, MOST_ELEMENTS));
      case 4, 5 -> integers(type, cursor.count("elements", 4, MOST_ELEMENTS));
      case 10, 11 -> integers(type, cursor.count("elements", 8, MOST_ELEMENTS));
      case 6 -> floats(cursor.count("elements", 4, MOST_ELEMENTS));
      case 7 -> booleans(cursor.count("elements", 1, MOST_ELEMENTS));
      case 8 -> strings(cursor.count("elements", 8, MOST_ELEMENTS));
      case 9 -> arrays(cursor.count("elements", 12, MOST_ELEMENTS), depth);
      case 12 -> doubles(cursor.count("elements", 8, MOST_ELEMENTS));
      default -> throw unknownType(type);
    };
  }

  private long[] integers(int type, int count) {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      long at = cursor.position();
      if (!(value(type) instanceof Long number)) throw cursor.corrupt("expected integers below 2^63, found a larger one", at);
      values[i] = number;
    }
    return values;
  }

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = Float.intBitsToFloat(cursor.int32());
    return values;
  }

  private double[] doubles(int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) values[i] = Double.longBitsToDouble(cursor.int64());
    return values;
  }

  private boolean[] booleans(int count) {
    boolean[] values = new boolean[count];
    for (int i = 0; i < count; i++) values[i] = bool();
    return values;
  }

  private Metadata.Strings strings(int count) {
    List<String> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) values.add(cursor.text());
    return new Metadata.Strings(Collections.unmodifiableList(values));
  }

  private Metadata.Arrays arrays(int count, int depth) {
    if (depth == DEEPEST) throw cursor.corrupt("expected arrays at most %d deep, found more".formatted(DEEPEST), cursor.position());
    for (int i = 0; i < count; i++) array(depth + 1);
    return new Metadata.Arrays(count);
  }

  private boolean bool() {
    long at = cursor.position();
    byte value = cursor.int8();
    if (value != 0 && value != 1) throw cursor.corrupt("expected 0 or 1, found %d".formatted(value), at);
    return value == 1;
  }

  private static Object unsigned(long bits) {
    return bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
  }

  private ModelException unknownType(int type) {
    long at = cursor.position() - Integer.BYTES;
    return cursor.corrupt("expected a value's type from 0 to 12, found %s".formatted(Integer.toUnsignedString(type)), at);
  }
}
