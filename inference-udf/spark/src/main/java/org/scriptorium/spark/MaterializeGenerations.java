package org.scriptorium.spark;

import java.util.List;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.physical.HashPartitioning;
import org.apache.spark.sql.catalyst.plans.physical.Partitioning;
import org.apache.spark.sql.catalyst.plans.physical.RangePartitioning;
import org.apache.spark.sql.catalyst.plans.physical.RoundRobinPartitioning;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.adaptive.QueryStageExec;
import org.apache.spark.sql.execution.exchange.ENSURE_REQUIREMENTS$;
import org.apache.spark.sql.execution.exchange.Exchange;
import org.apache.spark.sql.execution.exchange.ShuffleExchangeExec;
import org.apache.spark.sql.execution.joins.CartesianProductExec;
import org.apache.spark.sql.internal.SQLConf;
import scala.Option;

/**
 * Some operators compute their input more than once: a range partitioning samples it in a job of its own first, a Cartesian product
 * computes each partition once for every partition of the other side. Where a generation would be in that input, an exchange goes in
 * between, whose files are written once and read as often as needed.
 */
final class MaterializeGenerations extends Rule<SparkPlan> {
  @Override
  public SparkPlan apply(SparkPlan plan) {
    return plan.transformUp(Catalyst.everywhere(node -> switch (node) {
      case ShuffleExchangeExec exchange when exchange.outputPartitioning() instanceof RangePartitioning -> overExchange(exchange);
      case CartesianProductExec product -> overExchange(product);
      default -> node;
    }));
  }

  private SparkPlan overExchange(SparkPlan node) {
    var children = Catalyst.<SparkPlan>list(node.children());
    if (children.stream().noneMatch(MaterializeGenerations::generates)) return node;
    return node.withNewChildren(Catalyst.seq(children.stream().map(child -> generates(child) ? exchanged(child) : child).toList()));
  }

  private SparkPlan exchanged(SparkPlan child) {
    int partitions = SQLConf.get().numShufflePartitions();
    List<Expression> stable = StableColumns.of(child);
    Partitioning partitioning = stable.isEmpty() ? new RoundRobinPartitioning(partitions)
        : new HashPartitioning(Catalyst.seq(stable), partitions);
    return new ShuffleExchangeExec(partitioning, child, ENSURE_REQUIREMENTS$.MODULE$, Option.empty());
  }

  /** True if computing {@code plan} again would generate again. */
  private static boolean generates(SparkPlan plan) {
    if (plan instanceof Exchange || plan instanceof QueryStageExec) return false;
    if (plan instanceof AiGenerateExec) return true;
    return Catalyst.<SparkPlan>list(plan.children()).stream().anyMatch(MaterializeGenerations::generates);
  }
}
