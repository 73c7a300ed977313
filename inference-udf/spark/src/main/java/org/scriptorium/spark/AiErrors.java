package org.scriptorium.spark;

import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.trees.CurrentOrigin;
import org.apache.spark.sql.catalyst.trees.Origin;
import scala.Option;

/** The refusals of analysis, each with the place in the query where it knows one. */
final class AiErrors {
  private AiErrors() {}

  /** A call with arguments or options that can't be. */
  static RuntimeException arguments(String message) {
    return error("SCRIPTORIUM_INVALID_ARGUMENT", "22023", message, CurrentOrigin.get());
  }

  static RuntimeException arguments(String message, Expression call) {
    return error("SCRIPTORIUM_INVALID_ARGUMENT", "22023", message, call.origin());
  }

  /** A call in a place where nothing could evaluate it once for each row. */
  static RuntimeException position(AiFunctionCall call, String place, String remedy) {
    String message = "%s can't be used in %s; %s".formatted(call.sqlName(), place, remedy);
    return error("SCRIPTORIUM_UNSUPPORTED_POSITION", "0A000", message, call.origin());
  }

  private static RuntimeException error(String condition, String state, String message, Origin origin) {
    QueryContext[] context = origin.context() == null ? new QueryContext[0] : origin.getQueryContext();
    return Unchecked.thrown(new AnalysisException(
        "[%s] %s".formatted(condition, message), origin.line(), origin.startPosition(), Option.empty(), Option.apply(condition),
        scala.collection.immutable.Map$.MODULE$.empty(), context, Option.apply(state), Option.empty()));
  }
}
