package org.scriptorium.engine.template;

import java.util.Collections;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.SourcedText;

/** Python's two ways to put values into a text: {@code '%s' % x} and {@code '{}'.format(x)}. */
final class Formats {
  private static final Pattern CONVERSION =
      Pattern.compile("%(?:\\((?<key>[^)]*)\\))?(?<flags>[-+ #0]*)(?<width>\\*|\\d{1,9})?"
          + "(?:\\.(?<precision>\\*|\\d{0,9}))?[hlL]?(?<type>.)", Pattern.DOTALL);

  private final Interpreter interpreter;
  private final Work work;
  private final SourcedText format;
  private final Arguments arguments;
  private final TextBuilder target;
  private int next;

  private Formats(Interpreter interpreter, SourcedText format, Arguments arguments) {
    this.interpreter = interpreter;
    this.work = interpreter.work();
    this.format = format;
    this.arguments = arguments;
    this.target = new TextBuilder(work);
  }

  /** {@code format % values}: a tuple gives several values, a dict also named ones. */
  static SourcedText percent(Interpreter interpreter, SourcedText format, Object values) {
    var arguments = values instanceof Sequence tuple && tuple.isTuple() ? new Arguments(tuple.items(), new Dict())
        : values instanceof Dict dict ? new Arguments(Collections.singletonList(values), dict) : Arguments.of(values);
    return new Formats(interpreter, format, arguments).percent(values instanceof Dict);
  }

  /** {@code format.format(…)}. */
  static SourcedText braces(Interpreter interpreter, SourcedText format, Arguments arguments) {
    var formats = new Formats(interpreter, format, arguments);
    formats.braces(0, format.length(), 2);
    return formats.target.build();
  }

  private SourcedText percent(boolean named) {
    Matcher matcher = CONVERSION.matcher(format.text());
    int copied = 0;
    for (int found = format.text().indexOf('%'); found >= 0; found = format.text().indexOf('%', copied)) {
      target.append(format, copied, found);
      if (!matcher.region(found, format.length()).lookingAt()) throw TemplateFailure.value("incomplete format");
      copied = matcher.end();
      if (matcher.group("type").equals("%")) target.append(format, copied - 1, copied);
      else convert(matcher);
    }
    if (!named && next < arguments.positional().size()) throw TemplateFailure.type("not all arguments converted during string formatting");
    return target.append(format, copied, format.length()).build();
  }

  private void convert(Matcher matcher) {
    String flags = matcher.group("flags");
    int width = number(matcher.group("width"), 0);
    int precision = matcher.group("precision") == null ? -1 : number(matcher.group("precision"), 0);
    Object value = matcher.group("key") == null ? nextValue() : named(matcher.group("key"));
    char type = matcher.group("type").charAt(0);
    boolean left = flags.contains("-") || width < 0;
    Optional<Character> sign = flags.contains("+") ? Optional.of('+') : flags.contains(" ") ? Optional.of(' ') : Optional.empty();
    boolean string = "sra".indexOf(type) >= 0;
    var spec = FormatSpec.conversion(sign, left, flags.contains("0"), flags.contains("#"), Math.abs(width), precision,
        string ? 's' : type == 'i' || type == 'u' ? 'd' : type);
    SourcedText text;
    if (string) text = spec.format(type == 's' ? Printing.text(value, work) : Printing.represented(value, work), work);
    else if (type == 'c') text = spec.padded(character(value), '>', work);
    else if ("dioxXueEfFgG".indexOf(type) >= 0) text = spec.format(numeric(value, type), work);
    else throw TemplateFailure.value("unsupported format character '%s'".formatted(type));
    target.append(format.touchesRow(matcher.start(), matcher.end()) ? SourcedText.row(text.text()) : text);
  }

  private int number(String digits, int fallback) {
    if (digits == null || digits.isEmpty()) return fallback;
    return digits.equals("*") ? Values.index(nextValue()) : Integer.parseInt(digits);
  }

  private Object nextValue() {
    if (next >= arguments.positional().size()) throw TemplateFailure.type("not enough arguments for format string");
    return arguments.positional().get(next++);
  }

  private Object named(String key) {
    if (!arguments.named().has(key)) throw new TemplateFailure("KeyError", "'%s'".formatted(key));
    return arguments.named().value(key, null);
  }

  /** A character that a number names counts as a row's: the number may come from one. */
  private static SourcedText character(Object value) {
    if (value instanceof SourcedText text && Values.length(text) == 1) return text;
    if (!Values.isInteger(value) || !Character.isValidCodePoint(Values.index(value))) throw TemplateFailure.type("%c requires int or char");
    return SourcedText.row(Character.toString(Values.index(value)));
  }

  private static Object numeric(Object value, char type) {
    if (value instanceof Undefined undefined) throw undefined.failure();
    if (!Values.isNumber(value)) throw TemplateFailure.type("%%%s format: a real number is required, not %s".formatted(type,
        Values.typeName(value)));
    return value instanceof Double number && "diu".indexOf(type) >= 0 ? Numbers.truncated(number)
        : value instanceof Boolean ? Numbers.normal(Numbers.integer(value)) : value;
  }

  private void braces(int from, int to, int depth) {
    String plain = format.text();
    int copied = from;
    for (int at = from; at < to; at++) {
      char character = plain.charAt(at);
      if (character != '{' && character != '}') continue;
      target.append(format, copied, at);
      if (at + 1 < to && plain.charAt(at + 1) == character) {
        target.append(format, at, at + 1);
        copied = ++at + 1;
        continue;
      }
      if (character == '}') throw TemplateFailure.value("Single '}' encountered in format string");
      int end = fieldEnd(at + 1, to);
      // What a row's field makes of a value, fill and digits too, is the row's.
      var field = field(at + 1, end, depth);
      target.append(format.touchesRow(at, end + 1) ? SourcedText.row(field.text()) : field);
      at = end;
      copied = end + 1;
    }
    target.append(format, copied, to);
  }

  private int fieldEnd(int from, int to) {
    int open = 1;
    for (int at = from; at < to; at++) {
      if (format.text().charAt(at) == '{') open++;
      else if (format.text().charAt(at) == '}' && --open == 0) return at;
    }
    throw TemplateFailure.value("expected '}' before end of string");
  }

  private SourcedText field(int from, int to, int depth) {
    if (depth == 0) throw TemplateFailure.value("Max string recursion exceeded");
    String plain = format.text();
    int end = from;
    for (int brackets = 0; end < to && (brackets > 0 || plain.charAt(end) != '!' && plain.charAt(end) != ':'); end++)
      if (plain.charAt(end) == '[') brackets++;
      else if (plain.charAt(end) == ']') brackets--;
    Object value = value(plain.substring(from, end));
    if (end < to && plain.charAt(end) == '!') {
      char conversion = end + 1 < to ? plain.charAt(end + 1) : ' ';
      if ("sra".indexOf(conversion) < 0) throw TemplateFailure.value("Unknown conversion specifier '%s'".formatted(conversion));
      value = conversion == 's' ? Printing.text(value, work) : Printing.represented(value, work);
      end += 2;
    }
    if (end >= to) return FormatSpec.of(SourcedText.EMPTY).format(value, work);
    var spec = new Formats(interpreter, format, arguments);
    spec.next = next;
    spec.braces(end + 1, to, depth - 1);
    next = spec.next;
    return FormatSpec.of(spec.target.build()).format(value, work);
  }

  private Object value(String path) {
    int end = 0;
    while (end < path.length() && path.charAt(end) != '.' && path.charAt(end) != '[') end++;
    String first = path.substring(0, end);
    Object value = first.isEmpty() ? indexed(next++) : isNumber(first) ? indexed(Integer.parseInt(first)) : named(first);
    while (end < path.length()) {
      boolean item = path.charAt(end) == '[';
      int stop = item ? path.indexOf(']', end) : end + 1;
      if (stop < 0) throw TemplateFailure.value("Missing ']' in format string");
      if (!item) while (stop < path.length() && path.charAt(stop) != '.' && path.charAt(stop) != '[') stop++;
      String name = path.substring(end + 1, stop);
      value = item
          ? Attributes.item(value, isNumber(name) ? (Object) Long.valueOf(name) : SourcedText.trusted(name), work)
          : Attributes.attribute(value, name);
      end = item ? stop + 1 : stop;
    }
    return value;
  }

  private Object indexed(int index) {
    if (index >= arguments.positional().size())
      throw new TemplateFailure("IndexError", "Replacement index %d out of range for positional args tuple".formatted(index));
    return arguments.positional().get(index);
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.length() < 9 && text.chars().allMatch(character -> character >= '0' && character <= '9');
  }
}
