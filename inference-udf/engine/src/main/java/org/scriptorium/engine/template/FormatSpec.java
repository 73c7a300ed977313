package org.scriptorium.engine.template;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.SourcedText;

/**
 * Python's format specification, {@code [[fill]align][sign][#][0][width][,][.precision][type]}.
 *
 * @param align one of {@code < > ^ =}, or a blank for the value's own
 * @param sign one of {@code + -} and blank
 * @param width of the result at least
 * @param precision of numbers and strings, -1 if not given
 * @param type one letter, or a blank
 */
record FormatSpec(SourcedText fill, char align, char sign, boolean alternate, int width, char grouping, int precision, char type) {
  private static final Pattern SPEC =
      Pattern.compile("(?:(?<fill>.)?(?<align>[<>^=]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\\d{1,9})?"
          + "(?<grouping>[,_])?(?:\\.(?<precision>\\d{1,9}))?(?<type>[bcdeEfFgGnosxX%])?", Pattern.DOTALL);
  private static final int DIGITS = 1_000;

  static FormatSpec of(SourcedText text) {
    Matcher matcher = SPEC.matcher(text.text());
    if (!matcher.matches()) throw TemplateFailure.value("Invalid format specifier '%s'".formatted(text));
    boolean zero = matcher.group("zero") != null;
    var fill = matcher.group("fill") == null
        ? SourcedText.trusted(zero ? "0" : " ") : text.substring(matcher.start("fill"), matcher.end("fill"));
    return new FormatSpec(fill,
        letter(matcher, "align", zero ? '=' : ' '), letter(matcher, "sign", '-'), matcher.group("alternate") != null,
        number(matcher, "width", 0), letter(matcher, "grouping", ' '), number(matcher, "precision", -1), letter(matcher, "type", ' '));
  }

  private static char letter(Matcher matcher, String group, char fallback) {
    return matcher.group(group) == null ? fallback : matcher.group(group).charAt(0);
  }

  private static int number(Matcher matcher, String group, int fallback) {
    return matcher.group(group) == null ? fallback : Integer.parseInt(matcher.group(group));
  }

  SourcedText format(Object value, Work work) {
    if (value instanceof Undefined undefined && !isPlain()) throw undefined.failure();
    if (value instanceof SourcedText text) return string(text, work);
    if (value instanceof Boolean && isPlain()) return Printing.text(value, work);
    if (Values.isNumber(value)) return padded(SourcedText.trusted(number(value)), '>', work);
    if (isPlain()) return Printing.text(value, work);
    throw TemplateFailure.type("unsupported format string passed to %s.__format__".formatted(Values.typeName(value)));
  }

  private boolean isPlain() {
    return align == ' ' && width == 0 && precision < 0 && type == ' ' && grouping == ' ';
  }

  private SourcedText string(SourcedText text, Work work) {
    if (type != ' ' && type != 's') throw unknown("str");
    if (align == '=') throw TemplateFailure.value("'=' alignment not allowed in string format specifier");
    var cut = precision >= 0 && precision < Values.length(text) ? text.substring(0, text.text().offsetByCodePoints(0, precision)) : text;
    return padded(cut, '<', work);
  }

  SourcedText padded(SourcedText text, char fallback, Work work) {
    long missing = width - Values.length(text);
    if (missing <= 0) return text;
    char side = align == ' ' ? fallback : align;
    String plain = text.text();
    int head = side != '=' ? 0 : plain.startsWith("-") || plain.startsWith("+") || plain.startsWith(" ") ? 1 : 0;
    if (side == '=' && alternate && plain.length() >= head + 2 && plain.charAt(head) == '0'
        && Character.isLetter(plain.charAt(head + 1))) head += 2;
    long before = side == '<' ? 0 : side == '^' ? missing / 2 : missing;
    return new TextBuilder(work).append(text, 0, head).repeat(fill, before).append(text, head, text.length())
        .repeat(fill, missing - before).build();
  }

  private String number(Object value) {
    boolean whole = !(value instanceof Double);
    return switch (type) {
      case 'b', 'o', 'x', 'X', 'd', 'c' -> {
        if (!whole) throw unknown("float");
        yield integer(value);
      }
      case 's' -> throw unknown(Values.typeName(value));
      default -> whole && (type == ' ' || type == 'n') ? integer(value) : real(Numbers.real(value));
    };
  }

  private String integer(Object value) {
    var number = Numbers.integer(value);
    if (type == 'c') return new String(Character.toChars(Values.index(value)));
    int radix = type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
    String digits = number.abs().toString(radix);
    if (type == 'X') digits = digits.toUpperCase(Locale.ROOT);
    return signed(number.signum() < 0, (alternate && radix != 10 ? "0" + type : "") + grouped(digits, radix == 10 ? 3 : 4));
  }

  private String signed(boolean negative, String digits) {
    return negative ? "-" + digits : sign == '-' ? digits : sign + digits;
  }

  private String grouped(String digits, int size) {
    if (grouping == ' ') return digits;
    var grouped = new StringBuilder(digits);
    for (int i = digits.length() - size; i > 0; i -= size) grouped.insert(i, grouping);
    return grouped.toString();
  }

  private String real(double value) {
    boolean negative = value < 0 || value == 0 && 1 / value < 0;
    double size = Math.abs(value);
    if (Double.isNaN(size)) return signed(false, "nan");
    if (Double.isInfinite(size)) return signed(negative, type == 'F' ? "INF" : "inf");
    int digits = Math.min(precision < 0 ? 6 : precision, DIGITS);
    String text = switch (type) {
      case 'e', 'E' -> exponential(size, digits);
      case 'g', 'G', 'n' -> general(size, Math.max(1, digits));
      case '%' -> fixed(size * 100, digits) + "%";
      case ' ' -> precision < 0 ? Numbers.printed(size) : shortest(size, Math.max(1, digits));
      default -> fixed(size, digits);
    };
    if (type == 'E' || type == 'G') text = text.toUpperCase(Locale.ROOT);
    int point = (int) text.chars().takeWhile(Character::isDigit).count();
    return signed(negative, grouped(text.substring(0, point), 3) + text.substring(point));
  }

  private static String fixed(double value, int digits) {
    return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }

  private static String exponential(double value, int digits) {
    if (value == 0) return fixed(0, digits) + "e+00";
    var exact = new BigDecimal(value);
    var rounded = exact.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    String mantissa = rounded.movePointLeft(exponent).setScale(digits, RoundingMode.UNNECESSARY).toPlainString();
    return "%se%s%02d".formatted(mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  private String general(double value, int digits) {
    int exponent = exponent(value, digits);
    if (exponent >= -4 && exponent < digits) return trimmed(fixed(value, digits - 1 - exponent));
    String text = exponential(value, digits - 1);
    int mark = text.indexOf('e');
    return trimmed(text.substring(0, mark)) + text.substring(mark);
  }

  /** With a precision but no type: like {@code g}, but with one digit behind the point at least. */
  private String shortest(double value, int digits) {
    int exponent = exponent(value, digits);
    if (exponent < -4 || exponent >= digits - 1) {
      String text = exponential(value, digits - 1);
      int mark = text.indexOf('e');
      return trimmed(text.substring(0, mark)) + text.substring(mark);
    }
    String text = general(value, digits);
    return text.contains(".") ? text : text + ".0";
  }

  private static int exponent(double value, int digits) {
    if (value == 0) return 0;
    var rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
    return rounded.precision() - rounded.scale() - 1;
  }

  private String trimmed(String digits) {
    if (alternate || !digits.contains(".")) return digits;
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') end--;
    return digits.substring(0, digits.charAt(end - 1) == '.' ? end - 1 : end);
  }

  private TemplateFailure unknown(String typeName) {
    return TemplateFailure.value("Unknown format code '%s' for object of type '%s'".formatted(type, typeName));
  }

  /** A specification for padding alone. */
  static FormatSpec padding(SourcedText fill, char align, int width) {
    return new FormatSpec(fill, align, '-', false, width, ' ', -1, ' ');
  }

  /** For callers that read a printf-style conversion. */
  static FormatSpec conversion(Optional<Character> sign, boolean left, boolean zero, boolean alternate, int width, int precision,
      char type) {
    boolean zeros = zero && !left && type != 's';
    return new FormatSpec(SourcedText.trusted(zeros ? "0" : " "), left ? '<' : zeros ? '='
        : '>', sign.orElse('-'), alternate, width, ' ', precision, type);
  }
}
