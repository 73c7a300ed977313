package org.scriptorium.engine.template;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** C's strftime in its own locale, for templates that state the date. */
final class Dates {
  private Dates() {}

  static String formatted(String format, ZonedDateTime time) {
    var text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char character = format.charAt(i);
      if (character != '%' || i + 1 == format.length()) {
        text.append(character);
        continue;
      }
      boolean unpadded = format.charAt(i + 1) == '-' && i + 2 < format.length();
      i += unpadded ? 2 : 1;
      String field = field(format.charAt(i), time);
      // Not of what is made of several fields.
      boolean isOne = "DFRTXcfrx".indexOf(format.charAt(i)) < 0;
      text.append(unpadded && isOne ? field.replaceFirst("^[0 ]+(?=.)", "") : field);
    }
    return text.toString();
  }

  private static String field(char directive, ZonedDateTime time) {
    return switch (directive) {
      case '%' -> "%";
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'c' -> formatted("%a %b %e %H:%M:%S %Y", time);
      case 'D', 'x' -> formatted("%m/%d/%y", time);
      case 'F' -> formatted("%Y-%m-%d", time);
      case 'R' -> formatted("%H:%M", time);
      case 'T', 'X' -> formatted("%H:%M:%S", time);
      case 'r' -> formatted("%I:%M:%S %p", time);
      case 'e' -> "%2d".formatted(time.getDayOfMonth());
      case 'f' -> "%06d".formatted(time.getNano() / 1000);
      case 's' -> Long.toString(time.toEpochSecond());
      case 'u' -> Integer.toString(time.getDayOfWeek().getValue());
      case 'w' -> Integer.toString(time.getDayOfWeek().getValue() % 7);
      case 'z', 'Z' -> "";
      case 'a', 'A', 'b', 'B', 'd', 'h', 'H', 'I', 'j', 'm', 'M', 'p', 'S', 'y', 'Y' ->
          DateTimeFormatter.ofPattern(pattern(directive), Locale.ENGLISH).format(time);
      default -> throw TemplateFailure.value("strftime_now: directive %%%s is not supported".formatted(directive));
    };
  }

  private static String pattern(char directive) {
    return switch (directive) {
      case 'a' -> "EEE";
      case 'A' -> "EEEE";
      case 'b', 'h' -> "MMM";
      case 'B' -> "MMMM";
      case 'd' -> "dd";
      case 'H' -> "HH";
      case 'I' -> "hh";
      case 'j' -> "DDD";
      case 'm' -> "MM";
      case 'M' -> "mm";
      case 'p' -> "a";
      case 'S' -> "ss";
      case 'y' -> "uu";
      default -> "uuuu";
    };
  }
}
