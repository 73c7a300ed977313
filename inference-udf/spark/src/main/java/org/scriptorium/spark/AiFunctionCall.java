package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.analysis.TypeCheckResult;
import org.apache.spark.sql.catalyst.expressions.ExpectsInputTypes$;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ImplicitCastInputTypes;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.AbstractDataType;
import org.apache.spark.sql.types.AnyDataType$;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.TypeCollection;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * A call as the query wrote it. It lives in analysis only: {@link ExtractAiCalls} moves it out of its projection into an
 * {@link AiGenerate}, and {@link CheckAiPositions} refuses it anywhere else, so it is never evaluated row by row.
 */
public final class AiFunctionCall extends Expression implements ImplicitCastInputTypes {
  private static final long serialVersionUID = 1L;

  /** One text, or the values of a template. */
  private static final AbstractDataType PROMPT =
      new TypeCollection(Catalyst.seq(List.of(DataTypes.StringType, DataTypes.createArrayType(DataTypes.StringType))));

  private final AiFunction function;
  private final Seq<Expression> arguments;

  AiFunctionCall(AiFunction function, Seq<Expression> arguments) {
    this.function = function;
    this.arguments = arguments;
  }

  AiFunction function() {
    return function;
  }

  @Override
  public Seq<Expression> children() {
    return arguments;
  }

  @Override
  public Seq<AbstractDataType> inputTypes() {
    var types = new ArrayList<AbstractDataType>();
    var list = Catalyst.<Expression>list(arguments);
    for (int i = 0; i < list.size(); i++) {
      boolean isSummary = function.kind() == AiFunction.Kind.SUMMARIZE;
      if (i == 0) types.add(isSummary ? DataTypes.StringType : PROMPT);
      else if (isSummary && i == 1 && !AiFunction.isOptions(list.get(i))) types.add(DataTypes.IntegerType);
      else types.add(AnyDataType$.MODULE$);
    }
    return Catalyst.seq(types);
  }

  @Override
  public TypeCheckResult checkInputDataTypes() {
    return ExpectsInputTypes$.MODULE$.checkInputDataTypes(arguments, inputTypes());
  }

  @Override
  public DataType dataType() {
    return function.type();
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
            .formatted(function.sqlName(), ScriptoriumExtensions.class.getName()));
  }

  @Override
  public String prettyName() {
    return function.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Expression withNewChildrenInternal(IndexedSeq<Expression> children) {
    return new AiFunctionCall(function, children);
  }

  @Override
  public int productArity() {
    return 2;
  }

  @Override
  public Object productElement(int index) {
    return switch (index) {
      case 0 -> function;
      case 1 -> arguments;
      default -> throw new IndexOutOfBoundsException(index);
    };
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof AiFunctionCall;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AiFunctionCall that && function == that.function && arguments.equals(that.arguments);
  }

  @Override
  public int hashCode() {
    return List.of(function, arguments).hashCode();
  }
}
