package org.scriptorium.engine.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Writes safetensors files for tests: whole ones, and such as only a test would write. */
public final class SafetensorsWriter {
  private final List<String> entries = new ArrayList<>();
  private final List<byte[]> contents = new ArrayList<>();
  private long size;

  /** Adds a tensor after the others. */
  public SafetensorsWriter tensor(String name, String type, byte[] content, long... shape) {
    entry(name, type, size, size + content.length, shape);
    contents.add(content);
    size += content.length;
    return this;
  }

  /** Adds an entry of the header that may say anything. */
  public SafetensorsWriter entry(String name, String type, long from, long to, long... shape) {
    String dimensions = LongStream.of(shape).mapToObj(Long::toString).collect(Collectors.joining(","));
    entries.add("\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}".formatted(name, type, dimensions, from, to));
    return this;
  }

  public byte[] bytes() {
    return bytes("{" + String.join(",", entries) + "}", contents);
  }

  /** A file of any header. */
  static byte[] bytes(String header, List<byte[]> contents) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    var buffer = ByteBuffer.allocate(8 + text.length + contents.stream().mapToInt(content -> content.length).sum()).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(text.length).put(text);
    contents.forEach(buffer::put);
    return buffer.array();
  }

  public Path write(Path file) {
    try {
      return Files.write(file, bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
