package org.scriptorium.spark;

import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ExpressionInfo;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.ColumnarRule;
import org.apache.spark.sql.execution.SparkPlan;
import scala.Function1;
import scala.Tuple3;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Brings the {@code ai_} functions into a session: {@code spark.sql.extensions=org.scriptorium.spark.ScriptoriumExtensions}.
 *
 * <p>A call is moved into an operator in analysis ({@link ExtractAiCalls}), refused where that can't be ({@link CheckAiPositions}),
 * moved above what makes its rows fewer ({@link PushFiltersBelowGeneration}, {@link ChooseRowsBelowGeneration}), left out where nobody
 * reads it ({@link DropUnreadGenerations}), kept from being dealt out by what changes from run to run ({@link DealRowsByStableColumns}),
 * checked and planned ({@link AiGenerateStrategy}), and kept from being computed twice ({@link MaterializeGenerations}).
 */
public final class ScriptoriumExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (AiFunction function : AiFunction.values()) {
      for (AiFunction.OnError onError : AiFunction.OnError.values()) {
        extensions.injectFunction(new Tuple3<FunctionIdentifier, ExpressionInfo, Function1<Seq<Expression>, Expression>>(
            function.identifier(onError), function.information(onError),
            Catalyst.function(arguments -> AiFunctionCall.build(function, onError, Catalyst.list(arguments)))));
      }
    }
    extensions.injectResolutionRule(Catalyst.function(session -> new ExtractAiCalls((SparkSession) session)));
    extensions.injectPostHocResolutionRule(Catalyst.function(session -> new CheckAiPositions()));
    extensions.injectOptimizerRule(Catalyst.function(session -> new PushFiltersBelowGeneration()));
    extensions.injectOptimizerRule(Catalyst.function(session -> new ChooseRowsBelowGeneration()));
    extensions.injectOptimizerRule(Catalyst.function(session -> new DropUnreadGenerations()));
    extensions.injectOptimizerRule(Catalyst.function(session -> new DealRowsByStableColumns()));
    extensions.injectPlannerStrategy(Catalyst.function(session -> new AiGenerateStrategy((SparkSession) session)));
    extensions.injectQueryStagePrepRule(Catalyst.function(session -> new MaterializeGenerations()));
    extensions.injectColumnar(Catalyst.function(session -> new AfterExchanges()));
    return BoxedUnit.UNIT;
  }

  /** Without adaptive execution this is the one hook after Spark has placed its exchanges. */
  private static final class AfterExchanges extends ColumnarRule {
    @Override
    public Rule<SparkPlan> postColumnarTransitions() {
      return new MaterializeGenerations();
    }
  }
}
