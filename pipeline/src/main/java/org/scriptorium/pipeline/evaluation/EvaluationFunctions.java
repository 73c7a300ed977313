package org.scriptorium.pipeline.evaluation;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.api.java.UDF3;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The measures as functions of SQL, for any number of rows: their averages are Spark's own aggregates.
 *
 * <pre>{@code
 *   EvaluationFunctions.register(spark);
 *   spark.sql("SELECT section, avg(rouge(text, reference).rouge1.f1), avg(token_f1(text, reference)) FROM answers GROUP BY section");
 * }</pre>
 *
 * <p>A reference is a string, or an array of them, of which the best counts. NULL gives NULL, and averages leave it out.
 */
public final class EvaluationFunctions {
  private static final StructType SCORE = new StructType().add("precision", DataTypes.DoubleType, false)
      .add("recall", DataTypes.DoubleType, false).add("f1", DataTypes.DoubleType, false);

  /** What {@code rouge} and {@code rouge_stemmed} give. */
  static final StructType ROUGE = new StructType().add("rouge1", SCORE, false).add("rouge2", SCORE, false).add("rougeL", SCORE, false)
      .add("rougeLsum", SCORE, false);

  private EvaluationFunctions() {}

  /**
   * Adds to a session {@code rouge(prediction, reference)} and {@code rouge_stemmed(prediction, reference)}, structs of {@code rouge1},
   * {@code rouge2}, {@code rougeL} and {@code rougeLsum} with {@code precision}, {@code recall} and {@code f1} each;
   * {@code exact_match(prediction, reference)} and {@code token_f1(prediction, reference)} of answers; and of ids that were found, the best
   * first, {@code recall_at(count, found, relevant)} and {@code reciprocal_rank(found, relevant)}.
   */
  public static void register(SparkSession spark) {
    spark.udf().register("rouge", (UDF2<String, Object, Row>) (prediction, reference) -> rouge(Rouge.PLAIN, prediction, reference), ROUGE);
    spark.udf().register("rouge_stemmed",
        (UDF2<String, Object, Row>) (prediction, reference) -> rouge(Rouge.STEMMED, prediction, reference), ROUGE);
    spark.udf().register("exact_match", (UDF2<String, Object, Double>) (prediction, reference) ->
        prediction == null || reference == null ? null : (Double) Answers.exactMatch(prediction, texts(reference)), DataTypes.DoubleType);
    spark.udf().register("token_f1", (UDF2<String, Object, Double>) (prediction, reference) ->
        prediction == null || reference == null ? null : (Double) Answers.f1(prediction, texts(reference)), DataTypes.DoubleType);
    spark.udf().register("recall_at", (UDF3<Integer, Object, Object, Double>) (count, found, relevant) -> count == null || found == null
        || relevant == null ? null
        : (Double) Ranking.recall(texts(found), new LinkedHashSet<>(texts(relevant)), count), DataTypes.DoubleType);
    spark.udf().register("reciprocal_rank", (UDF2<Object, Object, Double>) (found, relevant) -> found == null || relevant == null ? null
        : (Double) Ranking.reciprocalRank(texts(found), new LinkedHashSet<>(texts(relevant))), DataTypes.DoubleType);
  }

  private static Row rouge(Rouge rouge, String prediction, Object reference) {
    if (prediction == null || reference == null || texts(reference).isEmpty()) return null;
    Rouge.Scores scores = rouge.score(prediction, texts(reference));
    return RowFactory.create(Stream.of(scores.rouge1(), scores.rouge2(), scores.rougeL(), scores.rougeLsum())
        .map(score -> RowFactory.create(score.precision(), score.recall(), score.f1())).toArray());
  }

  /** One text, or those of an array that are not NULL. */
  private static List<String> texts(Object value) {
    if (!(value instanceof Seq<?> array)) return List.of(value.toString());
    List<String> texts = new ArrayList<>();
    for (Object each : CollectionConverters.asJava(array)) if (each != null) texts.add(each.toString());
    return texts;
  }
}
