package org.scriptorium.spark;

import java.util.Optional;
import org.apache.spark.sql.types.DataTypes;

/** Counts tokens; nothing is generated. */
final class CountTask implements AiTask {

  @Override
  public Optional<Value> value(Constants constants) {
    return Optional.of(new Value("tokens", DataTypes.IntegerType));
  }

  @Override
  public Rows prepare(CallPlan call) {
    return row -> new Step.Count(row.text("text"));
  }
}
