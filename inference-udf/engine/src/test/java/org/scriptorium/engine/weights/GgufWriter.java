package org.scriptorium.engine.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.kernel.StorageType;

/** Writes GGUF files for tests, right ones and, where a test asks for it, wrong ones. */
public final class GgufWriter {
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int UINT64 = 10;
  private static final int FLOAT64 = 12;

  private final Map<String, byte[]> metadata = new LinkedHashMap<>();
  private final List<Entry> tensors = new ArrayList<>();
  private int version = 3;
  private int alignment = 32;

  /** A tensor as it will stand in the file; {@code offset} below 0 places it after the one before. */
  private record Entry(byte[] name, int ggmlType, long[] shape, byte[] data, long offset) {}

  public GgufWriter version(int value) {
    version = value;
    return this;
  }

  /** Aligns the tensors, and says so in the metadata. */
  public GgufWriter alignment(int value) {
    alignment = value;
    return put("general.alignment", value);
  }

  /**
   * Adds a metadata value: String, Integer (uint32), Long (uint64), Float, Double, Boolean, {@code List<String>}, {@code int[]} (int32) or
   * {@code float[]}.
   */
  public GgufWriter put(String key, Object value) {
    var out = new Output();
    switch (value) {
      case String text -> out.int32(STRING).text(text);
      case Integer number -> out.int32(UINT32).int32(number);
      case Long number -> out.int32(UINT64).int64(number);
      case Float number -> out.int32(FLOAT32).int32(Float.floatToRawIntBits(number));
      case Double number -> out.int32(FLOAT64).int64(Double.doubleToRawLongBits(number));
      case Boolean flag -> out.int32(BOOL).bytes((byte) (flag ? 1 : 0));
      case List<?> texts -> {
        out.int32(ARRAY).int32(STRING).int64(texts.size());
        texts.forEach(text -> out.text((String) text));
      }
      case int[] numbers -> {
        out.int32(ARRAY).int32(INT32).int64(numbers.length);
        for (int number : numbers) out.int32(number);
      }
      case float[] numbers -> {
        out.int32(ARRAY).int32(FLOAT32).int64(numbers.length);
        for (float number : numbers) out.int32(Float.floatToRawIntBits(number));
      }
      default -> throw new IllegalArgumentException("no GGUF type for " + value.getClass());
    }
    metadata.put(key, out.toByteArray());
    return this;
  }

  /** Adds a metadata value whose type and bytes are given as they will stand in the file. */
  public GgufWriter raw(String key, byte[] typeAndValue) {
    metadata.put(key, typeAndValue);
    return this;
  }

  /** Adds a tensor; {@code shape} is row-major, slowest dimension first. */
  public GgufWriter tensor(String name, StorageType type, byte[] data, long... shape) {
    return tensor(name.getBytes(StandardCharsets.UTF_8), type.ggmlType(), data, -1, shape);
  }

  /** Adds a tensor whatever its name's bytes, type, place and shape. */
  public GgufWriter tensor(byte[] name, int ggmlType, byte[] data, long offset, long... shape) {
    tensors.add(new Entry(name, ggmlType, shape, data, offset));
    return this;
  }

  public Path write(Path file) {
    try {
      return Files.write(file, toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public byte[] toByteArray() {
    var out = new Output();
    out.bytes("GGUF".getBytes(StandardCharsets.US_ASCII)).int32(version).int64(tensors.size()).int64(metadata.size());
    metadata.forEach((key, value) -> out.text(key).bytes(value));
    var data = new Output();
    for (Entry tensor : tensors) {
      out.int64(tensor.name.length).bytes(tensor.name).int32(tensor.shape.length);
      for (int i = tensor.shape.length - 1; i >= 0; i--) out.int64(tensor.shape[i]);
      data.align(alignment);
      out.int32(tensor.ggmlType).int64(tensor.offset < 0 ? data.size() : tensor.offset);
      data.bytes(tensor.data);
    }
    return out.align(alignment).bytes(data.toByteArray()).toByteArray();
  }

  private static final class Output {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Output bytes(byte... values) {
      bytes.writeBytes(values);
      return this;
    }

    Output int32(int value) {
      return bytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    Output int64(long value) {
      return bytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    Output text(String text) {
      byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
      return int64(encoded.length).bytes(encoded);
    }

    Output align(int alignment) {
      while (bytes.size() % alignment != 0) bytes.write(0);
      return this;
    }

    int size() {
      return bytes.size();
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }
}
