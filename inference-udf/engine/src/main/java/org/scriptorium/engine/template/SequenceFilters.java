package org.scriptorium.engine.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Builtin.Bound;
import org.scriptorium.engine.template.Expression.Operator;

/** Filters that walk through their value. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void define(Filters.Registry registry) {
    ends(registry);
    registry.define("list", "", (interpreter, value, _) -> Sequence.list(Values.items(value, interpreter.work())));
    registry.define("join", "d? attribute?", (interpreter, value, bound) -> {
      var key = key(bound.value(1, null), null, interpreter.work());
      var parts = new ArrayList<SourcedText>();
      for (Object item : Values.items(value, interpreter.work())) parts.add(Printing.text(key.apply(item), interpreter.work()));
      return Texts.join(bound.printed(0, ""), parts, interpreter.work());
    });
    registry.define("reverse", "", (interpreter, value, _) -> {
      if (value instanceof SourcedText text)
        return Texts.slice(text, Slicing.of(null, null, -1L, (int) Values.length(text)), interpreter.work());
      if (value instanceof Sequence sequence
          && !sequence.isSized()) return Sequence.list(new ArrayList<>(Values.items(value, interpreter.work()).reversed()));
      return Sequence.generator(new ArrayList<>(Values.items(value, interpreter.work()).reversed()));
    });
    registry.define("items", "", (interpreter, value, _) -> switch (value) {
      case Undefined _ -> Sequence.generator(List.of());
      case Dict dict -> {
        interpreter.work().steps(dict.size());
        yield Sequence.generator(dict.pairs());
      }
      case null, default -> throw TemplateFailure.type("Can only get item pairs from a mapping.");
    });
    registry.define("sum", "attribute? start?", (interpreter, value, bound) -> {
      Object sum = bound.value(1, 0L);
      if (sum instanceof SourcedText) throw TemplateFailure.type("sum() can't sum strings [use ''.join(seq) instead]");
      var key = key(bound.value(0, null), null, interpreter.work());
      for (Object item : Values.items(value, interpreter.work())) sum = Operations.binary(Operator.ADD, sum, key.apply(item), interpreter);
      return sum;
    });
    registry.define("batch", "linecount fill_with?", (interpreter, value, bound) ->
        batched(Values.items(value, interpreter.work()), bound, interpreter.work()));
    registry.define("slice", "slices fill_with?", (interpreter, value, bound) ->
        sliced(Values.items(value, interpreter.work()), bound, interpreter.work()));
    ordered(registry);
  }

  private static void ends(Filters.Registry registry) {
    registry.define("first", "", (interpreter, value, _) -> {
      if (value instanceof SourcedText text && text.length() > 0) return text.substring(0, text.text().offsetByCodePoints(0, 1));
      var items = value instanceof Sequence sequence ? sequence.takeOne() : Values.items(value, interpreter.work());
      return items.isEmpty() ? Undefined.because("No first item, sequence was empty.") : items.getFirst();
    });
    registry.define("last", "", (interpreter, value, _) -> {
      if (value instanceof SourcedText text
          && text.length() > 0) return text.substring(text.text().offsetByCodePoints(text.length(), -1), text.length());
      if (value instanceof Sequence sequence && !sequence.isSized()) throw TemplateFailure.type("'generator' object is not reversible");
      var items = Values.items(value, interpreter.work());
      return items.isEmpty() ? Undefined.because("No last item, sequence was empty.") : items.getLast();
    });
  }

  private static void ordered(Filters.Registry registry) {
    registry.define("sort", "reverse? case_sensitive? attribute?", (interpreter, value, bound) -> {
      var key = keys(bound.value(2, null), bound.truth(1, false), interpreter.work());
      return Sequence.list(sorted(Values.items(value, interpreter.work()), key, bound.truth(0, false), interpreter.work()));
    });
    registry.define("dictsort", "case_sensitive? by? reverse?", (interpreter, value, bound) -> {
      if (value instanceof Undefined undefined) throw undefined.failure();
      if (!(value instanceof Dict dict)) throw TemplateFailure.type("'%s' object has no items".formatted(Values.typeName(value)));
      String by = bound.text(1, SourcedText.trusted("key")).text();
      if (!by.equals("key") && !by.equals("value"))
        throw new TemplateFailure("FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
      int place = by.equals("key") ? 0 : 1;
      var work = interpreter.work();
      return Sequence.list(sorted(dict.pairs(), pair ->
          folded(((Sequence) pair).items().get(place), bound.truth(0, false), work), bound.truth(2, false), work));
    });
    registry.define("unique", "case_sensitive? attribute?", (interpreter, value, bound) -> {
      var key = key(bound.value(1, null), null, interpreter.work());
      var seen = new HashSet<>();
      var unique = new ArrayList<>();
      for (Object item : Values.items(value, interpreter.work()))
        if (seen.add(Dict.identity(folded(key.apply(item), bound.truth(0, false), interpreter.work()), interpreter.work()))) unique.add(
            item);
      return Sequence.generator(unique);
    });
    registry.define("min", "case_sensitive? attribute?", (interpreter, value, bound) -> extreme(value, bound, -1, interpreter.work()));
    registry.define("max", "case_sensitive? attribute?", (interpreter, value, bound) -> extreme(value, bound, 1, interpreter.work()));
    registry.define("groupby", "attribute default? case_sensitive?", SequenceFilters::grouped);
  }

  /** What sorting goes by: an attribute's path such as {@code function.name} or {@code 0}, or the item itself. */
  static Function<Object, Object> key(Object attribute, Object fallback, Work work) {
    if (attribute == null) return item -> item;
    var path = attribute instanceof SourcedText text
        ? Arrays.stream(text.text().split("\\.", -1)).map(SequenceFilters::step).toList() : List.of(attribute);
    return item -> {
      Object value = item;
      for (Object step : path) {
        value = Attributes.item(value, step, work);
        if (fallback != null && value instanceof Undefined) value = fallback;
      }
      return value;
    };
  }

  private static Object step(String name) {
    boolean number = !name.isEmpty() && name.length() < 10 && name.chars().allMatch(character -> character >= '0' && character <= '9');
    return number ? (Object) Long.valueOf(name) : SourcedText.trusted(name);
  }

  /** Several attributes between commas are compared one after the other. */
  private static Function<Object, Object> keys(Object attribute, boolean caseSensitive, Work work) {
    // A list each, of one value too: equal values of lists are passed over before any order is asked for.
    if (!(attribute instanceof SourcedText text) || !text.text().contains(",")) {
      var key = key(attribute, null, work);
      return item -> Sequence.list(Collections.singletonList(folded(key.apply(item), caseSensitive, work)));
    }
    var keys = Arrays.stream(text.text().split(",")).map(name -> key(SourcedText.trusted(name), null, work)).toList();
    return item -> {
      var values = new ArrayList<>();
      for (var key : keys) values.add(folded(key.apply(item), caseSensitive, work));
      return Sequence.list(values);
    };
  }

  private static Object folded(Object value, boolean caseSensitive, Work work) {
    return value instanceof SourcedText text && !caseSensitive ? LetterCase.lower(text, work) : value;
  }

  private static List<Object> sorted(List<Object> items, Function<Object, Object> key, boolean reverse, Work work) {
    record Keyed(Object item, Object key) {}
    var keyed = new ArrayList<Keyed>(items.size());
    for (Object item : items) keyed.add(new Keyed(item, key.apply(item)));
    if (keyed.size() < 2) return new ArrayList<>(items);
    try {
      keyed.sort((left, right) -> {
        int order = Values.compare(left.key, right.key, "<", work);
        return order == Numbers.UNORDERED ? 0 : reverse ? -order : order;
      });
    } catch (IllegalArgumentException unordered) {
      throw TemplateFailure.value("values without an order, such as NaN, can't be sorted");
    }
    var sorted = new ArrayList<>(keyed.size());
    for (var entry : keyed) sorted.add(entry.item);
    return sorted;
  }

  private static Object extreme(Object value, Bound bound, int sign, Work work) {
    var key = key(bound.value(1, null), null, work);
    var items = Values.items(value, work);
    if (items.isEmpty()) return Undefined.because("No aggregated item, sequence was empty.");
    Object best = items.getFirst();
    Object bestKey = folded(key.apply(best), bound.truth(0, false), work);
    for (Object item : items.subList(1, items.size())) {
      Object itemKey = folded(key.apply(item), bound.truth(0, false), work);
      int order = Values.compare(itemKey, bestKey, sign < 0 ? "<" : ">", work);
      if (order == Numbers.UNORDERED || order * sign <= 0) continue;
      best = item;
      bestKey = itemKey;
    }
    return best;
  }

  private static Object grouped(Interpreter interpreter, Object value, Bound bound) {
    var work = interpreter.work();
    var key = key(bound.value(0), bound.value(1, null), work);
    Function<Object, Object> compared = item -> folded(key.apply(item), bound.truth(2, false), work);
    var groups = new ArrayList<>();
    var members = new ArrayList<>();
    for (Object item : sorted(Values.items(value, work), compared, false, work)) {
      if (!members.isEmpty() && !Values.equal(compared.apply(members.getFirst()), compared.apply(item), work)) {
        groups.add(group(key, members));
        members.clear();
      }
      members.add(item);
    }
    if (!members.isEmpty()) groups.add(group(key, members));
    return Sequence.list(groups);
  }

  private static Sequence group(Function<Object, Object> key, List<Object> members) {
    return Sequence.of(Sequence.Kind.GROUP, Arrays.asList(key.apply(members.getFirst()), Sequence.list(new ArrayList<>(members))));
  }

  private static Sequence batched(List<Object> items, Bound bound, Work work) {
    int size = bound.integer(0, 1);
    var batches = new ArrayList<>();
    for (long next = 0; next < items.size(); next += Math.max(1, size)) {
      int from = (int) next;
      var batch = new ArrayList<>(items.subList(from, (int) Math.min(items.size(), next + Math.max(1, size))));
      if (bound.value(1, null) != null) {
        work.steps(Math.max(0, size - batch.size()));
        while (batch.size() < size) batch.add(bound.value(1));
      }
      batches.add(Sequence.list(batch));
    }
    return Sequence.generator(batches);
  }

  private static Sequence sliced(List<Object> items, Bound bound, Work work) {
    int slices = bound.integer(0, 1);
    if (slices <= 0) throw new TemplateFailure("ZeroDivisionError", "integer division or modulo by zero");
    work.steps(slices);
    int size = items.size() / slices;
    int larger = items.size() % slices;
    var result = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < slices; i++) {
      int to = from + size + (i < larger ? 1 : 0);
      var slice = new ArrayList<>(items.subList(from, to));
      if (bound.value(1, null) != null && i >= larger) slice.add(bound.value(1));
      result.add(Sequence.list(slice));
      from = to;
    }
    return Sequence.generator(result);
  }
}
