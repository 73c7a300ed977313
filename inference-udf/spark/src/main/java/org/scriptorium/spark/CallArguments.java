package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;

/** The arguments of a call, each with its parameter. Positions and names follow the rules of Spark's own functions with names. */
final class CallArguments {
  private static final String OPTIONS = "options";

  private final AiFunctionCall call;
  private final Map<String, Expression> found = new LinkedHashMap<>();
  private Optional<Expression> options = Optional.empty();

  private CallArguments(AiFunctionCall call) {
    this.call = call;
  }

  /**
   * The parameter of each argument of a call whose arguments' types are known; empty for the options, and where there is none.
   *
   * @param names those of arguments by name; empty for others
   */
  static List<Optional<Parameter>> parameters(AiFunction function, List<String> names, List<Expression> arguments) {
    var parameters = new ArrayList<Optional<Parameter>>();
    for (int i = 0; i < arguments.size(); i++) {
      boolean isOptions = names.get(i).isEmpty() && i == arguments.size() - 1 && i > 0 && isOptions(function, arguments.get(i));
      if (isOptions) parameters.add(Optional.empty());
      else if (!names.get(i).isEmpty()) parameters.add(named(function, names.get(i)));
      else parameters.add(i < function.parameters().size() ? Optional.of(function.parameters().get(i)) : Optional.empty());
    }
    return parameters;
  }

  /** @throws org.apache.spark.sql.AnalysisException if an argument is missing, superfluous, given twice or of an unknown name */
  static CallArguments of(AiFunctionCall call) {
    var bound = new CallArguments(call);
    var arguments = Catalyst.<Expression>list(call.children());
    var parameters = parameters(call.function(), call.names(), arguments);
    for (int i = 0; i < arguments.size(); i++) bound.bind(parameters.get(i), call.names().get(i), arguments.get(i));
    for (Parameter parameter : call.function().parameters()) {
      if (parameter.isRequired() && !bound.found.containsKey(parameter.name()))
        throw bound.refusal("expected %s, found no %s".formatted(bound.signature(), parameter.name()));
    }
    return bound;
  }

  private void bind(Optional<Parameter> parameter, String name, Expression argument) {
    boolean isOptions = name.equalsIgnoreCase(OPTIONS) || parameter.isEmpty() && isOptions(call.function(), argument);
    if (isOptions && options.isEmpty()) {
      options = Optional.of(argument);
      return;
    }
    if (parameter.isEmpty()) {
      String form = call.function().options().isEmpty() ? "" : " with the options as a map";
      String example = form.isEmpty() ? "" : "; write map('max_new_tokens', '64')";
      throw refusal("expected %s%s, found %s%s".formatted(signature(), form, argument.dataType().sql(), example));
    }
    if (found.put(parameter.get().name(), argument) != null)
      throw refusal("expected %s, found %s twice".formatted(signature(), parameter.get().name()));
  }

  Optional<Expression> options() {
    return options;
  }

  /** The argument of a constant parameter; empty where the call does not say, or says NULL. */
  Optional<Expression> constant(String parameter) {
    return Optional.ofNullable(found.get(parameter));
  }

  /** The arguments that each row has, by parameter, in the parameters' order. */
  LinkedHashMap<String, Expression> rows() {
    var rows = new LinkedHashMap<String, Expression>();
    for (Parameter parameter : call.function().parameters())
      if (!parameter.isConstant() && found.containsKey(parameter.name())) rows.put(parameter.name(), found.get(parameter.name()));
    return rows;
  }

  /** The constant arguments' values as texts. Those of any type are the function's own to read. */
  Constants constants() {
    var values = new HashMap<String, List<String>>();
    for (Parameter parameter : call.function().parameters()) {
      Expression argument = found.get(parameter.name());
      if (!parameter.isConstant() || argument == null || parameter.type() == Parameter.Type.ANY) continue;
      if (!argument.foldable())
        throw refusal("%s: expected a constant, found %s".formatted(parameter.name(), argument.sql()));
      Object value = argument.eval(InternalRow.empty());
      if (value == null && parameter.isRequired()) throw refusal(parameter.name() + ": expected a constant, found NULL");
      if (value != null) values.put(parameter.name(), texts(parameter, value));
    }
    return new Constants(values);
  }

  private List<String> texts(Parameter parameter, Object value) {
    if (!(value instanceof ArrayData array)) return List.of(value.toString());
    var texts = new ArrayList<String>();
    for (int i = 0; i < array.numElements(); i++) {
      String text = array.isNullAt(i) ? "" : array.get(i, DataTypes.StringType).toString();
      if (text.isBlank()) throw refusal("%s: expected texts, found an empty one".formatted(parameter.name()));
      texts.add(text.strip());
    }
    return texts;
  }

  private String signature() {
    return call.function().signature(call.onError());
  }

  private RuntimeException refusal(String message) {
    return AiErrors.arguments(call.sqlName() + ": " + message, call);
  }

  static boolean isOptions(AiFunction function, Expression argument) {
    return !function.options().isEmpty() && argument.dataType() instanceof MapType;
  }

  static Optional<Parameter> named(AiFunction function, String name) {
    return function.parameters().stream()
        .filter(parameter -> parameter.name().equalsIgnoreCase(name) || parameter.alias().equalsIgnoreCase(name)).findFirst();
  }

  /** Names that a call may use. */
  static List<String> names(AiFunction function) {
    var names = new ArrayList<String>();
    for (Parameter parameter : function.parameters()) {
      names.add(parameter.name());
      if (!parameter.alias().isEmpty()) names.add(parameter.alias());
    }
    if (!function.options().isEmpty()) names.add(OPTIONS);
    return names;
  }
}
