package org.scriptorium.spark;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.UnaryNode;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.internal.SQLConf;
import scala.collection.immutable.Seq;

/**
 * Limits, offsets, samples and sorts by columns of the child commute with generation, which is one row in, one row out, in order: they go
 * below it. A limit then generates its rows and no more, also after a sort, and a sort samples documents instead of generating twice.
 */
final class ChooseRowsBelowGeneration extends Rule<LogicalPlan> {
  /** Fewer rows than this are not worth a shuffle. */
  static final int ROWS_OF_ONE_TASK = 1000;

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformDown(Catalyst.everywhere(node -> switch (node) {
      case LocalLimit limit -> swapped(limit, limit.child());
      case GlobalLimit limit -> spread(limit, swapped(limit, limit.child()));
      case Offset offset -> swapped(offset, offset.child());
      case Sample sample when !sample.withReplacement() -> swapped(sample, sample.child());
      case Sort sort -> sorted(sort);
      default -> node;
    }));
  }

  private static LogicalPlan swapped(LogicalPlan chooser, LogicalPlan child) {
    if (child instanceof AiGenerate generate) return generate.over(over(chooser, generate.child()));
    if (child instanceof Project project && project.child() instanceof AiGenerate generate && isDeterministic(project))
      return over(project, generate.over(over(chooser, generate.child())));
    return chooser;
  }

  /** A limit leaves one partition; where that is much work and no order is at stake, all executors share it. */
  private static LogicalPlan spread(GlobalLimit limit, LogicalPlan swapped) {
    if (swapped == limit || !(limit.limitExpr() instanceof Literal literal) || !(literal.value() instanceof Integer rows)) return swapped;
    if (rows < ROWS_OF_ONE_TASK || isOrdered(limit)) return swapped;
    return swapped.transformDown(Catalyst.everywhere(node ->
        node instanceof AiGenerate generate && generate.child() instanceof GlobalLimit chosen
            ? generate.over(new Repartition(SQLConf.get().numShufflePartitions(), true, chosen)) : node));
  }

  private static boolean isOrdered(LogicalPlan plan) {
    if (plan instanceof Sort) return true;
    return plan instanceof UnaryNode && isOrdered(Catalyst.<LogicalPlan>list(plan.children()).getFirst());
  }

  private static LogicalPlan sorted(Sort sort) {
    if (sort.child() instanceof AiGenerate generate && reads(sort.order(), generate.child()))
      return generate.over(over(sort, generate.child()));
    if (sort.child() instanceof Project project && project.child() instanceof AiGenerate generate && isDeterministic(project)) {
      var order = inTermsOfChild(sort.order(), project);
      if (reads(order, generate.child()))
        return over(project, generate.over(new Sort(order, sort.global(), generate.child(), sort.hint())));
    }
    return sort;
  }

  private static LogicalPlan over(LogicalPlan node, LogicalPlan child) {
    return node.withNewChildren(Catalyst.seq(List.of(child)));
  }

  private static boolean isDeterministic(Project project) {
    return Catalyst.<NamedExpression>list(project.projectList()).stream().allMatch(named -> ((Expression) named).deterministic());
  }

  private static boolean reads(Seq<SortOrder> order, LogicalPlan child) {
    var columns = Catalyst.<Attribute>list(child.output());
    return Catalyst.<SortOrder>list(order).stream().allMatch(one -> one.deterministic() && Catalyst.covers(columns, one));
  }

  private static Seq<SortOrder> inTermsOfChild(Seq<SortOrder> order, Project project) {
    Map<ExprId, Expression> aliases = new HashMap<>();
    for (NamedExpression named : Catalyst.<NamedExpression>list(project.projectList()))
      if (named instanceof Alias alias) aliases.put(alias.exprId(), alias.child());
    var replaced = Catalyst.<SortOrder>list(order).stream()
        .map(one -> (SortOrder) one.transformUp(Catalyst.<Expression>everywhere(part ->
            part instanceof Attribute attribute ? aliases.getOrDefault(attribute.exprId(), attribute) : part)))
        .toList();
    return Catalyst.seq(replaced);
  }
}
