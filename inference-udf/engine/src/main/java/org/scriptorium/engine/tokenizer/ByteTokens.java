package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.Map;

/** The tokens {@code <0x00>} to {@code <0xFF>} that stand for the bytes of characters without a token. */
final class ByteTokens {
  private ByteTokens() {}

  /** The byte that a token stands for, -1 if it is none. */
  static int value(String token) {
    if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') return -1;
    int high = Character.digit(token.charAt(3), 16), low = Character.digit(token.charAt(4), 16);
    boolean ascii = token.charAt(3) < 0x80 && token.charAt(4) < 0x80;
    // Rust's parser takes a sign for a digit's.
    if (token.charAt(3) == '+' && ascii && low >= 0) return low;
    return ascii && high >= 0 && low >= 0 ? high << 4 | low : -1;
  }

  /** The ids of all bytes, -1 where a byte has no token. */
  static int[] ids(Map<String, Integer> vocabulary) {
    var ids = new int[256];
    Arrays.setAll(ids, i -> vocabulary.getOrDefault("<0x%02X>".formatted(i), -1));
    return ids;
  }

  static boolean complete(int[] ids) {
    return Arrays.stream(ids).allMatch(id -> id >= 0);
  }
}
