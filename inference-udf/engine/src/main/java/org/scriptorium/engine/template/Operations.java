package org.scriptorium.engine.template;

import java.util.ArrayList;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Expression.Operator;
import org.scriptorium.engine.template.Expression.Relation;

/** Python's operators between values of any type. */
final class Operations {
  private Operations() {}

  static Object binary(Operator operator, Object left, Object right, Interpreter interpreter) {
    var work = interpreter.work();
    if (operator == Operator.REMAINDER && left instanceof SourcedText format) return Formats.percent(interpreter, format, right);
    if (left instanceof Undefined undefined) throw undefined.failure();
    if (right instanceof Undefined undefined) throw undefined.failure();
    if (Values.isNumber(left) && Values.isNumber(right)) return Numbers.arithmetic(operator, left, right);
    if (operator == Operator.ADD) {
      if (left instanceof SourcedText a && right instanceof SourcedText b) return new TextBuilder(work).append(a).append(b).build();
      if (left instanceof Sequence a && right instanceof Sequence b
          && (a.isList() && b.isList() || a.isTuple() && b.isTuple())) return joined(a, b, work);
      if (left instanceof SourcedText) throw TemplateFailure.type(
          "can only concatenate str (not \"%s\") to str".formatted(Values.typeName(right)));
    }
    if (operator == Operator.MULTIPLY) {
      if (Values.isInteger(right) || right instanceof Boolean) return repeated(left, right, work);
      if (Values.isInteger(left) || left instanceof Boolean) return repeated(right, left, work);
    }
    throw unsupported(operator, left, right);
  }

  private static TemplateFailure unsupported(Operator operator, Object left, Object right) {
    return TemplateFailure.type("unsupported operand type(s) for %s: '%s' and '%s'"
        .formatted(operator.symbol(), Values.typeName(left), Values.typeName(right)));
  }

  private static Sequence joined(Sequence left, Sequence right, Work work) {
    work.steps((long) left.size() + right.size());
    var items = new ArrayList<>(left.items());
    items.addAll(right.items());
    return Sequence.of(left.isList() ? Sequence.Kind.LIST : Sequence.Kind.TUPLE, items);
  }

  private static Object repeated(Object value, Object times, Work work) {
    int count = Math.max(0, Values.index(times));
    if (value instanceof SourcedText text) return new TextBuilder(work).repeat(text, count).build();
    if (value instanceof Sequence sequence && (sequence.isList() || sequence.isTuple())) {
      work.steps((long) sequence.size() * count);
      var items = new ArrayList<>(sequence.size() * count);
      if (sequence.size() > 0) for (int i = 0; i < count; i++) items.addAll(sequence.items());
      return Sequence.of(sequence.isList() ? Sequence.Kind.LIST : Sequence.Kind.TUPLE, items);
    }
    throw unsupported(Operator.MULTIPLY, value, times);
  }

  static boolean related(Relation relation, Object left, Object right, Work work) {
    return switch (relation) {
      case EQUAL -> Values.equal(left, right, work);
      case NOT_EQUAL -> !Values.equal(left, right, work);
      case IN -> Values.contains(right, left, work);
      case NOT_IN -> !Values.contains(right, left, work);
      case LESS -> Values.compare(left, right, "<", work) < 0;
      case GREATER -> isGreater(Values.compare(left, right, ">", work));
      case LESS_OR_EQUAL -> Values.compare(left, right, "<=", work) <= 0;
      case GREATER_OR_EQUAL -> {
        int order = Values.compare(left, right, ">=", work);
        yield order == 0 || isGreater(order);
      }
    };
  }

  private static boolean isGreater(int order) {
    return order > 0 && order != Numbers.UNORDERED;
  }

  static Object signed(Expression.SignKind sign, Object value) {
    if (value instanceof Undefined undefined) throw undefined.failure();
    if (!Values.isNumber(value)) throw TemplateFailure.type(
        "bad operand type for unary %s: '%s'".formatted(sign == Expression.SignKind.MINUS ? "-" : "+", Values.typeName(value)));
    if (sign == Expression.SignKind.MINUS) return Numbers.negative(value);
    return value instanceof Boolean ? Numbers.normal(Numbers.integer(value)) : value;
  }
}
