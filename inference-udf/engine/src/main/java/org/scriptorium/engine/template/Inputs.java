package org.scriptorium.engine.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Map;
import org.scriptorium.engine.api.SourcedText;

/** Turns what callers pass into values of templates, and counts it: the bound of work goes by its size. */
final class Inputs {
  private static final int DEPTH = 200;

  private long values;
  private long characters;
  private int depth;

  long values() {
    return values;
  }

  long characters() {
    return characters;
  }

  Object value(Object input) {
    values++;
    return switch (input) {
      case null -> null;
      case Boolean truth -> truth;
      case Long number -> number;
      case Integer number -> number.longValue();
      case Short number -> number.longValue();
      case Byte number -> number.longValue();
      case Double number -> number;
      case Float number -> number.doubleValue();
      case BigInteger number -> Numbers.normal(number);
      case BigDecimal number -> number.doubleValue();
      case SourcedText text -> counted(text);
      case String text -> counted(SourcedText.trusted(text));
      case Map<?, ?> map -> dict(map);
      case Iterable<?> items -> list(items);
      default -> throw TemplateFailure.type("a variable of %s can't be given to a template; pass strings, numbers, booleans, lists and maps"
          .formatted(input.getClass()));
    };
  }

  private SourcedText counted(SourcedText text) {
    characters += text.length();
    return text;
  }

  private Dict dict(Map<?, ?> map) {
    enter();
    var dict = new Dict();
    var work = new Work(map.size(), 0);
    map.forEach((key, value) -> dict.put(value(key), value(value), work));
    depth--;
    return dict;
  }

  private Sequence list(Iterable<?> items) {
    enter();
    var list = new ArrayList<>();
    for (Object item : items) list.add(value(item));
    depth--;
    return Sequence.list(list);
  }

  private void enter() {
    if (++depth > DEPTH) throw TemplateFailure.value("a variable is nested deeper than %d".formatted(DEPTH));
  }
}
