package org.scriptorium.engine.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.SourcedText;

/** Python's json.dumps, as chat templates' {@code tojson} calls it: no escapes for HTML, characters beyond ASCII kept unless asked. */
final class Json {
  /**
   * How to write.
   *
   * @param indent what one level is indented by; empty for everything on one line
   */
  record Style(boolean ascii, Optional<SourcedText> indent, SourcedText itemSeparator, SourcedText keySeparator, boolean sortedKeys) {}

  private final Style style;
  private final TextBuilder target;
  private final Work work;

  private Json(Style style, Work work) {
    this.style = style;
    this.work = work;
    this.target = new TextBuilder(work);
  }

  static SourcedText written(Object value, Style style, Work work) {
    var json = new Json(style, work);
    json.value(value, 1);
    return json.target.build();
  }

  private void value(Object value, int level) {
    work.step();
    switch (value) {
      case null -> target.trusted("null");
      case Boolean truth -> target.trusted(truth ? "true" : "false");
      case Long number -> target.trusted(Long.toString(number));
      case BigInteger number -> target.trusted(number.toString());
      case Double number -> target.trusted(real(number));
      case SourcedText text -> string(text);
      case Dict dict -> container(dict.size(), "{", "}", level, () -> pairs(dict, level));
      case Sequence sequence when sequence.isList() || sequence.isTuple() ->
          container(sequence.size(), "[", "]", level, () -> items(sequence.items(), level));
      default -> throw TemplateFailure.type("Object of type %s is not JSON serializable".formatted(Values.typeName(value)));
    }
  }

  private static String real(double value) {
    if (Double.isNaN(value)) return "NaN";
    if (Double.isInfinite(value)) return value > 0 ? "Infinity" : "-Infinity";
    return Numbers.printed(value);
  }

  private void container(int size, String open, String close, int level, Runnable content) {
    target.trusted(open);
    if (size > 0) {
      work.enter();
      newLine(level);
      content.run();
      newLine(level - 1);
      work.leave();
    }
    target.trusted(close);
  }

  private void newLine(int level) {
    style.indent.ifPresent(indent -> target.trusted("\n").repeat(indent, level));
  }

  private void items(List<Object> items, int level) {
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) separate(level);
      value(items.get(i), level + 1);
    }
  }

  private void separate(int level) {
    target.append(style.itemSeparator);
    newLine(level);
  }

  private void pairs(Dict dict, int level) {
    var pairs = new ArrayList<>(dict.pairs());
    if (style.sortedKeys) pairs.sort((left, right) -> Values.compare(key(left), key(right), "<", work));
    for (int i = 0; i < pairs.size(); i++) {
      if (i > 0) separate(level);
      string(name(key(pairs.get(i))));
      target.append(style.keySeparator);
      value(((Sequence) pairs.get(i)).items().get(1), level + 1);
    }
  }

  private static Object key(Object pair) {
    return ((Sequence) pair).items().getFirst();
  }

  private static SourcedText name(Object key) {
    return switch (key) {
      case SourcedText text -> text;
      case null -> SourcedText.trusted("null");
      case Boolean truth -> SourcedText.trusted(truth ? "true" : "false");
      case Double number -> SourcedText.trusted(real(number));
      case Long number -> SourcedText.trusted(Long.toString(number));
      case BigInteger number -> SourcedText.trusted(number.toString());
      default -> throw TemplateFailure.type("keys must be str, int, float, bool or None, not %s".formatted(Values.typeName(key)));
    };
  }

  private void string(SourcedText text) {
    String plain = text.text();
    target.trusted("\"");
    int copied = 0;
    for (int i = 0; i < plain.length(); i++) {
      String escaped = escaped(plain.charAt(i));
      if (escaped.isEmpty()) continue;
      target.append(text, copied, i).like(escaped, text, i, i + 1);
      copied = i + 1;
    }
    target.append(text, copied, plain.length()).trusted("\"");
  }

  /** How a character that can't stand for itself is written; empty for the others. */
  private String escaped(char character) {
    return switch (character) {
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      case '\b' -> "\\b";
      case '\f' -> "\\f";
      default -> character < ' ' || style.ascii && character > '~' ? "\\u%04x".formatted((int) character) : "";
    };
  }
}
