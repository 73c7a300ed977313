package org.scriptorium.engine.tokenizer;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Regular expressions as Oniguruma reads them, which {@code tokenizer.json} is written for, in Java's syntax. The two differ in what
 * classes hold (Oniguruma's are Unicode's), in lines (only {@code \n} ends one, and the anchors always mind lines), and in some escapes.
 * What is not known here is refused rather than taken for what Java makes of it.
 */
final class OnigurumaSyntax {
  private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";
  /** Oniguruma has numbers of Latin-1 in this class that it has not in {@code [:word:]}. */
  private static final String WORD_ESCAPE = WORD + "\u00B2\u00B3\u00B9\u00BC-\u00BE";
  private static final Map<Character, String> CLASSES = Map.of(
      's', "\\p{IsWhite_Space}", 'S', "\\P{IsWhite_Space}", 'd', "\\p{Nd}", 'D', "\\P{Nd}",
      'w', "[" + WORD_ESCAPE + "]", 'W', "[^" + WORD_ESCAPE + "]", 'h', "[0-9a-fA-F]", 'H', "[^0-9a-fA-F]");
  private static final String BORDER = "(?:(?<=[%1$s])(?![%1$s])|(?<![%1$s])(?=[%1$s]))".formatted(WORD_ESCAPE);
  private static final String NO_BORDER = "(?:(?<=[%1$s])(?=[%1$s])|(?<![%1$s])(?![%1$s]))".formatted(WORD_ESCAPE);
  private static final Map<String, String> POSIX = Map.ofEntries(
      Map.entry("alpha", "\\p{IsAlphabetic}"), Map.entry("digit", "\\p{Nd}"), Map.entry("alnum", "\\p{IsAlphabetic}\\p{Nd}"),
      Map.entry("upper", "\\p{IsUppercase}"), Map.entry("lower", "\\p{IsLowercase}"), Map.entry("space", "\\p{IsWhite_Space}"),
      Map.entry("punct", "\\p{P}\\p{S}"), Map.entry("cntrl", "\\p{Cc}"), Map.entry("blank", "\\p{Zs}\\t"),
      Map.entry("xdigit", "0-9a-fA-F"), Map.entry("word", WORD), Map.entry("ascii", "\\x00-\\x7F"));
  private static final String ESCAPED_ALIKE = "tnrfeaAzZGRXk";

  private final String source;
  private final String where;
  private final StringBuilder target = new StringBuilder();
  private int position;

  private OnigurumaSyntax(String source, String where) {
    this.source = source;
    this.where = where;
  }

  /** @param where file and key, for messages */
  static Pattern compile(String source, String where) {
    try {
      String java = new OnigurumaSyntax(source, where).translate();
      // Java looks behind by whole characters only where the expression has one beyond the first plane; this alternative never matches.
      if (java.contains("(?<")) java += "|(?!)\uD801\uDC00";
      return Pattern.compile(java, Pattern.UNIX_LINES | Pattern.MULTILINE | Pattern.UNICODE_CASE);
    } catch (PatternSyntaxException e) {
      throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
          "%s: \"%s\" can't be read as a regular expression: %s. Convert the model.".formatted(where, source, e.getDescription()));
    }
  }

  private String translate() {
    while (position < source.length()) {
      char character = source.charAt(position);
      switch (character) {
        case '\\' -> escape(false);
        case '[' -> characterClass();
        case '{' -> interval();
        case '(' -> group();
        default -> {
          target.append(character);
          position++;
        }
      }
    }
    return target.toString();
  }

  private void escape(boolean inClass) {
    if (position + 1 == source.length()) throw refused("ends in a backslash");
    char character = source.charAt(position + 1);
    position += 2;
    if (CLASSES.containsKey(character)) target.append(CLASSES.get(character));
    else if (character == 'p' || character == 'P') property(character);
    else if (character == 'u' || character == 'x') codePoint(character);
    else if (character == 'v') target.append("\\x0B");
    else if (character == 'b') target.append(inClass ? "\\x08" : BORDER);
    else if (character == 'B' && !inClass) target.append(NO_BORDER);
    else if (ESCAPED_ALIKE.indexOf(character) >= 0) target.append('\\').append(character);
    else if (character == '0') target.append("\\x00");
    else if (Character.isLetter(character)) throw refused("has \\" + character);
    else if (Character.isDigit(character)) target.append('\\').append(character);
    else target.append('\\').append(character);
  }

  /** {@code \p{Name}}, {@code \p{^Name}}. */
  private void property(char sign) {
    int end = source.indexOf('}', position);
    if (position == source.length() || source.charAt(position) != '{' || end < 0) throw refused("has \\p without a name in braces");
    String name = source.substring(position + 1, end);
    boolean negated = name.startsWith("^");
    if (negated) name = name.substring(1);
    position = end + 1;
    // As a property, punctuation is the category alone.
    String posix = name.equalsIgnoreCase("punct") ? "\\p{P}" : POSIX.get(name.toLowerCase(Locale.ROOT));
    boolean not = negated != (sign == 'P');
    if (posix != null) target.append(not ? "[^" : "[").append(posix).append(']');
    else target.append(not ? "\\P{" : "\\p{").append(name.length() > 2 ? "Is" + name : name).append('}');
  }

  private void codePoint(char kind) {
    int start = position, length = kind == 'u' ? 4 : 2;
    if (kind == 'x' && position < source.length() && source.charAt(position) == '{') {
      int end = source.indexOf('}', position);
      if (end < 0) throw refused("has \\x{ without an end");
      target.append("\\x").append(source, position, end + 1);
      position = end + 1;
      return;
    }
    if (start + length > source.length()) throw refused("ends within \\" + kind);
    target.append('\\').append(kind).append(source, start, start + length);
    position += length;
  }

  private void characterClass() {
    target.append('[');
    position++;
    if (position < source.length() && source.charAt(position) == '^') {
      target.append('^');
      position++;
    }
    boolean first = true;
    for (; position < source.length(); first = false) {
      char character = source.charAt(position);
      if (character == ']' && !first) {
        target.append(']');
        position++;
        return;
      }
      if (character == '\\') {
        escape(true);
      } else if (source.startsWith("[:", position)) {
        bracket();
      } else if (character == '[') {
        characterClass();
      } else if (source.startsWith("&&", position)) {
        target.append("&&");
        position += 2;
      } else {
        if (character != '-' && "[]^&#".indexOf(character) >= 0) target.append('\\');
        // A blank or number sign would be lost were the expression read with comments.
        target.append(character);
        position++;
      }
    }
    throw refused("has a class without an end");
  }

  /** {@code [:alpha:]}, {@code [:^alpha:]}. */
  private void bracket() {
    int end = source.indexOf(":]", position);
    if (end < 0) throw refused("has [: without an end");
    String name = source.substring(position + 2, end);
    boolean negated = name.startsWith("^");
    String members = POSIX.get(negated ? name.substring(1) : name);
    if (members == null) throw refused("has [:" + name + ":]");
    target.append(negated ? "[^" : "[").append(members).append(']');
    position = end + 2;
  }

  /** {@code {n,m}}: a plus after it repeats the whole in Oniguruma and is possessive in Java; {@code {,m}} counts from 0. */
  private void interval() {
    int end = source.indexOf('}', position);
    String body = end < 0 ? "" : source.substring(position + 1, end);
    if (!body.matches("\\d*,?\\d*") || body.isEmpty() || body.equals(",")) {
      target.append("\\{");
      position++;
      return;
    }
    target.append('{').append(body.startsWith(",") ? "0" + body : body).append('}');
    position = end + 1;
    if (position < source.length() && source.charAt(position) == '+') {
      throw refused("has an interval with a plus after it");
    }
  }

  private void group() {
    target.append('(');
    position++;
    if (position == source.length() || source.charAt(position) != '?') return;
    int end = position + 1;
    while (end < source.length() && "imx-".indexOf(source.charAt(end)) >= 0) end++;
    if (end == position + 1) {
      target.append('?');
      position++;
      return;
    }
    String options = source.substring(position + 1, end);
    if (options.contains("x")) throw refused("has the option x");
    // Oniguruma's m lets the dot match the end of a line, which is Java's s.
    target.append('?').append(options.replace('m', 's'));
    position = end;
  }

  private ModelException refused(String finding) {
    return new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
        "%s: the regular expression \"%s\" %s, which is not supported. Convert the model.".formatted(where, source, finding));
  }
}
