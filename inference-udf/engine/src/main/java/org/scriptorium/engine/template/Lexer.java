package org.scriptorium.engine.template;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens as Jinja2 3.1 does with {@code trim_blocks} and {@code lstrip_blocks} on, which is how chat
 * templates are meant to be read.
 */
final class Lexer {
  private static final Pattern FLOAT = Pattern.compile("(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?[eE][+-]?(?:\\d+_)*\\d+|\\.(?:\\d+_)*\\d+)");
  private static final Pattern INTEGER =
      Pattern.compile("0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\\da-fA-F])+|[1-9](?:_?\\d)*|0(?:_?0)*");
  private static final String[] OPERATORS = {
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"
  };

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  /** Whether nothing but a line's start is before the next data: then blanks before a block tag go. */
  private boolean lineStart = true;

  Lexer(String source) {
    this.source = source;
  }

  /** One kind of line end, and no single one at the end. */
  static String normalized(String template) {
    String lines = template.replace("\r\n", "\n").replace('\r', '\n');
    return lines.endsWith("\n") ? lines.substring(0, lines.length() - 1) : lines;
  }

  List<Token> tokens() {
    while (at < source.length()) data();
    tokens.add(new Token(Token.Kind.END, "", source.length()));
    return tokens;
  }

  private void data() {
    int tag = nextTag(at);
    if (tag < 0) {
      add(Token.Kind.DATA, source.substring(at), at);
      at = source.length();
      return;
    }
    boolean print = source.charAt(tag + 1) == '{';
    char sign = signAt(tag + 2);
    String text = stripped(source.substring(at, tag), sign, print);
    if (!text.isEmpty()) add(Token.Kind.DATA, text, at);
    at = tag + 2 + (sign == ' ' ? 0 : 1);
    lineStart = false;
    if (source.charAt(tag + 1) == '#') comment(tag);
    else if (print) expression(tag, Token.Kind.PRINT_BEGIN, Token.Kind.PRINT_END);
    else if (!raw(tag)) expression(tag, Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END);
  }

  private int nextTag(int from) {
    for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1))
      if ("{%#".indexOf(source.charAt(i + 1)) >= 0) return i;
    return -1;
  }

  private char signAt(int position) {
    char sign = position < source.length() ? source.charAt(position) : ' ';
    return sign == '-' || sign == '+' ? sign : ' ';
  }

  private String stripped(String text, char sign, boolean print) {
    if (sign == '-') {
      int end = text.length();
      while (end > 0 && Texts.isBlank(text.charAt(end - 1))) end--;
      return text.substring(0, end);
    }
    if (sign == '+' || print) return text;
    int line = text.lastIndexOf('\n') + 1;
    boolean blank = line < text.length() && text.chars().skip(line).allMatch(Texts::isBlank);
    return blank && (line > 0 || lineStart) ? text.substring(0, line) : text;
  }

  private void comment(int tag) {
    int end = source.indexOf("#}", at);
    if (end < 0) throw TemplateFailure.syntax(tag, "Missing end of comment tag");
    char sign = end > at ? signAt(end - 1) : ' ';
    at = end + 2;
    afterBlock(sign);
  }

  /** What a block's or comment's end takes with it: all blanks, nothing, or one line end. */
  private void afterBlock(char sign) {
    int start = at;
    if (sign == '-') skipBlanks();
    else if (sign == ' ' && at < source.length() && source.charAt(at) == '\n') at++;
    lineStart = at > start && source.charAt(at - 1) == '\n';
  }

  private void skipBlanks() {
    while (at < source.length() && Texts.isBlank(source.charAt(at))) at++;
  }

  /** Reads {@code {% raw %}…{% endraw %}} if that is what stands here. */
  private boolean raw(int tag) {
    int start = at;
    skipBlanks();
    if (!word("raw")) {
      at = start;
      return false;
    }
    skipBlanks();
    boolean strip = source.startsWith("-%}", at);
    if (!strip && !source.startsWith("%}", at)) {
      at = start;
      return false;
    }
    at += strip ? 3 : 2;
    if (strip) skipBlanks();
    lineStart = source.charAt(at - 1) == '\n';
    int from = at;
    for (int end = source.indexOf("{%", at); end >= 0; end = source.indexOf("{%", end + 1)) {
      char sign = signAt(end + 2);
      at = end + 2 + (sign == ' ' ? 0 : 1);
      skipBlanks();
      if (!word("endraw")) continue;
      skipBlanks();
      char endSign = signAt(at);
      if (endSign != ' ') at++;
      if (!source.startsWith("%}", at)) continue;
      at += 2;
      String text = stripped(source.substring(from, end), sign, false);
      if (!text.isEmpty()) add(Token.Kind.DATA, text, from);
      afterBlock(endSign);
      return true;
    }
    throw TemplateFailure.syntax(tag, "Missing end of raw directive");
  }

  private boolean word(String word) {
    if (!source.startsWith(word, at)) return false;
    at += word.length();
    return true;
  }

  private void expression(int tag, Token.Kind begin, Token.Kind end) {
    add(begin, "", tag);
    String closing = begin == Token.Kind.PRINT_BEGIN ? "}}" : "%}";
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      skipBlanks();
      if (at >= source.length()) return;
      if (open.isEmpty() && ended(closing, end)) return;
      if (!number() && !name() && !string()) operator(open);
    }
  }

  private boolean ended(String closing, Token.Kind end) {
    char sign = signAt(at);
    boolean block = end == Token.Kind.BLOCK_END;
    boolean signed = (sign == '-' || sign == '+' && block) && source.startsWith(closing, at + 1);
    if (!signed && !source.startsWith(closing, at)) return false;
    add(end, "", at);
    at += signed ? 3 : 2;
    if (block || signed) afterBlock(signed ? sign : ' ');
    return true;
  }

  private boolean number() {
    char first = source.charAt(at);
    if (first < '0' || first > '9') return false;
    // Behind a point it is an index.
    boolean mayBeFloat = at == 0 || source.charAt(at - 1) != '.';
    return mayBeFloat && match(FLOAT, Token.Kind.FLOAT) || match(INTEGER, Token.Kind.INTEGER);
  }

  private boolean match(Pattern pattern, Token.Kind kind) {
    Matcher matcher = pattern.matcher(source).region(at, source.length());
    if (!matcher.lookingAt()) return false;
    add(kind, matcher.group().replace("_", ""), at);
    at = matcher.end();
    return true;
  }

  private boolean name() {
    int end = at;
    while (end < source.length()) {
      int character = source.codePointAt(end);
      if (character != '_' && !Character.isLetterOrDigit(character)) break;
      end += Character.charCount(character);
    }
    if (end == at) return false;
    int first = source.codePointAt(at);
    if (first != '_' && !Character.isUnicodeIdentifierStart(first)) throw TemplateFailure.syntax(at, "Invalid character in identifier");
    add(Token.Kind.NAME, source.substring(at, end), at);
    at = end;
    return true;
  }

  private boolean string() {
    char quote = source.charAt(at);
    if (quote != '\'' && quote != '"') return false;
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) end += source.charAt(end) == '\\' ? 2 : 1;
    if (end >= source.length()) throw TemplateFailure.syntax(at, "unexpected char %s: the string has no end".formatted(quote));
    add(Token.Kind.STRING, Escapes.decode(source.substring(at + 1, end), at + 1), at);
    at = end + 1;
    return true;
  }

  private void operator(Deque<Character> open) {
    for (String operator : OPERATORS) {
      if (!source.startsWith(operator, at)) continue;
      int bracket = "([{".indexOf(operator);
      if (bracket >= 0) open.push(")]}".charAt(bracket));
      else if (")]}".contains(operator)) {
        if (open.isEmpty()) throw TemplateFailure.syntax(at, "unexpected '%s'".formatted(operator));
        char expected = open.pop();
        if (operator.charAt(0) != expected) throw TemplateFailure.syntax(at,
            "unexpected '%s', expected '%s'".formatted(operator, expected));
      }
      add(Token.Kind.OPERATOR, operator, at);
      at += operator.length();
      return;
    }
    throw TemplateFailure.syntax(at, "unexpected char '%s'".formatted(Character.toString(source.codePointAt(at))));
  }

  private void add(Token.Kind kind, String text, int position) {
    tokens.add(new Token(kind, text, position));
  }
}
