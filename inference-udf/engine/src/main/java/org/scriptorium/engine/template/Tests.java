package org.scriptorium.engine.template;

import java.util.HashMap;
import java.util.Map;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.template.Expression.Operator;
import org.scriptorium.engine.template.Expression.Relation;

/** Jinja2's tests by name: {@code value is name}. */
final class Tests {
  private static final Map<String, Builtin> TESTS = new HashMap<>();

  static {
    define("defined", "", (_, value, _) -> !(value instanceof Undefined));
    define("undefined", "", (_, value, _) -> value instanceof Undefined);
    define("none", "", (_, value, _) -> value == null);
    define("boolean", "", (_, value, _) -> value instanceof Boolean);
    define("true", "", (_, value, _) -> Boolean.TRUE.equals(value));
    define("false", "", (_, value, _) -> Boolean.FALSE.equals(value));
    define("integer", "", (_, value, _) -> Values.isInteger(value));
    define("float", "", (_, value, _) -> value instanceof Double);
    define("number", "", (_, value, _) -> Values.isNumber(value));
    define("string", "", (_, value, _) -> value instanceof SourcedText);
    define("mapping", "", (_, value, _) -> value instanceof Dict);
    define("iterable", "", (_, value, _) -> Values.isIterable(value));
    define("sequence", "", (_, value, _) -> value instanceof SourcedText || value instanceof Dict || value instanceof Undefined
        || value instanceof Sequence sequence && sequence.isIndexed());
    define("callable", "", (_, value, _) -> value instanceof Callable || value instanceof Undefined);
    define("escaped", "", (_, _, _) -> false);
    define("lower", "", (interpreter, value, _) -> LetterCase.isLower(Printing.text(value, interpreter.work())));
    define("upper", "", (interpreter, value, _) -> LetterCase.isUpper(Printing.text(value, interpreter.work())));
    define("sameas", "other", (interpreter, value, bound) -> same(value, bound.value(0), interpreter.work()));
    define("filter", "", (_, value, _) -> value instanceof SourcedText text && Filters.isKnown(text.text()));
    define("test", "", (_, value, _) -> value instanceof SourcedText text && isKnown(text.text()));
    define("odd", "", (interpreter, value, _) -> remainder(interpreter, value, 2L).equals(1L));
    define("even", "", (interpreter, value, _) -> Values.equal(remainder(interpreter, value, 2L), 0L, interpreter.work()));
    define("divisibleby", "num", (interpreter, value, bound) ->
        Values.equal(remainder(interpreter, value, bound.value(0)), 0L, interpreter.work()));
    relation(Relation.EQUAL, "==", "eq", "equalto");
    relation(Relation.NOT_EQUAL, "!=", "ne");
    relation(Relation.GREATER, ">", "gt", "greaterthan");
    relation(Relation.GREATER_OR_EQUAL, ">=", "ge");
    relation(Relation.LESS, "<", "lt", "lessthan");
    relation(Relation.LESS_OR_EQUAL, "<=", "le");
    relation(Relation.IN, "in");
  }

  private Tests() {}

  static boolean isKnown(String name) {
    return TESTS.containsKey(name);
  }

  static boolean holds(Interpreter interpreter, String name, Object value, Arguments arguments) {
    var test = TESTS.get(name);
    if (test == null) throw new TemplateFailure("TemplateRuntimeError", "No test named '%s' found.".formatted(name));
    return (Boolean) test.apply(interpreter, value, arguments);
  }

  private static void define(String name, String signature, Builtin.Body body) {
    TESTS.put(name, Builtin.of(name, signature, body));
  }

  private static void relation(Relation relation, String... names) {
    for (String name : names)
      define(name, "other", (interpreter, value, bound) -> Operations.related(relation, value, bound.value(0), interpreter.work()));
  }

  private static Object remainder(Interpreter interpreter, Object value, Object divisor) {
    Object remainder = Operations.binary(Operator.REMAINDER, value, divisor, interpreter);
    return remainder instanceof Double number && number == 1 ? (Object) 1L : remainder;
  }

  /** Identity, which for values that are never changed is having one type and being equal. */
  private static boolean same(Object value, Object other, Work work) {
    boolean container = value instanceof Sequence || value instanceof Dict;
    return value == other || !container && value != null && other != null
        && Values.typeName(value).equals(Values.typeName(other)) && Values.equal(value, other, work);
  }
}
