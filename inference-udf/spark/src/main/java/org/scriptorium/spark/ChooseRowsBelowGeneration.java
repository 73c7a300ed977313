package org.scriptorium.spark;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.SortOrder;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.rules.Rule;

/**
 * Limits, offsets, samples and sorts by columns of the child commute with generation, which is one row in, one row out, in order: they go
 * below it. A limit then generates its rows and no more, also after a sort, and a sort samples documents instead of generating twice.
 */
final class ChooseRowsBelowGeneration extends Rule<LogicalPlan> {

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformDown(Catalyst.everywhere(node -> switch (node) {
      case LocalLimit limit -> swapped(limit, limit.child());
      case GlobalLimit limit -> swapped(limit, limit.child());
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

  private static boolean reads(scala.collection.immutable.Seq<SortOrder> order, LogicalPlan child) {
    var columns = Catalyst.<Attribute>list(child.output());
    return Catalyst.<SortOrder>list(order).stream().allMatch(one -> one.deterministic() && Catalyst.covers(columns, one));
  }

  private static scala.collection.immutable.Seq<SortOrder> inTermsOfChild(scala.collection.immutable.Seq<SortOrder> order, Project project) {
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
