package org.scriptorium.engine.template;

import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.api.SourcedText;

/**
 * A filter, test, method or function of our own.
 *
 * @param name as templates call it
 * @param parameters without the value itself
 */
record Builtin(String name, List<Parameter> parameters, Body body) {
  private static final Object MISSING = new Object();

  /** One parameter; the one named {@code *} takes the whole call, unchecked. */
  record Parameter(String name, boolean optional) {}

  /** What it does with the value on its left ({@code null} for functions) and the arguments. */
  interface Body {
    Object apply(Interpreter interpreter, Object value, Bound bound);
  }

  /** @param signature names of the parameters between blanks, optional ones with a question mark; {@code *} for any */
  static Builtin of(String name, String signature, Body body) {
    var parameters = signature.isEmpty() ? List.<Parameter>of() : Arrays.stream(signature.split(" "))
        .map(word -> word.endsWith("?") ? new Parameter(word.substring(0, word.length() - 1), true) : new Parameter(word, false))
        .toList();
    return new Builtin(name, parameters, body);
  }

  Object apply(Interpreter interpreter, Object value, Arguments arguments) {
    return body.apply(interpreter, value, new Bound(interpreter, values(arguments), arguments));
  }

  private Object[] values(Arguments arguments) {
    if (!parameters.isEmpty() && parameters.getFirst().name.equals("*")) return new Object[0];
    if (arguments.positional().size() > parameters.size())
      throw TemplateFailure.type("%s() takes at most %d arguments (%d given)".formatted(name, parameters.size(), arguments.positional()
          .size()));
    var values = new Object[parameters.size()];
    int named = 0;
    for (int i = 0; i < values.length; i++) {
      var parameter = parameters.get(i);
      boolean given = arguments.named().has(parameter.name);
      if (given) named++;
      if (given && i < arguments.positional().size())
        throw TemplateFailure.type("%s() got multiple values for argument '%s'".formatted(name, parameter.name));
      values[i] = i < arguments.positional().size() ? arguments.positional().get(i) : arguments.named().value(parameter.name, MISSING);
      if (values[i] == MISSING && !parameter.optional)
        throw TemplateFailure.type("%s() missing required argument '%s'".formatted(name, parameter.name));
    }
    if (named < arguments.named().size())
      throw TemplateFailure.type("%s() got an unexpected keyword argument; it knows %s"
          .formatted(name, parameters.stream().map(Parameter::name).toList()));
    return values;
  }

  /** A builtin together with the value that it was taken from, such as {@code message.content.split}. */
  record Method(Builtin builtin, Object owner) implements Callable {
    @Override
    public Object call(Interpreter interpreter, Arguments arguments) {
      return builtin.apply(interpreter, owner, arguments);
    }

    @Override
    public String typeName() {
      return "builtin_function_or_method";
    }

    @Override
    public String printed() {
      return owner == null ? "<function %s>".formatted(builtin.name)
          : "<built-in method %s of %s object>".formatted(builtin.name, Values.typeName(owner));
    }
  }

  /** The arguments by position of their parameter. */
  static final class Bound {
    private final Interpreter interpreter;
    private final Object[] values;
    private final Arguments arguments;

    private Bound(Interpreter interpreter, Object[] values, Arguments arguments) {
      this.interpreter = interpreter;
      this.values = values;
      this.arguments = arguments;
    }

    /** The call as it stands. */
    Arguments arguments() {
      return arguments;
    }

    boolean has(int index) {
      return values[index] != MISSING;
    }

    Object value(int index) {
      return values[index];
    }

    Object value(int index, Object fallback) {
      return has(index) ? values[index] : fallback;
    }

    boolean truth(int index, boolean fallback) {
      return has(index) ? Values.truth(values[index]) : fallback;
    }

    int integer(int index, int fallback) {
      return has(index) ? Values.index(values[index]) : fallback;
    }

    /** The argument as a string; what is no string is refused. */
    SourcedText text(int index) {
      if (values[index] instanceof Undefined undefined) throw undefined.failure();
      if (values[index] instanceof SourcedText text) return text;
      throw TemplateFailure.type("expected str instance, %s found".formatted(Values.typeName(values[index])));
    }

    /** The argument as a string; absent or None gives the fallback. */
    SourcedText text(int index, SourcedText fallback) {
      return has(index) && values[index] != null ? text(index) : fallback;
    }

    /** The argument printed, whatever it is; absent gives the fallback. */
    SourcedText printed(int index, String fallback) {
      return has(index) ? Printing.text(values[index], interpreter.work()) : SourcedText.trusted(fallback);
    }
  }
}
