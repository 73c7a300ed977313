package org.scriptorium.engine.template;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Statement.Target;

/** One rendering of a template: runs its statements. For one thread. */
final class Interpreter {
  /** How a statement ended. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Work work;
  private final Clock clock;
  private final Evaluator evaluator;
  private int position;

  Interpreter(Work work, Clock clock) {
    this.work = work;
    this.clock = clock;
    this.evaluator = new Evaluator(this);
  }

  Work work() {
    return work;
  }

  Clock clock() {
    return clock;
  }

  Evaluator evaluator() {
    return evaluator;
  }

  /** Where the rendering is, for errors. */
  int position() {
    return position;
  }

  void at(int position) {
    this.position = position;
  }

  SourcedText rendered(List<Statement> template, Scope scope) {
    var target = new TextBuilder(work);
    execute(template, scope, target);
    return target.build();
  }

  void execute(List<Statement> body, Scope scope, TextBuilder target) {
    run(body, scope, target);
  }

  private Flow run(List<Statement> body, Scope scope, TextBuilder target) {
    work.enter();
    Flow flow = Flow.NEXT;
    for (int i = 0; flow == Flow.NEXT && i < body.size(); i++) {
      work.step();
      flow = run(body.get(i), scope, target);
    }
    work.leave();
    return flow;
  }

  private Flow run(Statement statement, Scope scope, TextBuilder target) {
    switch (statement) {
      case Statement.Text text -> target.append(text.text());
      case Statement.Print print -> target.append(Printing.text(evaluator.evaluate(print.value(), scope), work));
      case Statement.If condition -> {
        return run(chosen(condition, scope), scope, target);
      }
      case Statement.For loop -> {
        Object items = evaluator.evaluate(loop.items(), scope);
        at(loop.position());
        return loop(loop, Values.items(items, work), 0, scope, target);
      }
      case Statement.Assign assign -> assign(assign.target(), evaluator.evaluate(assign.value(), scope), scope);
      case Statement.AssignBlock block -> assign(block.target(), captured(block.body(), block.filters(), scope), scope);
      case Statement.With with -> {
        var inner = scope.inner();
        for (int i = 0; i < with.targets().size(); i++) assign(with.targets()
            .get(i), evaluator.evaluate(with.values().get(i), scope), inner);
        return run(with.body(), inner, target);
      }
      case Statement.FilterBlock block -> target.append(Printing.text(captured(block.body(), block.filters(), scope), work));
      case Statement.MacroDefinition macro -> scope.set(macro.signature().name(), new Macro(macro.signature(), scope));
      case Statement.CallBlock block -> target.append(
          Printing.text(evaluator.call(block.call(), Optional.of(new Macro(block.caller(), scope)), scope), work));
      case Statement.Generation generation -> execute(generation.body(), scope.inner(), target);
      case Statement.Break _ -> {
        return Flow.BREAK;
      }
      case Statement.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private List<Statement> chosen(Statement.If condition, Scope scope) {
    for (var branch : condition.branches()) if (Values.truth(evaluator.evaluate(branch.test(), scope))) return branch.body();
    return condition.otherwise();
  }

  private Object captured(List<Statement> body, List<Expression.FilterUse> filters, Scope scope) {
    var inner = new TextBuilder(work);
    execute(body, scope.inner(), inner);
    Object value = inner.build();
    for (var filter : filters) value = evaluator.filtered(value, filter, scope);
    return value;
  }

  /**
   * Runs a loop over items; a recursive loop comes here again from its body. What stands under {@code else} runs where no turn came to its
   * end, and what leaves that leaves the loop around.
   */
  Flow loop(Statement.For loop, List<Object> items, int depth, Scope outside, TextBuilder target) {
    var state = new LoopState(loop, outside, selected(loop, items, outside), depth);
    boolean hasEnded = false;
    while (state.advance()) {
      work.step();
      var scope = outside.inner();
      scope.set("loop", state);
      assign(loop.target(), state.current(), scope);
      Flow flow = run(loop.body(), scope, target);
      hasEnded |= flow == Flow.NEXT;
      if (flow == Flow.BREAK) break;
    }
    return hasEnded ? Flow.NEXT : run(loop.otherwise(), outside.inner(), target);
  }

  private List<Object> selected(Statement.For loop, List<Object> items, Scope outside) {
    if (loop.filter().isEmpty()) return items;
    var selected = new ArrayList<>();
    for (Object item : items) {
      var scope = outside.inner();
      assign(loop.target(), item, scope);
      if (Values.truth(evaluator.evaluate(loop.filter().get(), scope))) selected.add(item);
    }
    return selected;
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable variable -> scope.set(variable.name(), value);
      case Target.Member member -> {
        at(member.position());
        if (!(scope.value(member.namespace()) instanceof Namespace namespace))
          throw new TemplateFailure("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
        namespace.attributes().put(member.attribute(), value);
      }
      case Target.Unpacked unpacked -> {
        at(unpacked.position());
        var items = Values.items(value, work);
        int expected = unpacked.targets().size();
        if (items.size() > expected) throw TemplateFailure.value("too many values to unpack (expected %d)".formatted(expected));
        if (items.size() < expected)
          throw TemplateFailure.value("not enough values to unpack (expected %d, got %d)".formatted(expected, items.size()));
        for (int i = 0; i < expected; i++) assign(unpacked.targets().get(i), items.get(i), scope);
      }
    }
  }
}
