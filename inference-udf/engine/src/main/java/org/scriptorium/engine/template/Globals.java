package org.scriptorium.engine.template;

import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.SourcedText;

/** The functions that every template knows without being given them. */
final class Globals {
  /** As in Jinja2's sandbox. */
  private static final int LONGEST_RANGE = 100_000;

  private static final List<Builtin> FUNCTIONS = List.of(
      Builtin.of("range", "start stop? step?", Globals::range),
      Builtin.of("dict", "*", (interpreter, _, bound) -> dict(bound.arguments(), interpreter.work())),
      Builtin.of("namespace", "*", (interpreter, _, bound) -> new Namespace(dict(bound.arguments(), interpreter.work()))),
      Builtin.of("cycler", "*", (_, _, bound) -> new Cycler(bound.arguments().positional())),
      Builtin.of("joiner", "sep?", (_, _, bound) -> new Joiner(bound.value(0, SourcedText.trusted(", ")))),
      Builtin.of("raise_exception", "message", (interpreter, _, bound) -> {
        throw new TemplateFailure("TemplateError", bound.printed(0, "").text());
      }),
      Builtin.of("strftime_now", "format", (interpreter, _, bound) ->
          SourcedText.trusted(Dates.formatted(bound.text(0).text(), ZonedDateTime.now(interpreter.clock())))));

  private Globals() {}

  static void define(Scope scope) {
    for (var function : FUNCTIONS) scope.set(function.name(), new Builtin.Method(function, null));
  }

  private static Object range(Interpreter interpreter, Object none, Builtin.Bound bound) {
    long first = bound.has(1) ? Values.index(bound.value(0)) : 0;
    long end = Values.index(bound.value(bound.has(1) ? 1 : 0));
    long step = bound.integer(2, 1);
    if (step == 0) throw TemplateFailure.value("range() arg 3 must not be zero");
    long count = step > 0 ? (end - first + step - 1) / step : (first - end - step - 1) / -step;
    if (count > LONGEST_RANGE)
      throw new TemplateFailure("OverflowError",
          "Range too big. The sandbox blocks ranges larger than MAX_RANGE (%d).".formatted(LONGEST_RANGE));
    interpreter.work().steps(Math.max(0, count));
    var items = new ArrayList<>();
    for (long i = 0; i < count; i++) items.add(first + i * step);
    return Sequence.range(items, end);
  }

  private static Dict dict(Arguments arguments, Work work) {
    var dict = new Dict();
    if (arguments.positional()
        .size() > 1) throw TemplateFailure.type("dict expected at most 1 argument, got %d".formatted(arguments.positional().size()));
    for (Object source : arguments.positional()) {
      if (source instanceof Dict other) {
        dict.putAll(other);
        continue;
      }
      for (Object pair : Values.items(source, work)) {
        var items = Values.items(pair, work);
        if (items.size() != 2) throw TemplateFailure.value(
            "dictionary update sequence element has length %d; 2 is required".formatted(items.size()));
        dict.put(items.get(0), items.get(1), work);
      }
    }
    dict.putAll(arguments.named());
    return dict;
  }

  /** Values in turn, again and again. */
  static final class Cycler implements Callable {
    private final List<Object> items;
    private int index;

    private Cycler(List<Object> items) {
      if (items.isEmpty()) throw new TemplateFailure("RuntimeError", "at least one item has to be provided");
      this.items = items;
    }

    Optional<Object> attribute(String name) {
      return switch (name) {
        case "current" -> Optional.ofNullable(items.get(index));
        case "next" -> Optional.of(new Builtin.Method(Builtin.of("next", "", (_, _, _) -> next()), this));
        case "reset" -> Optional.of(new Builtin.Method(Builtin.of("reset", "", (_, _, _) -> {
          index = 0;
          return null;
        }), this));
        default -> Optional.empty();
      };
    }

    private Object next() {
      Object current = items.get(index);
      index = (index + 1) % items.size();
      return current;
    }

    @Override
    public Object call(Interpreter interpreter, Arguments arguments) {
      throw TemplateFailure.type("'Cycler' object is not callable");
    }

    @Override
    public String typeName() {
      return "Cycler";
    }

    @Override
    public String printed() {
      return "<Cycler>";
    }
  }

  /** Gives nothing at the first call, the separator at all others. */
  static final class Joiner implements Callable {
    private final Object separator;
    private boolean used;

    private Joiner(Object separator) {
      this.separator = separator;
    }

    @Override
    public Object call(Interpreter interpreter, Arguments arguments) {
      Object value = used ? separator : SourcedText.EMPTY;
      used = true;
      return value;
    }

    @Override
    public String typeName() {
      return "Joiner";
    }

    @Override
    public String printed() {
      return "<Joiner>";
    }
  }
}
