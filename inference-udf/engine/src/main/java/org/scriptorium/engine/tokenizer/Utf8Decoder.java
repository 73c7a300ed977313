package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * UTF-8 to text, piece by piece. Every maximal part of an ill-formed sequence becomes one U+FFFD (Unicode 16, section 3.9, "U+FFFD
 * Substitution of Maximal Subparts"; the decoder of the WHATWG Encoding Standard). Java's own decoder gives one for a whole
 * encoded surrogate, where that rule and the reference give three.
 *
 * <p>For one text and one thread. What was appended to the target is always whole characters.
 */
final class Utf8Decoder {
  private static final char REPLACEMENT = '\uFFFD';

  private int codePoint;
  /** Continuation bytes that the character in progress still needs; 0 between characters. */
  private int missing;
  /** What the next continuation byte may be: narrower after E0, ED, F0 and F4. */
  private int lowest = 0x80;
  private int highest = 0xBF;

  static boolean isWellFormed(byte[] bytes) {
    return Arrays.equals(new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8), bytes);
  }

  void append(byte[] bytes, StringBuilder target) {
    for (byte signed : bytes) {
      if (missing == 0 && signed >= 0) target.append((char) signed);
      else if (missing == 0) start(signed & 0xFF, target);
      else proceed(signed & 0xFF, target);
    }
  }

  /** Ends the text: a character in progress becomes one U+FFFD. */
  void finish(StringBuilder target) {
    if (missing > 0) target.append(REPLACEMENT);
    reset();
  }

  private void start(int first, StringBuilder target) {
    if (first < 0x80) {
      target.append((char) first);
    } else if (first >= 0xC2 && first <= 0xDF) {
      begin(first & 0x1F, 1);
    } else if (first >= 0xE0 && first <= 0xEF) {
      begin(first & 0x0F, 2);
      if (first == 0xE0) lowest = 0xA0;
      if (first == 0xED) highest = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      begin(first & 0x07, 3);
      if (first == 0xF0) lowest = 0x90;
      if (first == 0xF4) highest = 0x8F;
    } else {
      target.append(REPLACEMENT);
    }
  }

  private void proceed(int next, StringBuilder target) {
    if (next < lowest || next > highest) {
      target.append(REPLACEMENT);
      reset();
      start(next, target);
      return;
    }
    codePoint = codePoint << 6 | next & 0x3F;
    lowest = 0x80;
    highest = 0xBF;
    if (--missing == 0) target.appendCodePoint(codePoint);
  }

  private void begin(int bits, int continuations) {
    codePoint = bits;
    missing = continuations;
  }

  private void reset() {
    missing = 0;
    lowest = 0x80;
    highest = 0xBF;
  }
}
