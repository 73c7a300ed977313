package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.Union;
import org.apache.spark.sql.execution.UnionExec;
import org.apache.spark.sql.execution.adaptive.QueryStageExec;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.VariantType;

/**
 * Which columns of a plan are the same however often a task is repeated. How many tokens of a prompt were cached depends on what ran
 * before, so that a result struct as a whole is not. An exchange that deals rows out by their bytes, as a round robin does, would deal them
 * out differently when a part of its input is lost and computed again: rows would be lost and doubled.
 */
final class StableColumns {
  private final Set<ExprId> unstable = new HashSet<>();

  private StableColumns(QueryPlan<?> plan) {
    visit(plan);
  }

  /**
   * What to deal the rows of {@code plan} out by.
   *
   * @return empty where their bytes do, or nothing better is known
   */
  static List<Expression> of(QueryPlan<?> plan) {
    var columns = new StableColumns(plan);
    var output = Catalyst.<Attribute>list(plan.output());
    if (output.stream().noneMatch(columns::isUnstable)) return List.of();
    List<Expression> stable = new ArrayList<>();
    for (Attribute column : output) if (!columns.isUnstable(column) && canBeHashed(column.dataType())) stable.add(column);
    return stable.isEmpty() ? requestKeys(output) : stable;
  }

  /** Where only results are left: what was asked is stable too, unlike the errors among the answers. */
  private static List<Expression> requestKeys(List<Attribute> output) {
    List<Expression> keys = new ArrayList<>();
    for (Attribute column : output) if (ResultStruct.isResult(column.dataType())) keys.add(ResultStruct.requestKey(column));
    return keys;
  }

  private boolean isUnstable(Attribute attribute) {
    return unstable.contains(attribute.exprId());
  }

  private void visit(QueryPlan<?> node) {
    var children = children(node);
    for (QueryPlan<?> child : children) visit(child);
    if (node instanceof AiGenerate || node instanceof AiGenerateExec) {
      for (Attribute result : Catalyst.<Attribute>list(node.producedAttributes().toSeq())) unstable.add(result.exprId());
      return;
    }
    if (unstable.isEmpty()) return;
    if (node instanceof Union || node instanceof UnionExec) {
      unionOf(children, Catalyst.list(node.output()));
      return;
    }
    Set<ExprId> input = new HashSet<>();
    for (QueryPlan<?> child : children) for (Attribute column : Catalyst.<Attribute>list(child.output())) input.add(column.exprId());
    boolean readsUnstable = input.stream().anyMatch(unstable::contains);
    Set<ExprId> named = new HashSet<>();
    for (Expression expression : Catalyst.<Expression>list(node.expressions())) {
      Catalyst.visit(expression, part -> {
        if (!(part instanceof Alias alias)) return;
        named.add(alias.exprId());
        if (readsUnstable && isUnstable(alias.child(), input)) unstable.add(alias.exprId());
      });
    }
    // What an operator makes without naming it, of whatever it reads.
    for (Attribute column : Catalyst.<Attribute>list(node.output()))
      if (readsUnstable && !input.contains(column.exprId()) && !named.contains(column.exprId())) unstable.add(column.exprId());
  }

  /** A union has the columns of its first child, with the rows of all. */
  private void unionOf(List<? extends QueryPlan<?>> children, List<Attribute> output) {
    for (QueryPlan<?> child : children) {
      var columns = Catalyst.<Attribute>list(child.output());
      for (int i = 0; i < output.size(); i++) if (isUnstable(columns.get(i))) unstable.add(output.get(i).exprId());
    }
  }

  private boolean isUnstable(Expression expression, Set<ExprId> input) {
    if (expression instanceof GetStructField field && ResultStruct.isResult(field.child().dataType()) && !ResultStruct.isCachedTokens(field.ordinal()))
      return false;
    if (expression instanceof AttributeReference column) return isUnstable(column) || !input.contains(column.exprId());
    return Catalyst.<Expression>list(expression.children()).stream().anyMatch(child -> isUnstable(child, input));
  }

  private static List<? extends QueryPlan<?>> children(QueryPlan<?> node) {
    return node instanceof QueryStageExec stage ? List.of(stage.plan()) : Catalyst.list(node.children());
  }

  private static boolean canBeHashed(DataType type) {
    return !type.existsRecursively(Catalyst.function(part -> part instanceof MapType || part instanceof VariantType));
  }
}
