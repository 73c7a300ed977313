package org.scriptorium.spark;

import java.util.Locale;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Generate;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.rules.Rule;

/**
 * Refuses the calls that {@link ExtractAiCalls} left: those outside a projection. Runs in analysis, before Spark's own checks, whose
 * messages would speak of what is not deterministic.
 */
final class CheckAiPositions extends Rule<LogicalPlan> {
  private static final String REMEDY = "compute it in a SELECT below and use its column";

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    plan.foreach(Catalyst.procedure(CheckAiPositions::check));
    return plan;
  }

  private static void check(LogicalPlan node) {
    // What else is wrong with this projection is Spark's to say.
    if (node instanceof Project && !node.resolved()) return;
    for (Expression expression : Catalyst.<Expression>list(node.expressions())) {
      Catalyst.visit(expression, part -> {
        if (part instanceof AiFunctionCall call) throw AiErrors.position(call, place(node), REMEDY);
      });
    }
  }

  private static String place(LogicalPlan node) {
    return switch (node) {
      case Filter filter -> "a WHERE, HAVING or filter condition (Filter)";
      case Join join -> "a join condition (Join)";
      case Aggregate aggregate -> "a GROUP BY or the SELECT list of an aggregation (Aggregate)";
      case Sort sort -> "ORDER BY (Sort)";
      case Generate generate -> "a generator such as explode (Generate)";
      default -> "the operator " + node.nodeName().toUpperCase(Locale.ROOT);
    };
  }
}
