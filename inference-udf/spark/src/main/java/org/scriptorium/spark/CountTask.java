package org.scriptorium.spark;

import java.util.Optional;
import org.apache.spark.sql.types.DataTypes;
import org.scriptorium.engine.api.ModelDescription;

/** Counts tokens; nothing is generated. */
final class CountTask implements AiTask {

  @Override
  public Optional<Value> value(Constants constants) {
    return Optional.of(new Value("tokens", DataTypes.IntegerType));
  }

  @Override
  public boolean isFor(ModelDescription model) {
    return true;
  }

  @Override
  public boolean runsTheModel() {
    return false;
  }

  @Override
  public Rows prepare(CallPlan call) {
    return row -> {
      String text = row.text("text");
      return new Step.Measure(model -> Answer.measured(model.countTokens(text), model.name()));
    };
  }
}
