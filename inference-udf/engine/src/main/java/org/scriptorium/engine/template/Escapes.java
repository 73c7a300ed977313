package org.scriptorium.engine.template;

/** The backslash escapes of Python's string literals. */
final class Escapes {
  private static final String SIMPLE = "abfnrtv\\'\"";
  private static final String MEANT = "\u0007\b\f\n\r\t\u000b\\'\"";

  private Escapes() {}

  /** @param position where the content starts in the template, for errors */
  static String decode(String content, int position) {
    if (content.indexOf('\\') < 0) return content;
    var text = new StringBuilder(content.length());
    int at = 0;
    while (at < content.length()) {
      char character = content.charAt(at++);
      if (character != '\\') {
        text.append(character);
        continue;
      }
      char escape = content.charAt(at++);
      int simple = SIMPLE.indexOf(escape);
      int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
      if (simple >= 0) text.append(MEANT.charAt(simple));
      else if (digits > 0) {
        text.appendCodePoint(hexadecimal(content, at, digits, position));
        at += digits;
      } else if (escape == 'N') at = named(content, at, text, position);
      else if (escape >= '0' && escape <= '7') {
        int end = at;
        while (end < content.length() && end < at + 2 && content.charAt(end) >= '0' && content.charAt(end) <= '7') end++;
        text.append((char) Integer.parseInt(content, at - 1, end, 8));
        at = end;
      } else if (escape != '\n') text.append('\\').append(escape);
    }
    return text.toString();
  }

  private static int hexadecimal(String content, int from, int digits, int position) {
    int value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = i < content.length() ? Character.digit(content.charAt(i), 16) : -1;
      if (digit < 0) throw TemplateFailure.syntax(position + from, "truncated escape: expected %d hexadecimal digits".formatted(digits));
      value = value << 4 | digit;
    }
    if (!Character.isValidCodePoint(value)) throw TemplateFailure.syntax(position + from, "illegal Unicode character");
    return value;
  }

  private static int named(String content, int from, StringBuilder text, int position) {
    int end = content.indexOf('}', from);
    if (end < 0 || content.charAt(from) != '{') throw TemplateFailure.syntax(position + from, "malformed \\N character escape");
    try {
      text.appendCodePoint(Character.codePointOf(content.substring(from + 1, end)));
    } catch (IllegalArgumentException unknown) {
      throw new TemplateFailure("TemplateSyntaxError", "unknown Unicode character name", position + from);
    }
    return end + 1;
  }
}
