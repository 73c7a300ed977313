package org.scriptorium.engine.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;

/**
 * One file in the safetensors format (github.com/huggingface/safetensors): eight bytes of length, a JSON header, then the tensors' bytes,
 * which as the format says follow one another without gap or overlap to the file's end. All of that is checked here.
 */
final class SafetensorsFile {
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int PREFIX_BYTES = 8;
  /** The format's own bound. */
  private static final long MOST_HEADER_BYTES = 100_000_000;
  private static final int MOST_DIMENSIONS = 8;
  private static final Map<String, Integer> ELEMENT_BYTES = Map.ofEntries(Map.entry("F64", 8), Map.entry("I64", 8), Map.entry("U64", 8),
      Map.entry("F32", 4), Map.entry("I32", 4), Map.entry("U32", 4), Map.entry("F16", 2), Map.entry("BF16", 2), Map.entry("I16", 2),
      Map.entry("U16", 2), Map.entry("F8_E4M3", 1), Map.entry("F8_E5M2", 1), Map.entry("I8", 1), Map.entry("U8", 1), Map.entry("BOOL", 1));

  private final Path path;
  private final MemorySegment file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** @param file the whole file, borrowed */
  SafetensorsFile(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
    byte[] header = header();
    ObjectNode object = JsonFiles.parse(path, "header: ", header);
    for (var field : object.properties()) {
      if (!field.getKey().equals("__metadata__")) entries.put(field.getKey(), entry(field.getKey(), field.getValue()));
    }
    requireSeamless(file.byteSize() - PREFIX_BYTES - header.length);
    for (Entry entry : entries.values()) entry.start += PREFIX_BYTES + header.length;
  }

  private static final class Entry {
    private final String type;
    private final long[] shape;
    private final long bytes;
    /** From the end of the header at first, then from the file's start. */
    private long start;

    private Entry(String type, long[] shape, long start, long bytes) {
      this.type = type;
      this.shape = shape;
      this.start = start;
      this.bytes = bytes;
    }
  }

  /** Names of all tensors, as the header orders them. */
  List<String> names() {
    return List.copyOf(entries.keySet());
  }

  boolean has(String name) {
    return entries.containsKey(name);
  }

  /** Whether weights can be of the tensor's type; others, such as masks that old files hold, are there but are not read. */
  boolean isReadable(String name) {
    return entries.get(name).type.matches("F32|F16|BF16");
  }

  /** @throws ModelException MODEL_UNSUPPORTED if its type is not read here */
  Tensor tensor(String name) {
    Entry entry = entries.get(name);
    if (!isReadable(name)) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: %s: dtype %s is not supported, supported are F32, F16, BF16; convert the model"
          .formatted(path, name, entry.type));
    }
    return new Tensor(name, StorageType.valueOf(entry.type), entry.shape, file.asSlice(entry.start, entry.bytes));
  }

  private byte[] header() {
    long room = file.byteSize() - PREFIX_BYTES;
    long length = room < 0 ? -1 : file.get(LONG, 0);
    if (length < 2 || length > Math.min(room, MOST_HEADER_BYTES)) {
      throw corrupt("", "a safetensors file, whose header has 2 to %d bytes".formatted(Math.max(2, Math.min(room, MOST_HEADER_BYTES))),
          room < 0 ? "a file of %d bytes".formatted(file.byteSize()) : "a length of " + Long.toUnsignedString(length));
    }
    byte[] header = new byte[(int) length];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, PREFIX_BYTES, header, 0, header.length);
    if (header[0] != '{') throw corrupt("", "a header that starts with {", "0x%02x".formatted(header[0]));
    return header;
  }

  private Entry entry(String name, JsonNode value) {
    JsonNode type = value.path("dtype"), shape = value.path("shape"), offsets = value.path("data_offsets");
    if (!type.isTextual()) throw corrupt(name, "a dtype", type);
    Integer elementBytes = ELEMENT_BYTES.get(type.textValue());
    if (elementBytes == null) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: %s: dtype \"%s\" is not known; supported are F32, F16, BF16; convert the model"
          .formatted(path, name, type.textValue()));
    }
    if (!shape.isArray() || shape.size() > MOST_DIMENSIONS) throw corrupt(name, "a shape of at most %d dimensions".formatted(MOST_DIMENSIONS), shape);
    long[] dimensions = new long[shape.size()];
    long bytes = elementBytes;
    for (int i = 0; i < dimensions.length; i++) {
      dimensions[i] = natural(name, "dimensions", shape.get(i));
      if (dimensions[i] > 0 && bytes > Long.MAX_VALUE / dimensions[i]) throw corrupt(name, "dimensions of a tensor", shape);
      bytes *= dimensions[i];
    }
    if (!offsets.isArray() || offsets.size() != 2) throw corrupt(name, "two data_offsets", offsets);
    long from = natural(name, "data_offsets", offsets.get(0)), to = natural(name, "data_offsets", offsets.get(1));
    if (to < from || to - from != bytes) {
      throw corrupt(name, "data_offsets %d bytes apart, for %s of %s".formatted(bytes, shape, type.textValue()), offsets);
    }
    return new Entry(type.textValue(), dimensions, from, bytes);
  }

  private long natural(String name, String what, JsonNode number) {
    if (number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0) return number.longValue();
    throw corrupt(name, what + " that are natural numbers", number);
  }

  private void requireSeamless(long size) {
    var order = new ArrayList<>(entries.entrySet());
    order.sort(Comparator.comparingLong((Map.Entry<String, Entry> named) -> named.getValue().start)
        .thenComparingLong(named -> named.getValue().bytes));
    long end = 0;
    for (var named : order) {
      Entry entry = named.getValue();
      if (entry.start != end) throw corrupt(named.getKey(), "data at offset %d, where the tensor before it ends".formatted(end), entry.start);
      if (entry.bytes > size - end) {
        throw corrupt(named.getKey(), "%d bytes of data at offset %d".formatted(entry.bytes, end), "%d in all".formatted(size));
      }
      end += entry.bytes;
    }
    if (end != size) throw corrupt("", "%d bytes of tensors".formatted(end), size);
  }

  private ModelException corrupt(String name, String expected, Object found) {
    String text = found instanceof JsonNode node && node.isMissingNode() ? "nothing" : found.toString();
    return new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %sexpected %s, found %s; the file is truncated or damaged: fetch it again"
        .formatted(path, name.isEmpty() ? "" : name + ": ", expected, text.length() > 80 ? text.substring(0, 80) + "…" : text));
  }
}
