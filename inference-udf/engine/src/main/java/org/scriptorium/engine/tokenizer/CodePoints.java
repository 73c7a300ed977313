package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/**
 * The classes of code points that splits into words ask for, one bit each, and walks over well-formed UTF-8 by them.
 *
 * <p>Categories are those of the running JDK (Unicode 16 in JDK 25). A reference built on an older Unicode takes the few
 * characters that were assigned since for neither letter, number, mark, punctuation nor symbol.
 */
final class CodePoints {
  /** Lu and Lt. */
  static final int UPPER = 1;
  /** Ll. */
  static final int LOWER = 1 << 1;
  /** Lm and Lo. */
  static final int UNCASED = 1 << 2;
  static final int MARK = 1 << 3;
  static final int NUMBER = 1 << 4;
  static final int PUNCTUATION = 1 << 5;
  static final int SYMBOL = 1 << 6;
  /** Carriage return and line feed. */
  static final int NEWLINE = 1 << 7;
  /** White space (property White_Space) but for {@link #NEWLINE}. */
  static final int BLANK = 1 << 8;
  /** Controls, formats, private and unassigned code points. */
  static final int OTHER = 1 << 9;

  static final int LETTER = UPPER | LOWER | UNCASED;
  static final int SPACE = NEWLINE | BLANK;
  static final int ALL = (1 << 10) - 1;

  private static final int NEXT_LINE = 0x85;
  private static final int[] BY_TYPE = byType();
  private static final int[] ASCII = ascii();

  private CodePoints() {}

  /** The class of a code point. */
  static int kind(int codePoint) {
    if (codePoint < 128) return ASCII[codePoint];
    return codePoint == NEXT_LINE ? BLANK : BY_TYPE[Character.getType(codePoint)];
  }

  /** The class of the code point that starts at {@code position}. */
  static int kindAt(byte[] text, int position) {
    int first = text[position];
    return first >= 0 ? ASCII[first] : kind(at(text, position));
  }

  /** The code point that starts at {@code position}. */
  static int at(byte[] text, int position) {
    int first = text[position];
    if (first >= 0) return first;
    int second = text[position + 1] & 0x3F;
    if (first < (byte) 0xE0) return (first & 0x1F) << 6 | second;
    int third = text[position + 2] & 0x3F;
    if (first < (byte) 0xF0) return (first & 0x0F) << 12 | second << 6 | third;
    return (first & 0x07) << 18 | second << 12 | third << 6 | text[position + 3] & 0x3F;
  }

  /** The position after the code point that starts at {@code position}. */
  static int after(byte[] text, int position) {
    int first = text[position];
    return position + (first >= 0 ? 1 : first < (byte) 0xE0 ? 2 : first < (byte) 0xF0 ? 3 : 4);
  }

  /** The start of the code point that ends at {@code position}. */
  static int before(byte[] text, int position) {
    int start = position - 1;
    while ((text[start] & 0xC0) == 0x80) start--;
    return start;
  }

  /** The end of the longest run of code points of {@code kinds} that starts at {@code from}. */
  static int run(byte[] text, int from, int to, int kinds) {
    int end = from;
    while (end < to) {
      int first = text[end];
      if (first >= 0) {
        if ((ASCII[first] & kinds) == 0) break;
        end++;
      } else {
        if ((kind(at(text, end)) & kinds) == 0) break;
        end = after(text, end);
      }
    }
    return end;
  }

  private static int[] byType() {
    var kinds = new int[32];
    Arrays.fill(kinds, OTHER);
    set(kinds, UPPER, Character.UPPERCASE_LETTER, Character.TITLECASE_LETTER);
    set(kinds, LOWER, Character.LOWERCASE_LETTER);
    set(kinds, UNCASED, Character.MODIFIER_LETTER, Character.OTHER_LETTER);
    set(kinds, MARK, Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK);
    set(kinds, NUMBER, Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER);
    set(kinds, PUNCTUATION, Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION,
        Character.END_PUNCTUATION, Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION, Character.OTHER_PUNCTUATION);
    set(kinds, SYMBOL, Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL, Character.OTHER_SYMBOL);
    set(kinds, BLANK, Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR);
    return kinds;
  }

  private static void set(int[] kinds, int kind, byte... types) {
    for (byte type : types) kinds[type] = kind;
  }

  private static int[] ascii() {
    var kinds = new int[128];
    for (int i = 0; i < kinds.length; i++) kinds[i] = BY_TYPE[Character.getType(i)];
    kinds['\t'] = kinds[0x0B] = kinds['\f'] = BLANK;
    kinds['\r'] = kinds['\n'] = NEWLINE;
    return kinds;
  }
}
