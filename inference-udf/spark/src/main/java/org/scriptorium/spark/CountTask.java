package org.scriptorium.spark;

import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.types.DataTypes;
import org.scriptorium.engine.api.ModelDescription.Kind;

/** Counts tokens; nothing is generated. */
final class CountTask implements AiTask {

  @Override
  public Optional<Value> value(Constants constants) {
    return Optional.of(new Value("tokens", DataTypes.IntegerType));
  }

  @Override
  public Set<Kind> kinds() {
    return Set.of(Kind.values());
  }

  @Override
  public Rows prepare(CallPlan call) {
    return row -> {
      String text = row.text("text");
      return new Step.Measure(model -> Answer.measured(model.countTokens(text), model.name()));
    };
  }
}
