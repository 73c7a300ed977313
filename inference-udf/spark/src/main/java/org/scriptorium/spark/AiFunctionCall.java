package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.ExpectsInputTypes$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ImplicitCastInputTypes;
import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.AnyDataType$;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * A call as the query wrote it. It lives in analysis only: {@link ExtractAiCalls} moves it out of its projection into an
 * {@link AiGenerate}, and {@link CheckAiPositions} refuses it anywhere else, so it is never evaluated row by row.
 */
public final class AiFunctionCall extends Expression implements ImplicitCastInputTypes {
  private static final long serialVersionUID = 1L;

  private final AiFunction function;
  private final AiFunction.OnError onError;
  private final List<String> names;
  private final Seq<Expression> arguments;

  private AiFunctionCall(AiFunction function, AiFunction.OnError onError, List<String> names, Seq<Expression> arguments) {
    this.function = function;
    this.onError = onError;
    this.names = names;
    this.arguments = arguments;
  }

  /** Makes a call's expression. The number and names of arguments are checked here, their types when these are known. */
  static AiFunctionCall build(AiFunction function, AiFunction.OnError onError, List<Expression> arguments) {
    String name = function.sqlName(onError), signature = function.signature(onError);
    int most = function.parameters().size() + (function.options().isEmpty() ? 0 : 1);
    if (arguments.isEmpty() || arguments.size() > most)
      throw AiErrors.arguments("%s: expected %s, found %d arguments".formatted(name, signature, arguments.size()));
    var names = new ArrayList<String>();
    var values = new ArrayList<Expression>();
    for (Expression argument : arguments) {
      boolean isNamed = argument instanceof NamedArgumentExpression;
      if (!isNamed && !names.isEmpty() && !names.getLast().isEmpty())
        throw AiErrors.arguments("%s: expected arguments by position before those by name".formatted(name));
      names.add(argument instanceof NamedArgumentExpression named ? named.key() : "");
      values.add(argument instanceof NamedArgumentExpression named ? named.value() : argument);
      if (isNamed && CallArguments.names(function).stream().noneMatch(names.getLast()::equalsIgnoreCase)) {
        throw AiErrors.arguments("%s: expected %s, found an argument named %s; did you mean %s?"
            .formatted(name, signature, names.getLast(), NearestName.of(names.getLast(), CallArguments.names(function))));
      }
    }
    return new AiFunctionCall(function, onError, List.copyOf(names), Catalyst.seq(values));
  }

  AiFunction function() {
    return function;
  }

  AiFunction.OnError onError() {
    return onError;
  }

  String sqlName() {
    return function.sqlName(onError);
  }

  /** The names of arguments by name, empty for those by position. */
  List<String> names() {
    return names;
  }

  @Override
  public Seq<Expression> children() {
    return arguments;
  }

  @Override
  public Seq<AbstractDataType> inputTypes() {
    var types = new ArrayList<AbstractDataType>();
    for (var parameter : CallArguments.parameters(function, names, Catalyst.list(arguments)))
      types.add(parameter.map(found -> found.type().sql()).orElse(AnyDataType$.MODULE$));
    return Catalyst.seq(types);
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    return ExpectsInputTypes$.MODULE$.checkInputDataTypes(arguments, inputTypes());
  }

  @Override
  public DataType dataType() {
    CallArguments bound = CallArguments.of(this);
    Constants constants = bound.constants();
    return switch (onError) {
      case FAILS -> function.task().type(constants);
      case RETURNS -> ResultStruct.type(function.task().value(constants), CallOptions.reasoning(this, bound.options()));
    };
  }

  @Override
  public boolean nullable() {
    return true;
  }

  /** Keeps the optimizer from copying a call, and makes common table expressions with calls run once. */
  @Override
  public boolean deterministic() {
    return false;
  }

  @Override
  public boolean foldable() {
    return false;
  }

  @Override
  public Object eval(InternalRow input) {
    throw neverEvaluated();
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    throw neverEvaluated();
  }

  private UnsupportedOperationException neverEvaluated() {
    return new UnsupportedOperationException(
        "%s is planned as an operator and has no value of its own; set spark.sql.extensions=%s and use it in a SELECT list"
            .formatted(sqlName(), ScriptoriumExtensions.class.getName()));
  }

  @Override
  public String prettyName() {
    return sqlName();
  }

  @Override
  public Expression withNewChildrenInternal(IndexedSeq<Expression> children) {
    return new AiFunctionCall(function, onError, names, children);
  }

  @Override
  public int productArity() {
    return 4;
  }

  @Override
  public Object productElement(int index) {
    return switch (index) {
      case 0 -> function;
      case 1 -> onError;
      case 2 -> names;
      case 3 -> arguments;
      default -> throw new IndexOutOfBoundsException(index);
    };
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof AiFunctionCall;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AiFunctionCall that && function == that.function && onError == that.onError
        && names.equals(that.names) && arguments.equals(that.arguments);
  }

  @Override
  public int hashCode() {
    return List.of(function, onError, names, arguments).hashCode();
  }
}
