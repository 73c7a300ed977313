package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;

/** Filters first what needs no generated column, so that nothing is generated for rows that are thrown away. */
final class PushFiltersBelowGeneration extends Rule<LogicalPlan> {

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformDown(Catalyst.everywhere(node ->
        node instanceof Filter filter && filter.child() instanceof AiGenerate generate ? push(filter, generate) : node));
  }

  private static LogicalPlan push(Filter filter, AiGenerate generate) {
    List<Expression> below = new ArrayList<>(), above = new ArrayList<>();
    for (Expression conjunct : Catalyst.conjuncts(filter.condition())) {
      (canPass(conjunct, generate) ? below : above).add(conjunct);
    }
    if (below.isEmpty()) return filter;
    var pushed = generate.over(new Filter(Catalyst.and(below), generate.child()));
    return above.isEmpty() ? pushed : new Filter(Catalyst.and(above), pushed);
  }

  private static boolean canPass(Expression conjunct, AiGenerate generate) {
    return conjunct.deterministic()
        && Catalyst.covers(Catalyst.<Attribute>list(generate.child().output()), conjunct)
        && argumentsAreDeterministic(generate)
        && !Catalyst.exists(conjunct, part -> part instanceof SubqueryExpression subquery && sharesColumns(subquery, generate.child()));
  }

  /** Arguments such as {@code monotonically_increasing_id()} depend on the rows that stand before. */
  private static boolean argumentsAreDeterministic(AiGenerate generate) {
    return Catalyst.<Expression>list(generate.calls()).stream()
        .flatMap(call -> Catalyst.<Expression>list(call.children()).stream())
        .allMatch(Expression::deterministic);
  }

  /** A subquery over the same source would confuse its columns with the child's. */
  private static boolean sharesColumns(SubqueryExpression subquery, LogicalPlan child) {
    return !((LogicalPlan) subquery.plan()).outputSet().intersect(child.outputSet()).isEmpty();
  }
}
