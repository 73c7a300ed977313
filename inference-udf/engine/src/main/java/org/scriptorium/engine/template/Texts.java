package org.scriptorium.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.SourcedText;

/** Python's operations on strings, with the source of every character. Positions of Python count code points, ours UTF-16 units. */
final class Texts {
  /** The ends that stripping works on. */
  enum Ends {
    LEFT,
    RIGHT,
    BOTH
  }

  private Texts() {}

  static boolean isBlank(int character) {
    return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == 0x85;
  }

  static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
          Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      case Character.SPACE_SEPARATOR -> character == ' ';
      default -> true;
    };
  }

  /** Order by code points, which that of UTF-16 units isn't above the basic plane. */
  static int compare(String left, String right) {
    int i = 0;
    int end = Math.min(left.length(), right.length());
    while (i < end && left.charAt(i) == right.charAt(i)) i++;
    if (i == end) return Integer.compare(left.length(), right.length());
    if (i > 0 && Character.isHighSurrogate(left.charAt(i - 1))) i--;
    return Integer.compare(left.codePointAt(i), right.codePointAt(i));
  }

  static SourcedText strip(SourcedText text, Optional<SourcedText> characters, Ends ends) {
    IntPredicate strips = characters.map(Texts::membership).orElse(Texts::isBlank);
    String plain = text.text();
    int from = 0;
    int to = plain.length();
    if (ends != Ends.RIGHT) while (from < to && strips.test(plain.codePointAt(from))) from += Character.charCount(plain.codePointAt(from));
    if (ends != Ends.LEFT) while (from < to && strips.test(plain.codePointBefore(to))) to -= Character.charCount(plain.codePointBefore(to));
    return from == 0 && to == plain.length() ? text : text.substring(from, to);
  }

  private static IntPredicate membership(SourcedText set) {
    var members = set.text().codePoints().boxed().collect(Collectors.toSet());
    return members::contains;
  }

  /** @param limit most replacements; negative for all */
  static SourcedText replace(SourcedText text, SourcedText old, SourcedText fresh, int limit, Work work) {
    var target = new TextBuilder(work);
    int copied = 0;
    int left = limit < 0 ? Integer.MAX_VALUE : limit;
    if (old.length() == 0) {
      for (int i = 0; left > 0; left--) {
        target.append(fresh);
        if (i == text.length()) break;
        i = text.text().offsetByCodePoints(i, 1);
        target.append(text, copied, i);
        copied = i;
      }
      return target.append(text, copied, text.length()).build();
    }
    for (int found = text.text().indexOf(old.text()); found >= 0 && left > 0; left--) {
      target.append(text, copied, found).append(fresh);
      copied = found + old.length();
      found = text.text().indexOf(old.text(), copied);
    }
    return copied == 0 ? text : target.append(text, copied, text.length()).build();
  }

  static List<Object> split(SourcedText text, SourcedText separator, int limit) {
    if (separator.length() == 0) throw TemplateFailure.value("empty separator");
    var parts = new ArrayList<>();
    int from = 0;
    for (int left = limit < 0 ? Integer.MAX_VALUE : limit; left > 0; left--) {
      int found = text.text().indexOf(separator.text(), from);
      if (found < 0) break;
      parts.add(text.substring(from, found));
      from = found + separator.length();
    }
    parts.add(text.substring(from, text.length()));
    return parts;
  }

  static List<Object> splitFromRight(SourcedText text, SourcedText separator, int limit) {
    if (separator.length() == 0) throw TemplateFailure.value("empty separator");
    var parts = new ArrayList<>();
    int to = text.length();
    for (int left = limit < 0 ? Integer.MAX_VALUE : limit; left > 0; left--) {
      int found = to < separator.length() ? -1 : text.text().lastIndexOf(separator.text(), to - separator.length());
      if (found < 0) break;
      parts.addFirst(text.substring(found + separator.length(), to));
      to = found;
    }
    parts.addFirst(text.substring(0, to));
    return parts;
  }

  /** Words between blanks; beyond the limit the rest stays one. */
  static List<Object> words(SourcedText text, int limit) {
    var words = new ArrayList<>();
    String plain = text.text();
    int at = 0;
    int left = limit < 0 ? Integer.MAX_VALUE : limit;
    while (true) {
      while (at < plain.length() && isBlank(plain.charAt(at))) at++;
      if (at == plain.length()) return words;
      if (left-- == 0) {
        words.add(text.substring(at, plain.length()));
        return words;
      }
      int from = at;
      while (at < plain.length() && !isBlank(plain.charAt(at))) at++;
      words.add(text.substring(from, at));
    }
  }

  static List<Object> wordsFromRight(SourcedText text, int limit) {
    var words = new ArrayList<>();
    String plain = text.text();
    int at = plain.length();
    int left = limit < 0 ? Integer.MAX_VALUE : limit;
    while (true) {
      while (at > 0 && isBlank(plain.charAt(at - 1))) at--;
      if (at == 0) break;
      if (left-- == 0) {
        words.add(text.substring(0, at));
        break;
      }
      int to = at;
      while (at > 0 && !isBlank(plain.charAt(at - 1))) at--;
      words.add(text.substring(at, to));
    }
    return new ArrayList<>(words.reversed());
  }

  static List<Object> lines(SourcedText text, boolean keepEnds) {
    var lines = new ArrayList<>();
    String plain = text.text();
    int from = 0;
    for (int at = 0; at < plain.length(); at++) {
      char character = plain.charAt(at);
      boolean ends = character >= '\n' && character <= '\r' || character >= 0x1c && character <= 0x1e
          || character == 0x85 || character == 0x2028 || character == 0x2029;
      if (!ends) continue;
      int end = at;
      if (character == '\r' && at + 1 < plain.length() && plain.charAt(at + 1) == '\n') at++;
      lines.add(text.substring(from, keepEnds ? at + 1 : end));
      from = at + 1;
    }
    if (from < plain.length()) lines.add(text.substring(from, plain.length()));
    return lines;
  }

  static SourcedText join(SourcedText separator, List<SourcedText> parts, Work work) {
    var target = new TextBuilder(work);
    for (int i = 0; i < parts.size(); i++) {
      if (i > 0) target.append(separator);
      target.append(parts.get(i));
    }
    return target.build();
  }

  /** A text whose case was changed: unit by unit if the lengths agree, else all of it is a row's if any of the source is. */
  static SourcedText mapped(SourcedText source, String result, Work work) {
    var target = new TextBuilder(work);
    if (result.length() != source.length()) return target.like(result, source, 0, source.length()).build();
    var bounds = source.rowBounds();
    int copied = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      target.trusted(result.substring(copied, bounds[i]))
          .like(result.substring(bounds[i], bounds[i + 1]), source, bounds[i], bounds[i + 1]);
      copied = bounds[i + 1];
    }
    return target.trusted(result.substring(copied)).build();
  }

  /** Python's text[from:to:step]. */
  static SourcedText slice(SourcedText text, Slicing slicing, Work work) {
    String plain = text.text();
    work.characters(plain.length());
    boolean plane = plain.codePointCount(0, plain.length()) == plain.length();
    int[] starts = plane ? new int[0] : starts(plain);
    var target = new TextBuilder(work);
    if (slicing.step() == 1 && slicing.count() > 0) {
      int to = slicing.start() + slicing.count();
      return target.append(text, plane ? slicing.start() : starts[slicing.start()], plane ? to : starts[to]).build();
    }
    work.steps(slicing.count());
    for (int i = 0; i < slicing.count(); i++) {
      int at = slicing.at(i);
      target.append(text, plane ? at : starts[at], plane ? at + 1 : starts[at + 1]);
    }
    return target.build();
  }

  /** The UTF-16 positions of all code points, and the end. */
  private static int[] starts(String text) {
    int[] starts = new int[text.codePointCount(0, text.length()) + 1];
    for (int i = 1; i < starts.length; i++) starts[i] = text.offsetByCodePoints(starts[i - 1], 1);
    return starts;
  }

  /** A position in code points, for one in UTF-16 units. */
  static long points(String text, int position) {
    return text.codePointCount(0, position);
  }
}
