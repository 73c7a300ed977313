package org.scriptorium.engine.template;

import java.math.BigInteger;
import java.util.List;
import org.scriptorium.engine.api.SourcedText;

/** Python's str() and repr(), with the source of every character. */
final class Printing {
  private Printing() {}

  /** What {@code {{ value }}} writes. */
  static SourcedText text(Object value, Work work) {
    if (value instanceof SourcedText text) return text;
    if (value instanceof Undefined) return SourcedText.EMPTY;
    return represented(value, work);
  }

  /** What the value looks like inside a printed list. */
  static SourcedText represented(Object value, Work work) {
    var target = new TextBuilder(work);
    represent(value, target, work);
    return target.build();
  }

  private static void represent(Object value, TextBuilder target, Work work) {
    work.step();
    switch (value) {
      case null -> target.trusted("None");
      case Boolean truth -> target.trusted(truth ? "True" : "False");
      case Long number -> target.trusted(Long.toString(number));
      case BigInteger number -> target.trusted(number.toString());
      case Double number -> target.trusted(Numbers.printed(number));
      case SourcedText text -> quoted(text, target);
      case Undefined _ -> target.trusted("Undefined");
      case Callable callable -> target.trusted(callable.printed());
      default -> {
        work.enter();
        container(value, target, work);
        work.leave();
      }
    }
  }

  private static void container(Object value, TextBuilder target, Work work) {
    switch (value) {
      case Dict dict -> pairs(dict, target, work);
      case Namespace namespace -> {
        target.trusted("<Namespace ");
        pairs(namespace.attributes(), target, work);
        target.trusted(">");
      }
      case Sequence sequence -> sequence(sequence, target, work);
      default -> throw new AssertionError("no value of a template: " + value.getClass());
    }
  }

  private static void pairs(Dict dict, TextBuilder target, Work work) {
    var keys = dict.keys();
    var values = dict.values();
    target.trusted("{");
    for (int i = 0; i < keys.size(); i++) {
      if (i > 0) target.trusted(", ");
      represent(keys.get(i), target, work);
      target.trusted(": ");
      represent(values.get(i), target, work);
    }
    target.trusted("}");
  }

  private static void sequence(Sequence sequence, TextBuilder target, Work work) {
    switch (sequence.kind()) {
      case LIST -> listed(sequence.items(), "[", "]", target, work);
      case TUPLE, GROUP -> listed(sequence.items(), "(", sequence.size() == 1 ? ",)" : ")", target, work);
      case KEYS, VALUES, ITEMS -> listed(sequence.items(), sequence.typeName() + "([", "])", target, work);
      case RANGE -> target.trusted(range(sequence));
      case GENERATOR -> target.trusted("<generator object>");
    }
  }

  private static void listed(List<Object> items, String open, String close, TextBuilder target, Work work) {
    target.trusted(open);
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) target.trusted(", ");
      represent(items.get(i), target, work);
    }
    target.trusted(close);
  }

  private static String range(Sequence sequence) {
    var items = sequence.items();
    if (items.isEmpty()) return "range(0, 0)";
    long first = (Long) items.getFirst();
    long step = items.size() > 1 ? (Long) items.get(1) - first : 1;
    long end = sequence.end().orElse((Long) items.getLast() + step);
    return step == 1 ? "range(%d, %d)".formatted(first, end) : "range(%d, %d, %d)".formatted(first, end, step);
  }

  private static void quoted(SourcedText text, TextBuilder target) {
    String plain = text.text();
    char quote = plain.indexOf('\'') >= 0 && plain.indexOf('"') < 0 ? '"' : '\'';
    target.trusted(Character.toString(quote));
    int copied = 0;
    for (int i = 0, next; i < plain.length(); i = next) {
      int character = plain.codePointAt(i);
      next = i + Character.charCount(character);
      String escaped = escaped(character, quote);
      if (escaped.isEmpty()) continue;
      target.append(text, copied, i).like(escaped, text, i, next);
      copied = next;
    }
    target.append(text, copied, plain.length()).trusted(Character.toString(quote));
  }

  /** How repr() writes a character that doesn't stand for itself; empty for the others. */
  private static String escaped(int character, char quote) {
    return switch (character) {
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> {
        if (character == quote) yield "\\" + quote;
        if (character >= ' ' && character < 0x7f || Texts.isPrintable(character)) yield "";
        yield (character < 0x100 ? "\\x%02x" : character < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(character);
      }
    };
  }
}
