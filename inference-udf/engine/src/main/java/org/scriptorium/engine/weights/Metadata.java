package org.scriptorium.engine.weights;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * A file's keys and values. A key that is missing, of another kind than asked for, or out of range is a {@link ModelException} that names
 * it; the forms with a default answer it only where the key is missing.
 */
public final class Metadata {
  private final Path path;
  /** String, Long, BigInteger (2^63 and above), Float, Double, Boolean, Strings, long[], float[], double[], boolean[] or Arrays. */
  private final Map<String, Object> values;

  Metadata(Path path, Map<String, Object> values) {
    this.path = path;
    this.values = Collections.unmodifiableMap(values);
  }

  /** The file that these come from. */
  public Path path() {
    return path;
  }

  /** All keys, as the file orders them. */
  public Set<String> keys() {
    return values.keySet();
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public String string(String key) {
    return required(key, String.class, "a string");
  }

  public String string(String key, String otherwise) {
    return has(key) ? string(key) : otherwise;
  }

  /** Any integer type, if the value fits. */
  public int integer(String key) {
    return integer(key, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  public int integer(String key, int otherwise) {
    return has(key) ? integer(key) : otherwise;
  }

  /** Any integer type, if the value lies between the two, both included. */
  public int integer(String key, int least, int most) {
    return inRange(key, longInteger(key), least, most);
  }

  /** Any integer type but values of 2^63 and above. */
  public long longInteger(String key) {
    return switch (required(key, Object.class, "an integer")) {
      case Long number -> number;
      case BigInteger number -> throw wrong(key, "at most " + Long.MAX_VALUE, number.toString());
      case Object other -> throw wrong(key, "an integer", describe(other));
    };
  }

  /** Any floating-point type; an integer is taken as the number it is. */
  public double real(String key) {
    return switch (required(key, Object.class, "a number")) {
      case Float number -> number;
      case Double number -> number;
      case Long number -> number;
      case Object other -> throw wrong(key, "a number", describe(other));
    };
  }

  public double real(String key, double otherwise) {
    return has(key) ? real(key) : otherwise;
  }

  /** Any number, as the narrowest kind that holds it: a Long, BigInteger, Float or Double. */
  public Number number(String key) {
    return required(key, Number.class, "a number");
  }

  /** A number as {@link #number} gives it, or a Boolean. */
  public Object scalar(String key) {
    return required(key, Object.class, "a number, true or false") instanceof Boolean flag ? flag : number(key);
  }

  public boolean bool(String key) {
    return required(key, Boolean.class, "true or false");
  }

  public boolean bool(String key, boolean otherwise) {
    return has(key) ? bool(key) : otherwise;
  }

  /** An array of strings; unmodifiable. */
  public List<String> strings(String key) {
    if (!(required(key, Object.class, "an array of strings") instanceof Strings strings)) {
      throw wrong(key, "an array of strings", describe(values.get(key)));
    }
    return strings.values();
  }

  /** An array of any integer type, if all values fit; the caller's own. */
  public int[] integers(String key) {
    long[] numbers = required(key, long[].class, "an array of integers");
    int[] result = new int[numbers.length];
    for (int i = 0; i < numbers.length; i++) result[i] = inRange(key, numbers[i], Integer.MIN_VALUE, Integer.MAX_VALUE);
    return result;
  }

  /** An array of float32; the caller's own. */
  public float[] reals(String key) {
    return required(key, float[].class, "an array of float32").clone();
  }

  /** The value for people to read: strings as they are, arrays as their kind and length. Empty where there is no such key. */
  public String text(String key) {
    return switch (values.get(key)) {
      case null -> "";
      case String text -> text;
      case Object other -> describe(other);
    };
  }

  /** An array of strings: a type of its own, so that it is told from nested arrays. */
  record Strings(List<String> values) {}

  /** An array of arrays: kept so that its presence can be told, read by nobody. */
  record Arrays(int length) {}

  private <T> T required(String key, Class<T> kind, String expected) {
    Object value = values.get(key);
    if (value == null) {
      throw new ModelException(ErrorCode.MODEL_CORRUPT,
          "%s: %s: expected %s, found no such key%s; the file is incomplete: convert the model again"
              .formatted(path, key, expected, Names.nearest(key, keys())));
    }
    if (!kind.isInstance(value)) throw wrong(key, expected, describe(value));
    return kind.cast(value);
  }

  private int inRange(String key, long value, int least, int most) {
    if (value < least || value > most) throw wrong(key, "from %d to %d".formatted(least, most), Long.toString(value));
    return (int) value;
  }

  private ModelException wrong(String key, String expected, String found) {
    return new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: %s: expected %s, found %s; the file's metadata are wrong: convert the model again".formatted(path, key, expected, found));
  }

  private static String describe(Object value) {
    return switch (value) {
      case String text -> "the string \"%s\"".formatted(text.length() > 60 ? text.substring(0, 60) + "…" : text);
      case Strings strings -> "an array of %d strings".formatted(strings.values().size());
      case long[] numbers -> "an array of %d integers".formatted(numbers.length);
      case float[] numbers -> "an array of %d float32".formatted(numbers.length);
      case double[] numbers -> "an array of %d float64".formatted(numbers.length);
      case boolean[] flags -> "an array of %d booleans".formatted(flags.length);
      case Arrays arrays -> "an array of %d arrays".formatted(arrays.length());
      case Object other -> other.toString();
    };
  }
}
