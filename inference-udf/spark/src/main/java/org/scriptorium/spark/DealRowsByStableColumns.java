package org.scriptorium.spark;

import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.RebalancePartitions;
import org.apache.spark.sql.catalyst.plans.logical.Repartition;
import org.apache.spark.sql.catalyst.plans.logical.RepartitionByExpression;
import org.apache.spark.sql.catalyst.rules.Rule;
import scala.Option;
import scala.collection.immutable.Seq;

/**
 * Exchanges that deal rows out by their bytes, such as that of {@code repartition(n)}, deal them out by columns that stay the same when a
 * generation below is repeated: see {@link StableColumns}.
 */
final class DealRowsByStableColumns extends Rule<LogicalPlan> {
  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    return plan.transformUp(Catalyst.everywhere(node -> switch (node) {
      case Repartition dealt when dealt.shuffle() -> byColumns(dealt, dealt.child(),
          columns -> new RepartitionByExpression(columns, dealt.child(), Option.apply(dealt.numPartitions()), Option.empty()));
      case RepartitionByExpression dealt when dealt.partitionExpressions().isEmpty() -> byColumns(dealt, dealt.child(),
          columns -> new RepartitionByExpression(columns, dealt.child(), dealt.optNumPartitions(), dealt.optAdvisoryPartitionSize()));
      case RebalancePartitions dealt when dealt.partitionExpressions().isEmpty() -> byColumns(dealt, dealt.child(),
          columns -> new RebalancePartitions(columns, dealt.child(), dealt.optNumPartitions(), dealt.optAdvisoryPartitionSize()));
      default -> node;
    }));
  }

  private static LogicalPlan byColumns(LogicalPlan dealt, LogicalPlan child, Function<Seq<Expression>, LogicalPlan> exchange) {
    List<Expression> columns = StableColumns.of(child);
    return columns.isEmpty() ? dealt : exchange.apply(Catalyst.seq(columns));
  }
}
