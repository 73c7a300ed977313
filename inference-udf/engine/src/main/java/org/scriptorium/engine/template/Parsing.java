package org.scriptorium.engine.template;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.SourcedText;

/** Numbers from values, as the filters int and float read them. */
final class Parsing {
  private static final Pattern INTEGER = Pattern.compile("[+-]?\\p{Nd}+(_\\p{Nd}+)*");
  private static final Pattern REAL =
      Pattern.compile("[+-]?(\\d+(_\\d+)*(\\.(\\d+(_\\d+)*)?)?|\\.\\d+(_\\d+)*)([eE][+-]?\\d+(_\\d+)*)?");
  private static final Pattern NAMED = Pattern.compile("([+-]?)(inf|infinity|nan)");
  private static final int DIGITS = 2_000;

  private Parsing() {}

  /** An int, by way of a float where the text isn't one; empty where neither is. */
  static Optional<Object> integer(Object value, int base) {
    if (value instanceof Double number) return Double.isNaN(number) ? Optional.empty() : Optional.of(Numbers.truncated(number));
    if (Values.isNumber(value)) return Optional.of(Numbers.normal(Numbers.integer(value)));
    if (!(value instanceof SourcedText text)) return Optional.empty();
    var whole = whole(stripped(text), base);
    if (whole.isPresent()) return whole;
    var real = real(value);
    return real.isEmpty() || Double.isNaN(real.getAsDouble()) || Double.isInfinite(real.getAsDouble())
        ? Optional.empty() : Optional.of(Numbers.truncated(real.getAsDouble()));
  }

  private static Optional<Object> whole(String text, int base) {
    if (base < 2 || base > 36 || text.length() > DIGITS) return Optional.empty();
    if (base == 10 && !INTEGER.matcher(text).matches()) return Optional.empty();
    String digits = text.replace("_", "").toLowerCase(Locale.ROOT);
    String sign = digits.startsWith("-") ? "-" : "";
    if (digits.startsWith("-") || digits.startsWith("+")) digits = digits.substring(1);
    String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : "";
    if (!prefix.isEmpty() && digits.startsWith(prefix)) digits = digits.substring(2);
    try {
      return Optional.of(Numbers.normal(new BigInteger(sign + digits, base)));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  static OptionalDouble real(Object value) {
    if (Values.isNumber(value)) return OptionalDouble.of(Numbers.real(value));
    if (!(value instanceof SourcedText text) || text.length() > DIGITS) return OptionalDouble.empty();
    String digits = stripped(text).toLowerCase(Locale.ROOT);
    var named = NAMED.matcher(digits);
    if (named.matches()) {
      double size = named.group(2).equals("nan") ? Double.NaN : Double.POSITIVE_INFINITY;
      return OptionalDouble.of(named.group(1).equals("-") ? -size : size);
    }
    return REAL.matcher(digits).matches() ? OptionalDouble.of(Double.parseDouble(digits.replace("_", ""))) : OptionalDouble.empty();
  }

  private static String stripped(SourcedText text) {
    return Texts.strip(text, Optional.empty(), Texts.Ends.BOTH).text();
  }
}
