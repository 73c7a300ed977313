package org.scriptorium.engine.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Builtin.Bound;

/** The methods of Python's str. */
final class StringMethods {
  private static final SourcedText BLANK = SourcedText.trusted(" ");
  private static final Map<String, Builtin> METHODS = new HashMap<>();

  private StringMethods() {}

  static Optional<Builtin> method(String name) {
    return Optional.ofNullable(METHODS.get(name));
  }

  static {
    ends();
    parts();
    letters();
    places();
    questions();
  }

  private interface Body {
    Object apply(SourcedText text, Bound bound, Interpreter interpreter);
  }

  private static void define(String name, String signature, Body body) {
    METHODS.put(name, Builtin.of(name, signature, (interpreter, value, bound) -> {
      var text = (SourcedText) value;
      interpreter.work().characters(text.length());
      return body.apply(text, bound, interpreter);
    }));
  }

  private static void ends() {
    define("strip", "chars?", (text, bound, _) -> Texts.strip(text, set(bound), Texts.Ends.BOTH));
    define("lstrip", "chars?", (text, bound, _) -> Texts.strip(text, set(bound), Texts.Ends.LEFT));
    define("rstrip", "chars?", (text, bound, _) -> Texts.strip(text, set(bound), Texts.Ends.RIGHT));
    define("removeprefix", "prefix", (text, bound, _) ->
        text.text().startsWith(bound.text(0).text()) ? text.substring(bound.text(0).length(), text.length()) : text);
    define("removesuffix", "suffix", (text, bound, _) ->
        text.text().endsWith(bound.text(0).text()) ? text.substring(0, text.length() - bound.text(0).length()) : text);
    define("center", "width fillchar?", (text, bound, interpreter) -> centered(text, bound.integer(0, 0), fill(bound), interpreter.work()));
    define("ljust", "width fillchar?", (text, bound, interpreter) -> padded(text, bound, '<', interpreter));
    define("rjust", "width fillchar?", (text, bound, interpreter) -> padded(text, bound, '>', interpreter));
    define("zfill", "width", (text, bound, interpreter) -> {
      var zero = SourcedText.trusted("0");
      return FormatSpec.padding(zero, '=', bound.integer(0, 0)).padded(text, '=', interpreter.work());
    });
  }

  private static Optional<SourcedText> set(Bound bound) {
    return bound.value(0, null) instanceof SourcedText set ? Optional.of(set) : bound.has(0) && bound.value(0) != null
        ? Optional.of(bound.text(0)) : Optional.empty();
  }

  private static SourcedText fill(Bound bound) {
    var fill = bound.text(1, BLANK);
    if (Values.length(fill) != 1) throw TemplateFailure.type("The fill character must be exactly one character long");
    return fill;
  }

  private static SourcedText padded(SourcedText text, Bound bound, char align, Interpreter interpreter) {
    return FormatSpec.padding(fill(bound), align, bound.integer(0, 0)).padded(text, align, interpreter.work());
  }

  /** Python puts the odd blank of an odd width to the left. */
  static SourcedText centered(SourcedText text, int width, SourcedText fill, Work work) {
    long missing = Math.max(0, width - Values.length(text));
    long before = missing / 2 + (missing & width & 1);
    return new TextBuilder(work).repeat(fill, before).append(text).repeat(fill, missing - before).build();
  }

  private static void parts() {
    define("split", "sep? maxsplit?", (text, bound, interpreter) -> listed(bound.value(0, null) == null
        ? Texts.words(text, bound.integer(1, -1)) : Texts.split(text, bound.text(0), bound.integer(1, -1)), interpreter));
    define("rsplit", "sep? maxsplit?", (text, bound, interpreter) -> listed(bound.value(0, null) == null
        ? Texts.wordsFromRight(text, bound.integer(1, -1)) : Texts.splitFromRight(text, bound.text(0), bound.integer(1, -1)), interpreter));
    define("splitlines", "keepends?", (text, bound, interpreter) -> listed(Texts.lines(text, bound.truth(0, false)), interpreter));
    define("partition", "sep", (text, bound, _) -> {
      var parts = separated(text, bound.text(0), text.text().indexOf(bound.text(0).text()));
      return parts.isEmpty() ? Sequence.tuple(text, SourcedText.EMPTY, SourcedText.EMPTY) : Sequence.tuple(parts.toArray());
    });
    define("rpartition", "sep", (text, bound, _) -> {
      var parts = separated(text, bound.text(0), text.text().lastIndexOf(bound.text(0).text()));
      return parts.isEmpty() ? Sequence.tuple(SourcedText.EMPTY, SourcedText.EMPTY, text) : Sequence.tuple(parts.toArray());
    });
    define("join", "iterable", (text, bound, interpreter) -> {
      var parts = new ArrayList<SourcedText>();
      for (Object item : Values.items(bound.value(0), interpreter.work())) {
        if (item instanceof Undefined undefined) throw undefined.failure();
        if (!(item instanceof SourcedText part)) throw TemplateFailure.type(
            "sequence item %d: expected str instance, %s found".formatted(parts.size(), Values.typeName(item)));
        parts.add(part);
      }
      return Texts.join(text, parts, interpreter.work());
    });
    define("replace", "old new count?", (text, bound, interpreter) -> {
      interpreter.work().search(text.length(), bound.text(0).length());
      return Texts.replace(text, bound.text(0), bound.text(1), bound.integer(2, -1), interpreter.work());
    });
    define("format", "*", (text, bound, interpreter) -> Formats.braces(interpreter, text, bound.arguments()));
    define("format_map", "mapping", (text, bound, interpreter) -> {
      if (bound.value(0) instanceof Dict dict) return Formats.braces(interpreter, text, new Arguments(List.of(), dict));
      throw TemplateFailure.type("format_map() expects a mapping, %s found".formatted(Values.typeName(bound.value(0))));
    });
    define("expandtabs", "tabsize?", (text, bound, interpreter) -> expanded(text, bound.integer(0, 8), interpreter.work()));
  }

  private static List<Object> separated(SourcedText text, SourcedText separator, int found) {
    if (separator.length() == 0) throw TemplateFailure.value("empty separator");
    if (found < 0) return List.of();
    int after = found + separator.length();
    return List.of(text.substring(0, found), text.substring(found, after), text.substring(after, text.length()));
  }

  private static SourcedText expanded(SourcedText text, int size, Work work) {
    var target = new TextBuilder(work);
    int column = 0;
    for (int i = 0; i < text.length(); i++) {
      char character = text.text().charAt(i);
      if (character != '\t') {
        target.append(text, i, i + 1);
        column = character == '\n' || character == '\r' ? 0 : column + 1;
        continue;
      }
      int width = size <= 0 ? 0 : size - column % size;
      var blank = text.isRow(i) ? SourcedText.row(" ") : BLANK;
      target.repeat(blank, width);
      column += width;
    }
    return target.build();
  }

  private static Sequence listed(List<Object> parts, Interpreter interpreter) {
    interpreter.work().steps(parts.size());
    return Sequence.list(parts);
  }

  private static void letters() {
    define("upper", "", (text, _, interpreter) -> LetterCase.upper(text, interpreter.work()));
    define("lower", "", (text, _, interpreter) -> LetterCase.lower(text, interpreter.work()));
    define("casefold", "", (text, _, interpreter) ->
        LetterCase.folded(text, interpreter.work()));
    define("capitalize", "", (text, _, interpreter) -> LetterCase.capitalized(text, interpreter.work()));
    define("title", "", (text, _, interpreter) -> LetterCase.title(text, interpreter.work()));
    define("swapcase", "", (text, _, interpreter) -> LetterCase.swapped(text, interpreter.work()));
  }

  private static void places() {
    define("startswith", "prefix start? end?", (text, bound, interpreter) ->
        any(bound.value(0), interpreter, part ->
            ranged(text, bound, interpreter).filter(range -> range.text().startsWith(part)).isPresent()));
    define("endswith", "suffix start? end?", (text, bound, interpreter) ->
        any(bound.value(0), interpreter, part ->
            ranged(text, bound, interpreter).filter(range -> range.text().endsWith(part)).isPresent()));
    define("find", "sub start? end?", (text, bound, interpreter) -> found(text, bound, interpreter, false));
    define("rfind", "sub start? end?", (text, bound, interpreter) -> found(text, bound, interpreter, true));
    define("index", "sub start? end?", (text, bound, interpreter) -> required(found(text, bound, interpreter, false)));
    define("rindex", "sub start? end?", (text, bound, interpreter) -> required(found(text, bound, interpreter, true)));
    define("count", "sub start? end?", (text, bound, interpreter) -> {
      var range = ranged(text, bound, interpreter);
      if (range.isEmpty()) return 0L;
      var part = bound.text(0);
      if (part.length() == 0) return Values.length(range.get()) + 1;
      interpreter.work().search(text.length(), part.length());
      long count = 0;
      for (int at = range.get().text().indexOf(part.text()); at >= 0; at = range.get().text()
          .indexOf(part.text(), at + part.length())) count++;
      return count;
    });
  }

  private static Object any(Object parts, Interpreter interpreter, Predicate<String> holds) {
    var candidates = parts instanceof Sequence tuple && tuple.isTuple() ? Values.items(tuple, interpreter.work())
        : Collections.singletonList(parts);
    for (Object candidate : candidates) {
      if (candidate instanceof Undefined undefined) throw undefined.failure();
      if (!(candidate instanceof SourcedText part)) throw TemplateFailure.type(
          "first arg must be str or a tuple of str, not %s".formatted(Values.typeName(candidate)));
      interpreter.work().characters(part.length());
      if (holds.test(part.text())) return true;
    }
    return false;
  }

  /** The part that start and end name; empty if start lies behind the end, where not even the empty string is found. */
  private static Optional<SourcedText> ranged(SourcedText text, Bound bound, Interpreter interpreter) {
    if (bound.value(1, null) == null && bound.value(2, null) == null) return Optional.of(text);
    int length = (int) Values.length(text);
    if (bound.value(1, null) != null && bound.integer(1, 0) > length) return Optional.empty();
    var slicing = Slicing.of(bound.value(1, null), bound.value(2, null), null, length);
    return Optional.of(Texts.slice(text, slicing, interpreter.work()));
  }

  private static Object found(SourcedText text, Bound bound, Interpreter interpreter, boolean last) {
    var part = bound.text(0);
    interpreter.work().search(text.length(), part.length());
    var range = ranged(text, bound, interpreter);
    if (range.isEmpty()) return -1L;
    String plain = range.get().text();
    int at = last ? plain.lastIndexOf(part.text()) : plain.indexOf(part.text());
    if (at < 0) return -1L;
    int start = bound.value(1, null) == null ? 0 : Slicing.of(bound.value(1), null, null, (int) Values.length(text)).start();
    return start + Texts.points(plain, at);
  }

  private static Object required(Object found) {
    if (found.equals(-1L)) throw TemplateFailure.value("substring not found");
    return found;
  }

  private static void questions() {
    all("isalpha", Character::isLetter);
    all("isalnum", character -> Character.isLetter(character) || isNumeric(character));
    all("isdigit", character -> Character.isDigit(character) || "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".indexOf(character) >= 0);
    all("isdecimal", Character::isDigit);
    all("isnumeric", StringMethods::isNumeric);
    all("isspace", Texts::isBlank);
    define("isascii", "", (text, _, _) -> text.text().chars().allMatch(character -> character < 0x80));
    define("isprintable", "", (text, _, _) -> text.text().codePoints().allMatch(Texts::isPrintable));
    define("isidentifier", "", (text, _, _) -> text.length() > 0
        && (text.text().charAt(0) == '_' || Character.isUnicodeIdentifierStart(text.text().codePointAt(0)))
        && text.text().codePoints().allMatch(character -> character == '_' || Character.isUnicodeIdentifierPart(character)));
    define("islower", "", (text, _, _) -> LetterCase.isLower(text));
    define("isupper", "", (text, _, _) -> LetterCase.isUpper(text));
    define("istitle", "", (text, _, interpreter) ->
        text.text().codePoints().anyMatch(Character::isUpperCase) && LetterCase.title(text, interpreter.work()).text().equals(text.text()));
  }

  private static boolean isNumeric(int character) {
    int type = Character.getType(character);
    return type == Character.DECIMAL_DIGIT_NUMBER || type == Character.LETTER_NUMBER || type == Character.OTHER_NUMBER;
  }

  private static void all(String name, IntPredicate holds) {
    define(name, "", (text, _, _) -> text.length() > 0 && text.text().codePoints().allMatch(holds));
  }
}
