package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's spelling of bytes: a printable character of Latin-1 for itself, the 68 others as the characters from U+0100 on, so that every
 * token is printable text.
 */
final class ByteAlphabet {
  private static final int LIMIT = 0x100 + 68;
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[LIMIT];

  static {
    Arrays.fill(BYTES, (short) -1);
    int next = 0x100;
    for (int i = 0; i < 256; i++) {
      boolean printable = i >= '!' && i <= '~' || i >= 0xA1 && i <= 0xFF && i != 0xAD;
      CHARACTERS[i] = (char) (printable ? i : next++);
      BYTES[CHARACTERS[i]] = (short) i;
    }
  }

  private ByteAlphabet() {}

  /** The character that stands for a byte. */
  static char character(int unsigned) {
    return CHARACTERS[unsigned];
  }

  /** Bytes in this spelling. */
  static String spelled(byte[] bytes) {
    var text = new StringBuilder(bytes.length);
    for (byte unit : bytes) text.append(CHARACTERS[unit & 0xFF]);
    return text.toString();
  }

  /** The bytes that a token spells; its UTF-8 where a character is not of the alphabet, as such tokens were added as text. */
  static byte[] bytes(String token) {
    var bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char character = token.charAt(i);
      int found = character < LIMIT ? BYTES[character] : -1;
      if (found < 0) return token.getBytes(StandardCharsets.UTF_8);
      bytes[i] = (byte) found;
    }
    return bytes;
  }
}
