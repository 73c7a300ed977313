package org.scriptorium.engine.template;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.api.SourcedText;

/** Jinja2's filters by name. */
final class Filters {
  private static final Map<String, Builtin> FILTERS = new HashMap<>();

  static {
    TextFilters.define(Filters::define);
    SequenceFilters.define(Filters::define);
    SelectionFilters.define(Filters::define);
    values();
    numbers();
  }

  /** Takes a filter's definition. */
  interface Registry {
    void define(String name, String signature, Builtin.Body body);
  }

  private Filters() {}

  static boolean isKnown(String name) {
    return FILTERS.containsKey(name);
  }

  static Object apply(Interpreter interpreter, String name, Object value, Arguments arguments) {
    var filter = FILTERS.get(name);
    if (filter == null) throw new TemplateFailure("TemplateRuntimeError", "No filter named '%s' found.".formatted(name));
    return filter.apply(interpreter, value, arguments);
  }

  private static void define(String name, String signature, Builtin.Body body) {
    FILTERS.put(name, Builtin.of(name, signature, body));
  }

  private static void values() {
    for (String name : new String[] {"default", "d"})
      define(name, "default_value? boolean?", (_, value, bound) -> {
        boolean missing = value instanceof Undefined || bound.truth(1, false) && !Values.truth(value);
        return missing ? bound.value(0, SourcedText.EMPTY) : value;
      });
    for (String name : new String[] {"length", "count"}) define(name, "", (_, value, _) -> Values.length(value));
    define("attr", "name", (_, value, bound) -> {
      if (value instanceof Dict dict && dict.has(bound.text(0).text())) {
        Object own = Attributes.attribute(new Dict(), bound.text(0).text());
        return own instanceof Undefined ? Undefined.attribute(dict, bound.text(0).text())
            : Attributes.attribute(dict, bound.text(0).text());
      }
      return Attributes.attribute(value, bound.text(0).text());
    });
    define("tojson", "ensure_ascii? indent? separators? sort_keys?", (interpreter, value, bound) ->
        Json.written(value, style(bound), interpreter.work()));
    define("pprint", "", (interpreter, value, _) -> Printing.represented(value, interpreter.work()));
  }

  private static Json.Style style(Builtin.Bound bound) {
    Object indent = bound.value(1, null);
    Optional<SourcedText> level = indent == null ? Optional.empty()
        : indent instanceof SourcedText text ? Optional.of(text)
            : Optional.of(SourcedText.trusted(" ".repeat(Math.clamp(Values.index(indent), 0, 64))));
    var item = SourcedText.trusted(level.isPresent() ? "," : ", ");
    var key = SourcedText.trusted(": ");
    if (bound.value(2, null) != null) {
      boolean pair = bound.value(2) instanceof Sequence given && given.size() == 2
          && given.items().get(0) instanceof SourcedText && given.items().get(1) instanceof SourcedText;
      if (!pair) throw TemplateFailure.type("separators must be a pair of strings");
      item = (SourcedText) ((Sequence) bound.value(2)).items().get(0);
      key = (SourcedText) ((Sequence) bound.value(2)).items().get(1);
    }
    return new Json.Style(bound.truth(0, false), level, item, key, bound.truth(3, false));
  }

  private static void numbers() {
    define("abs", "", (_, value, _) -> {
      if (value instanceof Undefined undefined) throw undefined.failure();
      if (!Values.isNumber(value)) throw TemplateFailure.type("bad operand type for abs(): '%s'".formatted(Values.typeName(value)));
      return Numbers.absolute(value);
    });
    define("int", "default? base?", (_, value, bound) -> {
      if (value instanceof Undefined undefined) throw undefined.failure();
      return Parsing.integer(value, bound.integer(1, 10)).orElse(bound.value(0, 0L));
    });
    define("float", "default?", (_, value, bound) -> {
      if (value instanceof Undefined undefined) throw undefined.failure();
      var parsed = Parsing.real(value);
      return parsed.isPresent() ? (Object) parsed.getAsDouble() : bound.value(0, 0.0);
    });
    define("round", "precision? method?", (_, value, bound) ->
        rounded(value, bound.integer(0, 0), bound.text(1, SourcedText.trusted("common")).text()));
    define("filesizeformat", "binary?", (_, value, bound) -> {
      var bytes = Parsing.real(value);
      if (bytes.isEmpty()) throw TemplateFailure.value("could not convert to float: %s".formatted(Values.typeName(value)));
      return SourcedText.trusted(fileSize(bytes.getAsDouble(), bound.truth(0, false)));
    });
  }

  private static Object rounded(Object value, int precision, String method) {
    if (value instanceof Undefined undefined) throw undefined.failure();
    if (!Values.isNumber(value)) throw TemplateFailure.type("type %s doesn't define __round__ method".formatted(Values.typeName(value)));
    if (method.equals("common")) return Numbers.rounded(value, precision);
    double scale = Math.pow(10, precision);
    double scaled = Numbers.real(value) * scale;
    return switch (method) {
      case "ceil" -> Math.ceil(scaled) / scale;
      case "floor" -> Math.floor(scaled) / scale;
      default -> throw new TemplateFailure("FilterArgumentError", "method must be common, ceil or floor");
    };
  }

  private static String fileSize(double bytes, boolean binary) {
    double base = binary ? 1024 : 1000;
    if (bytes == 1) return "1 Byte";
    if (bytes < base) return "%d Bytes".formatted((long) bytes);
    String prefixes = "kMGTPEZY";
    double unit = base;
    int index = 0;
    while (index < prefixes.length() - 1 && bytes >= unit * base) {
      unit *= base;
      index++;
    }
    String prefix = binary ? Character.toUpperCase(prefixes.charAt(index)) + "i" : prefixes.substring(index, index + 1);
    return String.format(Locale.ROOT, "%.1f %sB", bytes / unit, prefix);
  }
}
