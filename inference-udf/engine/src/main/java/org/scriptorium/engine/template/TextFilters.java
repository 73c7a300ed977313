package org.scriptorium.engine.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Builtin.Bound;

/** Filters that print their value and work on the text. */
final class TextFilters {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}_]+");
  private static final SourcedText LINE_END = SourcedText.trusted("\n");
  private static final SourcedText BLANK = SourcedText.trusted(" ");

  private TextFilters() {}

  private interface Body {
    Object apply(SourcedText text, Bound bound, Work work);
  }

  private static void define(Filters.Registry registry, String name, String signature, Body body) {
    registry.define(name, signature, (interpreter, value, bound) -> {
      var text = Printing.text(value, interpreter.work());
      interpreter.work().characters(text.length());
      return body.apply(text, bound, interpreter.work());
    });
  }

  static void define(Filters.Registry registry) {
    define(registry, "string", "", (text, _, _) -> text);
    define(registry, "safe", "", (text, _, _) -> text);
    for (String name : new String[] {"escape", "e", "forceescape"}) define(registry, name, "", (text, _, work) -> escaped(text, work));
    define(registry, "upper", "", (text, _, work) -> LetterCase.upper(text, work));
    define(registry, "lower", "", (text, _, work) -> LetterCase.lower(text, work));
    define(registry, "capitalize", "", (text, _, work) -> LetterCase.capitalized(text, work));
    define(registry, "title", "", (text, _, work) -> title(text, work));
    define(registry, "trim", "chars?", (text, bound, _) ->
        Texts.strip(text, bound.value(0, null) == null ? Optional.empty() : Optional.of(bound.text(0)), Texts.Ends.BOTH));
    define(registry, "center", "width?", (text, bound, work) -> StringMethods.centered(text, bound.integer(0, 80), BLANK, work));
    define(registry, "replace", "old new count?", (text, bound, work) -> {
      var old = bound.printed(0, "");
      work.search(text.length(), old.length());
      return Texts.replace(text, old, bound.printed(1, ""), bound.value(2, null) == null ? -1 : bound.integer(2, -1), work);
    });
    registry.define("indent", "width? first? blank?", (interpreter, value, bound) -> {
      var work = interpreter.work();
      var width = bound.value(0, 4L) instanceof SourcedText given ? given
          : new TextBuilder(work).repeat(BLANK, Math.max(0, bound.integer(0, 4))).build();
      return indented(string(value, "indent"), width, bound.truth(1, false), bound.truth(2, false), work);
    });
    registry.define("truncate", "length? killwords? end? leeway?", (interpreter, value, bound) ->
        value instanceof SourcedText text ? truncated(text, bound, interpreter.work()) : uncut(value, bound));
    define(registry, "wordcount", "", (text, _, _) -> WORD.matcher(text.text()).results().count());
    registry.define("urlencode", "", (interpreter, value, _) -> {
      boolean container = value instanceof Dict || value instanceof Sequence;
      var text = container ? string(value, "urlencode") : Printing.text(value, interpreter.work());
      return encoded(text, interpreter.work());
    });
    define(registry, "striptags", "", (text, _, work) -> withoutTags(text, work));
    registry.define("format", "*", (interpreter, value, bound) -> {
      var arguments = bound.arguments();
      boolean named = arguments.named().size() > 0;
      if (named && !arguments.positional().isEmpty())
        throw new TemplateFailure("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
      Object values = named ? arguments.named() : Sequence.tuple(arguments.positional().toArray());
      return Formats.percent(interpreter, Printing.text(value, interpreter.work()), values);
    });
  }

  /** For the filters that don't print their value first. */
  private static SourcedText string(Object value, String filter) {
    if (value instanceof Undefined undefined) throw undefined.failure();
    if (value instanceof SourcedText text) return text;
    throw TemplateFailure.type("%s needs a str, not %s".formatted(filter, Values.typeName(value)));
  }

  /** What is no text can't be cut, only found short enough. */
  private static Object uncut(Object value, Bound bound) {
    if (Values.length(value) <= (long) bound.integer(0, 255) + leeway(bound)) return value;
    return string(value, "truncate");
  }

  private static int leeway(Bound bound) {
    return bound.value(3, null) == null ? 5 : bound.integer(3, 5);
  }

  private static SourcedText escaped(SourcedText text, Work work) {
    var target = new TextBuilder(work);
    int copied = 0;
    for (int i = 0; i < text.length(); i++) {
      String escaped = switch (text.text().charAt(i)) {
        case '&' -> "&amp;";
        case '<' -> "&lt;";
        case '>' -> "&gt;";
        case '\'' -> "&#39;";
        case '"' -> "&#34;";
        default -> "";
      };
      if (escaped.isEmpty()) continue;
      target.append(text, copied, i).like(escaped, text, i, i + 1);
      copied = i + 1;
    }
    return target.append(text, copied, text.length()).build();
  }

  /** Unlike the method of that name, the filter begins words behind blanks, hyphens and opening brackets only. */
  private static SourcedText title(SourcedText text, Work work) {
    var target = new TextBuilder(work);
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      boolean ends = i == text.length() || Texts.isBlank(text.text().charAt(i)) || "-({[<".indexOf(text.text().charAt(i)) >= 0;
      if (!ends) continue;
      if (i > from) {
        int first = text.text().offsetByCodePoints(from, 1);
        target.append(LetterCase.upper(text.substring(from, first), work)).append(LetterCase.lower(text.substring(first, i), work));
      }
      if (i < text.length()) target.append(text, i, i + 1);
      from = i + 1;
    }
    return target.build();
  }

  private static SourcedText indented(SourcedText text, SourcedText width, boolean first, boolean blank, Work work) {
    var target = new TextBuilder(work);
    if (first) target.append(width);
    var lines = Texts.lines(text.plus(LINE_END), true);
    for (int i = 0; i < lines.size(); i++) {
      var line = (SourcedText) lines.get(i);
      int end = line.text().endsWith("\r\n") ? line.length() - 2 : line.length() - 1;
      if (i > 0 && (blank || end > 0)) target.append(width);
      target.append(line, 0, end);
      if (i + 1 < lines.size()) target.like("\n", line, end, line.length());
    }
    return target.build();
  }

  private static SourcedText truncated(SourcedText text, Bound bound, Work work) {
    int length = bound.integer(0, 255);
    var end = bound.text(2, SourcedText.trusted("..."));
    int leeway = leeway(bound);
    if (length < Values.length(end)
        || leeway < 0) throw new TemplateFailure("AssertionError", "expected length >= %d".formatted(Values.length(end)));
    if (Values.length(text) <= (long) length + leeway) return text;
    var head = Texts.slice(text, Slicing.of(0L, length - Values.length(end), null, (int) Values.length(text)), work);
    int blank = bound.truth(1, false) ? -1 : head.text().lastIndexOf(' ');
    return new TextBuilder(work).append(head, 0, blank < 0 ? head.length() : blank).append(end).build();
  }

  private static SourcedText encoded(SourcedText text, Work work) {
    var target = new TextBuilder(work);
    for (int i = 0, next; i < text.length(); i = next) {
      next = text.text().offsetByCodePoints(i, 1);
      String character = text.text().substring(i, next);
      boolean plain = character.equals("/") || character.equals("~");
      String encoded = plain ? character : URLEncoder.encode(character, StandardCharsets.UTF_8).replace("+", "%20").replace("*", "%2A");
      target.like(encoded, text, i, next);
    }
    return target.build();
  }

  private static SourcedText withoutTags(SourcedText text, Work work) {
    var target = new TextBuilder(work);
    int at = 0;
    for (int open = text.text().indexOf('<'); open >= 0; open = text.text().indexOf('<', at)) {
      boolean comment = text.text().startsWith("<!--", open);
      int close = text.text().indexOf(comment ? "-->" : ">", open);
      if (close < 0) break;
      target.append(text, at, open);
      at = close + (comment ? 3 : 1);
    }
    List<SourcedText> words = new ArrayList<>();
    for (Object word : Texts.words(target.append(text, at, text.length()).build(), -1)) words.add((SourcedText) word);
    return Texts.join(text.touchesRow(0, text.length()) ? SourcedText.row(" ") : BLANK, words, work);
  }
}
