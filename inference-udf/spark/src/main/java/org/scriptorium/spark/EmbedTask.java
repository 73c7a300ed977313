package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.RequestKey;

/**
 * Has a model read texts, and makes a value of their vectors.
 *
 * @param parameters that are texts
 * @param vectors makes the value, as Catalyst has it, of the texts' vectors
 */
record EmbedTask(List<String> parameters, Value value, Function<List<float[]>, Object> vectors) implements AiTask {

  /** The vector itself. */
  static EmbedTask ofVector(String parameter) {
    return new EmbedTask(List.of(parameter), new Value("embedding", DataTypes.createArrayType(DataTypes.FloatType, false)),
        vectors -> UnsafeArrayData.fromPrimitiveArray(vectors.getFirst()));
  }

  /** The cosine of the angle between the vectors of two texts. */
  static EmbedTask ofSimilarity(String first, String second) {
    return new EmbedTask(List.of(first, second), new Value("similarity", DataTypes.FloatType),
        vectors -> cosine(vectors.getFirst(), vectors.getLast()));
  }

  private static float cosine(float[] one, float[] other) {
    double product = 0, squares = 0, otherSquares = 0;
    for (int i = 0; i < one.length; i++) {
      product += (double) one[i] * other[i];
      squares += (double) one[i] * one[i];
      otherSquares += (double) other[i] * other[i];
    }
    double lengths = Math.sqrt(squares) * Math.sqrt(otherSquares);
    return lengths == 0 ? 0f : (float) Math.clamp(product / lengths, -1, 1);
  }

  @Override
  public Optional<Value> value(Constants constants) {
    return Optional.of(value);
  }

  @Override
  public Blank blank() {
    return Blank.NULL;
  }

  @Override
  public boolean isFor(ModelDescription model) {
    return model.kind() == Kind.ENCODER;
  }

  @Override
  public String needs() {
    return "an encoder, which reads texts";
  }

  @Override
  public ScriptoriumConf.Key defaultModel() {
    return ScriptoriumConf.MODEL_EMBEDDING;
  }

  @Override
  public Rows prepare(CallPlan call) {
    String model = call.model().name();
    return row -> {
      var texts = new ArrayList<String>();
      for (String parameter : parameters) texts.add(row.text(parameter));
      String key = RequestKey.ofReading(call.model().fingerprint(), value.name(), texts, List.of());
      return new Step.Read(key, (reader, listener) -> ((Embedder) reader).submit(texts, Readings.answering(model, listener,
          (found, tokens) -> new Answer(Readings.completion("", FinishReason.STOP, tokens, model, key), vectors.apply(found)))));
    };
  }
}
