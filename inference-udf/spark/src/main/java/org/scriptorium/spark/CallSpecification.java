package org.scriptorium.spark;

import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.util.List;
import java.util.TreeMap;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.GenerationConfig;

/**
 * What a call asks for, the same for all its rows.
 *
 * @param model as the query or the session names it
 * @param constants arguments that are the same for all rows
 * @param rowArguments parameters whose arguments each row has, in the order of the call's expressions
 * @param markup how the text reaches the model
 * @param template text with places for the row's values, or empty where the prompt is the whole text
 * @param reasoning whether the call's struct has what the model thought
 * @param extent how much is done for a row
 */
record CallSpecification(
    AiFunction function, AiFunction.OnError onError, String model, Constants constants, List<String> rowArguments, Markup markup,
    String template, ResultStruct.Reasoning reasoning, Extent extent, Parameters parameters) implements Serializable {

  /** Through the model's chat template, where nothing in the text is markup; or as it stands, markup and all. */
  enum Markup { TEMPLATE, RAW }

  /** Rows are answered; or told their request's key alone, which needs no weights. */
  enum Extent { ANSWER, KEY }

  CallSpecification {
    rowArguments = List.copyOf(rowArguments);
  }

  String sqlName() {
    return function.sqlName(onError);
  }

  /** False where rows are measured, or their requests named alone. */
  boolean asksTheModel() {
    return extent == Extent.ANSWER && function.task().runsTheModel();
  }

  /** The struct that the call yields. */
  StructType resultType() {
    return ResultStruct.type(function.task().value(constants), reasoning);
  }

  GenerationConfig config() {
    return parameters.config();
  }

  /** The generation's parameters on their way to the executors. */
  static final class Parameters implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TreeMap<String, Object> values;
    private transient GenerationConfig config;

    Parameters(GenerationConfig config) {
      this.config = config;
      this.values = new TreeMap<>(config.given());
    }

    GenerationConfig config() {
      return config;
    }

    private void readObject(ObjectInputStream stream) throws IOException, ClassNotFoundException {
      stream.defaultReadObject();
      try {
        config = GenerationConfig.of(values);
      } catch (RuntimeException e) {
        throw new InvalidObjectException("not a generation's parameters", e);
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Parameters that && config.equals(that.config);
    }

    @Override
    public int hashCode() {
      return config.hashCode();
    }

    @Override
    public String toString() {
      return config.toString();
    }
  }
}
