package org.scriptorium.engine.template;

import java.util.Optional;
import org.scriptorium.engine.api.SourcedText;

/**
 * A macro, or the body of a call block, as a value.
 *
 * @param outside where it was defined; its body sees what is there when it is called
 */
record Macro(Statement.Signature signature, Scope outside) implements Callable {

  @Override
  public Object call(Interpreter interpreter, Arguments arguments) {
    var scope = outside.inner();
    var named = arguments.named().copy();
    bind(interpreter, arguments, named, scope);
    if (signature.takes().contains("caller")) {
      Object caller = named.has("caller") ? named.remove("caller") : Undefined.because("No caller defined");
      scope.set("caller", caller);
    }
    if (signature.takes().contains("kwargs")) scope.set("kwargs", named);
    else if (named.size() > 0) throw TemplateFailure.type(
        "macro '%s' takes no keyword argument '%s'".formatted(
            signature.name(), Printing.text(named.keys().getFirst(), interpreter.work())));
    var extra = arguments.from(signature.parameters().size()).positional();
    if (signature.takes().contains("varargs")) scope.set("varargs", Sequence.tuple(extra.toArray()));
    else if (!extra.isEmpty()) throw TemplateFailure.type(
        "macro '%s' takes not more than %d argument(s)".formatted(signature.name(), signature.parameters().size()));
    var target = new TextBuilder(interpreter.work());
    interpreter.execute(signature.body(), scope, target);
    return target.build();
  }

  private void bind(Interpreter interpreter, Arguments arguments, Dict named, Scope scope) {
    int count = signature.parameters().size();
    int withoutDefault = count - signature.defaults().size();
    for (int i = 0; i < count; i++) {
      String name = signature.parameters().get(i);
      boolean byName = named.has(name);
      if (byName && i < arguments.positional().size())
        throw TemplateFailure.type("macro '%s' got multiple values for argument '%s'".formatted(signature.name(), name));
      if (i < arguments.positional().size()) scope.set(name, arguments.positional().get(i));
      else if (byName) scope.set(name, named.remove(name));
      else if (i >= withoutDefault) scope.set(name, interpreter.evaluator().evaluate(signature.defaults().get(i - withoutDefault), scope));
      else scope.set(name, Undefined.because("parameter '%s' was not provided".formatted(name)));
    }
  }

  Optional<Object> attribute(String name) {
    return switch (name) {
      case "name" -> Optional.of(SourcedText.trusted(signature.name()));
      case "arguments" -> Optional.of(Sequence.tuple(signature.parameters().stream().map(SourcedText::trusted).toArray()));
      case "catch_kwargs" -> Optional.of(signature.takes().contains("kwargs"));
      case "catch_varargs" -> Optional.of(signature.takes().contains("varargs"));
      case "caller" -> Optional.of(signature.takes().contains("caller"));
      default -> Optional.empty();
    };
  }

  @Override
  public String typeName() {
    return "Macro";
  }

  @Override
  public String printed() {
    return "<Macro '%s'>".formatted(signature.name());
  }
}
