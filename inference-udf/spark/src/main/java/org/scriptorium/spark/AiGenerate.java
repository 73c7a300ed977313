package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeSet;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionSet;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.SupportsNonDeterministicExpression;
import org.apache.spark.sql.catalyst.plans.logical.UnaryNode;
import scala.Option;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Seq;

/**
 * Generates for each row of its child: the child's columns, then one result struct for each call. One row in, one row out, in the same
 * order. A node of its own, because no rule of Spark's copies or moves what it does not know.
 */
public final class AiGenerate extends LogicalPlan implements UnaryNode, SupportsNonDeterministicExpression {
  private static final long serialVersionUID = 1L;

  private final Seq<Expression> calls;
  private final Seq<Attribute> results;
  private final LogicalPlan child;

  /** @param calls each an {@link AiCall}; public for Spark, which copies nodes by their constructor */
  public AiGenerate(Seq<Expression> calls, Seq<Attribute> results, LogicalPlan child) {
    this.calls = calls;
    this.results = results;
    this.child = child;
  }

  Seq<Expression> calls() {
    return calls;
  }

  Seq<Attribute> results() {
    return results;
  }

  @Override
  public LogicalPlan child() {
    return child;
  }

  @Override
  public Seq<LogicalPlan> children() {
    return Catalyst.seq(List.of(child));
  }

  @Override
  public Seq<Attribute> output() {
    var output = new ArrayList<Attribute>(Catalyst.<Attribute>list(child.output()));
    output.addAll(Catalyst.list(results));
    return Catalyst.seq(output);
  }

  @Override
  public AttributeSet producedAttributes() {
    return Catalyst.attributes(Catalyst.list(results));
  }

  @Override
  public boolean allowNonDeterministicExpression() {
    return true;
  }

  @Override
  public Option<Object> maxRows() {
    return child.maxRows();
  }

  @Override
  public Option<Object> maxRowsPerPartition() {
    return child.maxRowsPerPartition();
  }

  @Override
  public ExpressionSet validConstraints() {
    return child.constraints();
  }

  AiGenerate over(LogicalPlan newChild) {
    return new AiGenerate(calls, results, newChild);
  }

  @Override
  public LogicalPlan withNewChildInternal(LogicalPlan newChild) {
    return over(newChild);
  }

  @Override
  public LogicalPlan withNewChildrenInternal(IndexedSeq<LogicalPlan> newChildren) {
    return over(newChildren.head());
  }

  @Override
  public int productArity() {
    return 3;
  }

  @Override
  public Object productElement(int index) {
    return switch (index) {
      case 0 -> calls;
      case 1 -> results;
      case 2 -> child;
      default -> throw new IndexOutOfBoundsException(index);
    };
  }

  @Override
  public boolean canEqual(Object other) {
    return other instanceof AiGenerate;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AiGenerate that && calls.equals(that.calls) && results.equals(that.results) && child.equals(that.child);
  }

  @Override
  public int hashCode() {
    return List.of(calls, results, child).hashCode();
  }
}
