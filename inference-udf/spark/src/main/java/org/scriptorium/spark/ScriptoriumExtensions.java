package org.scriptorium.spark;

import java.util.function.Function;
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
 * reads it ({@link DropUnreadGenerations}), checked and planned ({@link AiGenerateStrategy}), and kept from being computed twice
 * ({@link MaterializeGenerations}).
 */
public final class ScriptoriumExtensions extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    for (AiFunction function : AiFunction.values()) {
      for (AiFunction.OnError onError : AiFunction.OnError.values()) {
        extensions.injectFunction(new Tuple3<FunctionIdentifier, ExpressionInfo, Function1<Seq<Expression>, Expression>>(
            function.identifier(onError), function.information(onError),
            function(arguments -> AiFunctionCall.build(function, onError, Catalyst.list(arguments)))));
      }
    }
    extensions.injectResolutionRule(function(session -> new ExtractAiCalls((SparkSession) session)));
    extensions.injectPostHocResolutionRule(function(session -> new CheckAiPositions()));
    extensions.injectOptimizerRule(function(session -> new PushFiltersBelowGeneration()));
    extensions.injectOptimizerRule(function(session -> new ChooseRowsBelowGeneration()));
    extensions.injectOptimizerRule(function(session -> new DropUnreadGenerations()));
    extensions.injectPlannerStrategy(function(session -> new AiGenerateStrategy((SparkSession) session)));
    extensions.injectQueryStagePrepRule(function(session -> new MaterializeGenerations()));
    extensions.injectColumnar(function(session -> new AfterExchanges()));
    return BoxedUnit.UNIT;
  }

  private static <A, R> Function1<A, R> function(Function<A, R> function) {
    return new AbstractFunction1<>() {
      @Override
      public R apply(A argument) {
        return function.apply(argument);
      }
    };
  }

  /** Without adaptive execution this is the one hook after Spark has placed its exchanges. */
  private static final class AfterExchanges extends ColumnarRule {
    @Override
    public Rule<SparkPlan> postColumnarTransitions() {
      return new MaterializeGenerations();
    }
  }
}
