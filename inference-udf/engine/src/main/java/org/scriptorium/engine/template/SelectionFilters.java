package org.scriptorium.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.scriptorium.engine.api.SourcedText;

/** Filters that take another filter or a test by name: map, select, reject and their kin. */
final class SelectionFilters {
  private SelectionFilters() {}

  static void define(Filters.Registry registry) {
    registry.define("map", "*", (interpreter, value, bound) -> {
      var change = change(interpreter, bound.arguments());
      var mapped = new ArrayList<>();
      for (Object item : items(value, interpreter.work())) mapped.add(change.apply(item));
      return Sequence.generator(mapped);
    });
    select(registry, "select", false, true);
    select(registry, "reject", false, false);
    select(registry, "selectattr", true, true);
    select(registry, "rejectattr", true, false);
  }

  /** These filters take whatever is false, None and 0 too, as an empty sequence. */
  private static List<Object> items(Object value, Work work) {
    return Values.truth(value) ? Values.items(value, work) : List.of();
  }

  private static Function<Object, Object> change(Interpreter interpreter, Arguments arguments) {
    var named = arguments.named();
    if (arguments.positional().isEmpty() && named.has("attribute")) {
      boolean known = named.size() == (named.has("default") ? 2 : 1);
      if (!known) throw new TemplateFailure("FilterArgumentError", "Unexpected keyword argument");
      return SequenceFilters.key(named.value("attribute", null), named.value("default", null), interpreter.work());
    }
    if (arguments.positional().isEmpty()) throw new TemplateFailure("FilterArgumentError", "map requires a filter argument");
    String filter = name(arguments.positional().getFirst());
    var rest = arguments.from(1);
    return item -> Filters.apply(interpreter, filter, item, rest);
  }

  private static void select(Filters.Registry registry, String name, boolean attribute, boolean wanted) {
    registry.define(name, "*", (interpreter, value, bound) -> {
      var arguments = bound.arguments();
      Function<Object, Object> key = item -> item;
      if (attribute) {
        if (arguments.positional().isEmpty()) throw new TemplateFailure("FilterArgumentError", "Missing parameter for attribute name");
        key = SequenceFilters.key(arguments.positional().getFirst(), null, interpreter.work());
        arguments = arguments.from(1);
      }
      var test = test(interpreter, arguments);
      var selected = new ArrayList<>();
      for (Object item : items(value, interpreter.work())) {
        interpreter.work().step();
        if (test.test(key.apply(item)) == wanted) selected.add(item);
      }
      return Sequence.generator(selected);
    });
  }

  private static Predicate<Object> test(Interpreter interpreter, Arguments arguments) {
    if (arguments.positional().isEmpty()) return Values::truth;
    String test = name(arguments.positional().getFirst());
    var rest = arguments.from(1);
    return item -> Tests.holds(interpreter, test, item, rest);
  }

  private static String name(Object value) {
    if (value instanceof SourcedText text) return text.text();
    throw TemplateFailure.type("the name of a filter or test must be a string, not %s".formatted(Values.typeName(value)));
  }
}
