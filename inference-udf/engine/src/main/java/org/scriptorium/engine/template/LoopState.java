package org.scriptorium.engine.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a loop's body knows as {@code loop}. */
final class LoopState implements Callable {
  private static final Map<String, Builtin> METHODS = Map.of(
      "cycle", Builtin.of("cycle", "*", (_, value, bound) -> {
        var choices = bound.arguments().positional();
        if (choices.isEmpty()) throw TemplateFailure.type("no items for cycling given");
        return choices.get(((LoopState) value).index % choices.size());
      }),
      "changed", Builtin.of("changed", "*", (interpreter, value, bound) ->
          ((LoopState) value).changed(Sequence.tuple(bound.arguments().positional().toArray()), interpreter.work())));

  private final Statement.For statement;
  private final Scope outside;
  private final List<Object> items;
  private final int depth;
  private int index = -1;
  private Optional<Sequence> last = Optional.empty();

  LoopState(Statement.For statement, Scope outside, List<Object> items, int depth) {
    this.statement = statement;
    this.outside = outside;
    this.items = items;
    this.depth = depth;
  }

  boolean advance() {
    return ++index < items.size();
  }

  Object current() {
    return items.get(index);
  }

  int length() {
    return items.size();
  }

  Optional<Object> attribute(String name) {
    return switch (name) {
      case "index" -> Optional.of(index + 1L);
      case "index0" -> Optional.of((long) index);
      case "revindex" -> Optional.of((long) items.size() - index);
      case "revindex0" -> Optional.of((long) items.size() - index - 1);
      case "first" -> Optional.of(index == 0);
      case "last" -> Optional.of(index == items.size() - 1);
      case "length" -> Optional.of((long) items.size());
      case "depth" -> Optional.of(depth + 1L);
      case "depth0" -> Optional.of((long) depth);
      default -> Optional.ofNullable(METHODS.get(name)).map(method -> new Builtin.Method(method, this));
    };
  }

  /** The items before and after this one, which may be None. */
  Object neighbour(int distance) {
    int at = index + distance;
    return at >= 0 && at < items.size() ? items.get(at)
        : Undefined.because("there is no %s item".formatted(distance > 0 ? "next" : "previous"));
  }

  private boolean changed(Sequence values, Work work) {
    boolean same = last.isPresent() && Values.equal(last.get(), values, work);
    last = Optional.of(values);
    return !same;
  }

  @Override
  public Object call(Interpreter interpreter, Arguments arguments) {
    if (!statement.recursive()) throw TemplateFailure.type("The loop must have the 'recursive' marker to be callable.");
    if (arguments.positional().size() != 1) throw TemplateFailure.type("a recursive loop takes one argument");
    var target = new TextBuilder(interpreter.work());
    interpreter.loop(statement, Values.items(arguments.positional().getFirst(), interpreter.work()), depth + 1, outside, target);
    return target.build();
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }

  @Override
  public String printed() {
    return "<LoopContext %d/%d>".formatted(index + 1, items.size());
  }
}
