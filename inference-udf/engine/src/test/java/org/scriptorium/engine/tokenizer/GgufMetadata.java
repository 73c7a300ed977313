package org.scriptorium.engine.tokenizer;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The strings, numbers and flags of a sound GGUF file's metadata, so that this package's tests need no other package. */
final class GgufMetadata {
  private static final int UINT32 = 4, INT32 = 5, FLOAT32 = 6, BOOL = 7, STRING = 8, ARRAY = 9;
  /** Bytes of a value by type; 0 where they vary. */
  private static final int[] WIDTHS = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

  private final DataInputStream input;

  private GgufMetadata(DataInputStream input) {
    this.input = input;
  }

  static Map<String, Object> read(Path file) throws IOException {
    try (var input = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (input.readInt() != 0x47475546) throw new IOException(file + " is not GGUF");
      input.skipNBytes(4 + 8);
      var reader = new GgufMetadata(input);
      long count = Long.reverseBytes(input.readLong());
      var values = new HashMap<String, Object>();
      for (long i = 0; i < count; i++) {
        String key = reader.string();
        values.put(key, reader.value(reader.int32()));
      }
      return values;
    }
  }

  private Object value(int type) throws IOException {
    if (type == STRING) return string();
    if (type == INT32 || type == UINT32) return int32();
    if (type == BOOL) return input.readBoolean();
    if (type != ARRAY) return new String(input.readNBytes(WIDTHS[type]), StandardCharsets.ISO_8859_1);
    int element = int32(), count = Math.toIntExact(Long.reverseBytes(input.readLong()));
    if (element == STRING) {
      var strings = new String[count];
      for (int i = 0; i < count; i++) strings[i] = string();
      return strings;
    }
    if (element == FLOAT32) {
      var reals = new float[count];
      for (int i = 0; i < count; i++) reals[i] = Float.intBitsToFloat(int32());
      return reals;
    }
    var numbers = new int[count];
    for (int i = 0; i < count; i++) if (element == INT32) numbers[i] = int32(); else input.skipNBytes(WIDTHS[element]);
    return numbers;
  }

  private String string() throws IOException {
    return new String(input.readNBytes(Math.toIntExact(Long.reverseBytes(input.readLong()))), StandardCharsets.UTF_8);
  }

  private int int32() throws IOException {
    return Integer.reverseBytes(input.readInt());
  }
}
