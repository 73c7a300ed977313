package org.scriptorium.spark;

import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.codegen.CodegenContext;
import org.apache.spark.sql.catalyst.expressions.codegen.ExprCode;
import org.apache.spark.sql.types.DataType;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/** A call inside {@link AiGenerate}: what is to be done, and with which expressions of a row. Computed by the operator only. */
public final class AiCall extends Expression {
  private static final long serialVersionUID = 1L;

  private final CallSpecification specification;
  private final Seq<Expression> arguments;

  AiCall(CallSpecification specification, Seq<Expression> arguments) {
    this.specification = specification;
    this.arguments = arguments;
  }

  CallSpecification specification() {
    return specification;
  }

  /** The row arguments of the specification. */
  @Override
  public Seq<Expression> children() {
    return arguments;
  }

  @Override
  public DataType dataType() {
    return specification.resultType();
  }

  @Override
  public boolean nullable() {
    return true;
  }

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
    throw new UnsupportedOperationException("the AiGenerate operator computes " + prettyName());
  }

  @Override
  public ExprCode doGenCode(CodegenContext context, ExprCode code) {
    throw new UnsupportedOperationException("the AiGenerate operator computes " + prettyName());
  }

  @Override
  public String prettyName() {
    return specification.sqlName();
  }

  @Override
  public String toString() {
    return "%s(%s, model=%s)".formatted(prettyName(), arguments.mkString(", "), specification.model());
  }

  @Override
  public Expression withNewChildrenInternal(IndexedSeq<Expression> children) {
    return new AiCall(specification, children);
  }

  @Override
  public int productArity() {
    return 2;
  }

  @Override
  public Object productElement(int index) {
    return switch (index) {
      case 0 -> specification;
      case 1 -> arguments;
      default -> throw new IndexOutOfBoundsException(index);
    };
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof AiCall;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AiCall that && specification.equals(that.specification) && arguments.equals(that.arguments);
  }

  @Override
  public int hashCode() {
    return List.of(specification, arguments).hashCode();
  }
}
