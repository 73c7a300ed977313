package org.scriptorium.engine.weights;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;

/** Reads the list of tensors of a GGUF file, and finds where each lies. */
final class GgufTensors {
  private static final int MOST_TENSORS = 1 << 20;
  private static final int LONGEST_NAME = 1024;
  private static final int MOST_DIMENSIONS = 4;
  /** An empty name, a dimension, a type, an offset. */
  private static final int LEAST_ENTRY_BYTES = 8 + 4 + 8 + 4 + 8;
  /** What ggml.h calls the types that are not read here. */
  private static final Map<Integer, String> OTHER_TYPES = Map.ofEntries(
      Map.entry(4, "Q4_2"), Map.entry(5, "Q4_3"), Map.entry(9, "Q8_1"), Map.entry(15, "Q8_K"), Map.entry(16, "IQ2_XXS"),
      Map.entry(17, "IQ2_XS"), Map.entry(18, "IQ3_XXS"), Map.entry(19, "IQ1_S"), Map.entry(21, "IQ3_S"), Map.entry(22, "IQ2_S"),
      Map.entry(24, "I8"), Map.entry(25, "I16"), Map.entry(26, "I32"), Map.entry(27, "I64"), Map.entry(28, "F64"),
      Map.entry(29, "IQ1_M"), Map.entry(34, "TQ1_0"), Map.entry(35, "TQ2_0"), Map.entry(39, "MXFP4"));

  private final Path path;
  private final GgufCursor cursor;
  private final int alignment;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** A tensor in the list; its offset counts from where the data start. */
  private record Entry(String name, StorageType type, long[] shape, long offset, long bytes) {}

  GgufTensors(Path path, GgufCursor cursor, int alignment) {
    this.path = path;
    this.cursor = cursor;
    this.alignment = alignment;
  }

  static int count(GgufCursor cursor) {
    return cursor.count("tensors", LEAST_ENTRY_BYTES, MOST_TENSORS);
  }

  Map<String, Tensor> read(int count) {
    for (int i = 0; i < count; i++) {
      cursor.enter("tensor %d of %d".formatted(i + 1, count));
      long at = cursor.position();
      Entry entry = entry(at);
      if (entries.put(entry.name, entry) != null) throw cursor.corrupt("expected each tensor once, found it again", at);
    }
    long start = cursor.position() + Math.floorMod(-cursor.position(), alignment);
    var tensors = new LinkedHashMap<String, Tensor>();
    entries.forEach((name, entry) -> tensors.put(name, new Tensor(name, entry.type, entry.shape, data(entry, start))));
    requireDisjoint(start);
    return tensors;
  }

  private Entry entry(long at) {
    String name = cursor.text();
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      throw cursor.corrupt("expected a name of 1 to %d characters, found %d".formatted(LONGEST_NAME, name.length()), at);
    }
    cursor.enter(name);
    long[] shape = shape();
    long typeAt = cursor.position();
    StorageType type = type(name, cursor.int32());
    long inner = shape[shape.length - 1];
    if (inner % type.blockElements() != 0) {
      throw cursor.corrupt("expected rows of a multiple of %d values (%s), found %s"
          .formatted(type.blockElements(), type, Arrays.toString(shape)), typeAt);
    }
    long offsetAt = cursor.position();
    long offset = cursor.int64();
    if (offset < 0 || offset % alignment != 0) {
      throw cursor.corrupt("expected an offset that is a multiple of %d, found %s"
          .formatted(alignment, Long.toUnsignedString(offset)), offsetAt);
    }
    return new Entry(name, type, shape, offset, type.bytes(Arrays.stream(shape).reduce(1, Math::multiplyExact)));
  }

  /** The dimensions, turned to row-major. Their product, and so any number of bytes, fits a long. */
  private long[] shape() {
    long at = cursor.position();
    int dimensions = cursor.int32();
    if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
      throw cursor.corrupt("expected 1 to %d dimensions, found %s".formatted(MOST_DIMENSIONS, Integer.toUnsignedString(dimensions)), at);
    }
    long[] shape = new long[dimensions];
    long elements = 1;
    for (int i = dimensions - 1; i >= 0; i--) {
      shape[i] = cursor.int64();
      boolean possible = shape[i] > 0 && shape[i] <= (Long.MAX_VALUE >> 4) / elements;
      if (!possible) {
        throw cursor.corrupt("expected dimensions of a tensor, found %s among them".formatted(Long.toUnsignedString(shape[i])), at);
      }
      elements *= shape[i];
    }
    return shape;
  }

  private StorageType type(String name, int ggmlType) {
    for (StorageType type : StorageType.values()) {
      if (type.ggmlType() == ggmlType) return type;
    }
    String other = Optional.ofNullable(OTHER_TYPES.get(ggmlType)).map(known -> " (" + known + ")").orElse("");
    String supported = Arrays.stream(StorageType.values()).map(Enum::name).collect(Collectors.joining(", "));
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
        "%s: %s: storage type %s%s is not supported, supported are %s; choose another quantization"
            .formatted(path, name, Integer.toUnsignedString(ggmlType), other, supported));
  }

  /**
   * No tensor shares bytes with another: one that does is a sign of a wrong offset. All are known to lie in the file, so no sum
   * overflows.
   */
  private void requireDisjoint(long start) {
    Entry previous = null;
    for (Entry entry : entries.values().stream().sorted(Comparator.comparingLong(Entry::offset)).toList()) {
      if (previous != null && entry.offset < previous.offset + previous.bytes) {
        cursor.enter(entry.name);
        throw cursor.corrupt("expected data of its own, found them inside those of %s, which end at byte %d"
            .formatted(previous.name, start + previous.offset + previous.bytes), start + entry.offset);
      }
      previous = entry;
    }
  }

  private MemorySegment data(Entry entry, long start) {
    long size = cursor.file().byteSize();
    // Neither sum can overflow once the offset is known to lie in the file.
    if (entry.offset > size - start || entry.bytes > size - start - entry.offset) {
      throw new ModelException(ErrorCode.MODEL_CORRUPT,
          "%s: %s: expected %d bytes of data at byte %s, found a file of %d bytes; it is truncated or damaged: fetch it again"
              .formatted(path, entry.name, entry.bytes, Long.toUnsignedString(start + entry.offset), size));
    }
    return cursor.file().asSlice(start + entry.offset, entry.bytes);
  }
}
