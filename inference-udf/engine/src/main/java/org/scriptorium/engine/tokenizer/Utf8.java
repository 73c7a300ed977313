package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;

/** Text to UTF-8. Unlike {@link String#getBytes}, an unpaired surrogate becomes U+FFFD, as it does where bytes become text. */
final class Utf8 {
  private static final int REPLACEMENT = 0xFFFD;

  private Utf8() {}

  static byte[] encode(String text, int from, int to) {
    var bytes = new byte[length(text, from, to)];
    int size = 0;
    for (int i = from; i < to; i++) {
      char unit = text.charAt(i);
      if (unit < 0x80) {
        bytes[size++] = (byte) unit;
      } else {
        int codePoint = scalar(text, i, to);
        if (codePoint > 0xFFFF) i++;
        size = put(codePoint, bytes, size);
      }
    }
    return bytes;
  }

  /** The code point at {@code position}, U+FFFD for a surrogate without its partner before {@code to}. */
  static int scalar(String text, int position, int to) {
    char unit = text.charAt(position);
    if (!Character.isSurrogate(unit)) return unit;
    if (Character.isLowSurrogate(unit) || position + 1 >= to) return REPLACEMENT;
    char next = text.charAt(position + 1);
    return Character.isLowSurrogate(next) ? Character.toCodePoint(unit, next) : REPLACEMENT;
  }

  /** Bytes of a code point. */
  static int width(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  /** Bytes of the characters [from, to). */
  static int length(String text, int from, int to) {
    long size = 0;
    for (int i = from; i < to; i++) {
      int codePoint = scalar(text, i, to);
      if (codePoint > 0xFFFF) i++;
      size += width(codePoint);
    }
    return Math.toIntExact(size);
  }

  /** The start of the character that a byte belongs to. */
  static int startOf(byte[] text, int position) {
    int start = position;
    while ((text[start] & 0xC0) == 0x80) start--;
    return start;
  }

  /** The characters of well-formed UTF-8. */
  static String decode(byte[] text, int from, int to) {
    return new String(text, from, to - from, StandardCharsets.UTF_8);
  }

  /** Writes a code point from U+0080 on; returns where it ends. */
  static int put(int codePoint, byte[] bytes, int at) {
    int size = at;
    if (codePoint < 0x800) {
      bytes[size++] = (byte) (0xC0 | codePoint >> 6);
    } else {
      if (codePoint < 0x10000) {
        bytes[size++] = (byte) (0xE0 | codePoint >> 12);
      } else {
        bytes[size++] = (byte) (0xF0 | codePoint >> 18);
        bytes[size++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
      }
      bytes[size++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
    }
    bytes[size++] = (byte) (0x80 | codePoint & 0x3F);
    return size;
  }
}
