package org.scriptorium.engine.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Reads a GGUF header from front to back. Every length is checked against the file before it is used. One thread. */
final class GgufCursor {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  /** Far above any string of a real file (chat templates reach 100 KB), far below what a heap can't hold. */
  private static final long LONGEST_STRING = 1 << 24;
  private static final char REPLACEMENT = '\ufffd';

  private final Path path;
  private final MemorySegment file;
  private long position;
  private String place = "header";
  private byte[] buffer = new byte[256];

  GgufCursor(Path path, MemorySegment file) {
    this.path = path;
    this.file = file;
  }

  long position() {
    return position;
  }

  long remaining() {
    return file.byteSize() - position;
  }

  /** Names what is read next, for messages. */
  void enter(String name) {
    place = name;
  }

  byte int8() {
    return file.get(ValueLayout.JAVA_BYTE, take(Byte.BYTES));
  }

  short int16() {
    return file.get(SHORT, take(Short.BYTES));
  }

  int int32() {
    return file.get(INT, take(Integer.BYTES));
  }

  long int64() {
    return file.get(LONG, take(Long.BYTES));
  }

  /**
   * A count of things that take at least {@code leastBytes} each.
   *
   * @param most what the count may be at most, whatever the file's size
   */
  int count(String things, int leastBytes, int most) {
    long at = position;
    long count = int64();
    if (count < 0 || count > most) {
      throw corrupt("expected at most %,d %s, found %s".formatted(most, things, Long.toUnsignedString(count)), at);
    }
    if (count * leastBytes > remaining()) throw truncated(position, count * leastBytes);
    return (int) count;
  }

  /** A length and so many bytes of UTF-8. */
  String text() {
    long at = position;
    long length = int64();
    if (length < 0 || length > LONGEST_STRING) {
      throw corrupt("expected a string of at most %,d bytes, found %s".formatted(LONGEST_STRING, Long.toUnsignedString(length)), at);
    }
    long from = take(length);
    int size = (int) length;
    if (buffer.length < size) buffer = new byte[Math.max(size, 2 * buffer.length)];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, from, buffer, 0, size);
    // The decoder that replaces is far faster than the one that reports, so the latter judges only what the former may have changed.
    String text = new String(buffer, 0, size, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) requireWellFormed(size, from);
    return text;
  }

  /** Skips bytes whose number was checked by {@link #count}, and returns where they start. */
  long take(long bytes) {
    if (bytes > remaining()) throw truncated(position, bytes);
    long at = position;
    position += bytes;
    return at;
  }

  MemorySegment file() {
    return file;
  }

  /** An error in what is read now. */
  ModelException corrupt(String problem, long at) {
    return new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: %s at byte %d: %s; the file is damaged: fetch it again".formatted(path, place, at, problem));
  }

  private void requireWellFormed(int size, long at) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(buffer, 0, size));
    } catch (CharacterCodingException e) {
      throw corrupt("expected UTF-8, found bytes that are not", at);
    }
  }

  private ModelException truncated(long at, long bytes) {
    return new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: %s at byte %d: expected %s more bytes, found %d before the file's end; the file is truncated or damaged: fetch it again"
            .formatted(path, place, at, Long.toUnsignedString(bytes), remaining()));
  }
}
