package org.scriptorium.engine.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.SourcedText;

/** Values of expressions, for one rendering. */
final class Evaluator {
  private final Interpreter interpreter;
  private final Work work;

  Evaluator(Interpreter interpreter) {
    this.interpreter = interpreter;
    this.work = interpreter.work();
  }

  Object evaluate(Expression expression, Scope scope) {
    work.step();
    work.enter();
    Object value = switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Name name -> scope.value(name.name());
      case Expression.Items items -> Sequence.of(items.kind(), all(items.items(), scope));
      case Expression.Pairs pairs -> pairs(pairs, scope);
      case Expression.Not not -> !Values.truth(evaluate(not.operand(), scope));
      case Expression.Sign sign -> Operations.signed(sign.sign(), after(evaluate(sign.operand(), scope), sign));
      case Expression.And and -> decided(and.left(), and.right(), true, scope);
      case Expression.Or or -> decided(or.left(), or.right(), false, scope);
      case Expression.Binary binary -> {
        Object left = evaluate(binary.left(), scope);
        yield Operations.binary(binary.operator(), left, after(evaluate(binary.right(), scope), binary), interpreter);
      }
      case Expression.Concatenation concatenation -> concatenated(concatenation, scope);
      case Expression.Comparison comparison -> compared(comparison, scope);
      case Expression.Conditional conditional -> conditional(conditional, scope);
      case Expression.Attribute attribute -> Attributes.attribute(after(evaluate(attribute.owner(), scope), attribute), attribute.name());
      case Expression.Item item -> {
        Object owner = evaluate(item.owner(), scope);
        yield Attributes.item(owner, after(evaluate(item.index(), scope), item), work);
      }
      case Expression.Slice slice -> sliced(slice, scope);
      case Expression.Call call -> call(call, Optional.empty(), scope);
      case Expression.Filtered filtered -> filtered(evaluate(filtered.value(), scope), filtered.filter(), scope);
      case Expression.Tested tested -> tested(tested, scope);
    };
    work.leave();
    return value;
  }

  /** The left operand, or the right one where the left is true or false as given and so doesn't decide. */
  private Object decided(Expression left, Expression right, boolean undecided, Scope scope) {
    Object value = evaluate(left, scope);
    return Values.truth(value) == undecided ? evaluate(right, scope) : value;
  }

  /** Notes where the evaluation is before something that may fail is done with the value. */
  private Object after(Object value, Expression expression) {
    interpreter.at(expression.position());
    return value;
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    var values = new ArrayList<>(expressions.size());
    for (var expression : expressions) values.add(evaluate(expression, scope));
    return values;
  }

  private Dict pairs(Expression.Pairs pairs, Scope scope) {
    var dict = new Dict();
    for (int i = 0; i < pairs.keys().size(); i++) {
      Object key = evaluate(pairs.keys().get(i), scope);
      Object value = evaluate(pairs.values().get(i), scope);
      interpreter.at(pairs.position());
      dict.put(key, value, work);
    }
    return dict;
  }

  private SourcedText concatenated(Expression.Concatenation concatenation, Scope scope) {
    var target = new TextBuilder(work);
    for (var part : concatenation.parts()) target.append(Printing.text(evaluate(part, scope), work));
    return target.build();
  }

  private boolean compared(Expression.Comparison comparison, Scope scope) {
    Object left = evaluate(comparison.first(), scope);
    for (var link : comparison.links()) {
      Object right = evaluate(link.operand(), scope);
      interpreter.at(comparison.position());
      if (!Operations.related(link.relation(), left, right, work)) return false;
      left = right;
    }
    return true;
  }

  private Object conditional(Expression.Conditional conditional, Scope scope) {
    if (Values.truth(evaluate(conditional.test(), scope))) return evaluate(conditional.value(), scope);
    if (conditional.otherwise().isPresent()) return evaluate(conditional.otherwise().get(), scope);
    return Undefined.because("the inline if-expression evaluated to false and no else section was defined.");
  }

  private Object sliced(Expression.Slice slice, Scope scope) {
    Object owner = evaluate(slice.owner(), scope);
    Object from = optional(slice.from(), scope);
    Object to = optional(slice.to(), scope);
    Object step = optional(slice.step(), scope);
    interpreter.at(slice.position());
    return Attributes.slice(owner, from, to, step, work);
  }

  private Object optional(Optional<Expression> expression, Scope scope) {
    return expression.isPresent() ? evaluate(expression.get(), scope) : null;
  }

  Object call(Expression.Call call, Optional<Macro> caller, Scope scope) {
    Object function = evaluate(call.function(), scope);
    var arguments = arguments(call.arguments(), scope);
    caller.ifPresent(macro -> arguments.named().put("caller", macro));
    interpreter.at(call.position());
    return switch (function) {
      case Callable callable -> callable.call(interpreter, arguments);
      case Undefined undefined -> throw undefined.failure();
      case null, default -> throw TemplateFailure.type("'%s' object is not callable".formatted(Values.typeName(function)));
    };
  }

  Object filtered(Object value, Expression.FilterUse use, Scope scope) {
    var arguments = arguments(use.arguments(), scope);
    interpreter.at(use.position());
    return Filters.apply(interpreter, use.name(), value, arguments);
  }

  private Object tested(Expression.Tested tested, Scope scope) {
    Object value = evaluate(tested.value(), scope);
    var arguments = arguments(tested.arguments(), scope);
    interpreter.at(tested.position());
    return Tests.holds(interpreter, tested.test(), value, arguments);
  }

  private Arguments arguments(Expression.CallArguments written, Scope scope) {
    if (written == Expression.CallArguments.NONE) return new Arguments(List.of(), new Dict());
    var positional = all(written.positional(), scope);
    var named = new Dict();
    for (var argument : written.named()) named.put(argument.name(), evaluate(argument.value(), scope));
    if (written.spread().isPresent()) positional.addAll(Values.items(evaluate(written.spread().get(), scope), work));
    if (written.spreadNamed().isPresent()) {
      Object spread = evaluate(written.spreadNamed().get(), scope);
      if (!(spread instanceof Dict dict)) throw TemplateFailure.type(
          "argument after ** must be a mapping, not %s".formatted(Values.typeName(spread)));
      for (Object key : dict.keys()) {
        if (!(key instanceof SourcedText name)) throw TemplateFailure.type("keywords must be strings");
        if (named.has(name.text())) throw TemplateFailure.type("got multiple values for keyword argument '%s'".formatted(name));
        named.put(name, dict.value(key, null, work));
      }
    }
    return new Arguments(positional, named);
  }
}
