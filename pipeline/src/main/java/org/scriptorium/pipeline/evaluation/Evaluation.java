package org.scriptorium.pipeline.evaluation;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.call_function;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.collect_list;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.flatten;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sort_array;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.scriptorium.pipeline.JobException;

/**
 * Compares predictions with references, joined by id. Several references of an id, in rows or in an array, all count: the best one is
 * taken.
 *
 * @param id the column of the ids in both
 * @param prediction the column of texts; empty compares none
 * @param reference the column that they are compared with
 * @param lead a column beside the references whose first sentence is scored too, as a baseline
 * @param found the column of ids that were found, the best first, such as {@code passages.id}; empty compares none
 * @param relevant the column of the ids beside the references that should have been found
 * @param counts of found ids, for the recall
 */
public record Evaluation(
    String id, Optional<String> prediction, String reference, Rouge rouge, Optional<String> lead, Optional<String> found, String relevant,
    List<Integer> counts) {
  /** Up to a full stop, question or exclamation mark that a blank follows. */
  private static final String FIRST_SENTENCE = "(?s)^(.*?[.!?])(?=\\s|$)|^(.*)$";

  public Evaluation {
    counts = List.copyOf(counts);
  }

  /**
   * What came of it.
   *
   * @param rows predictions that have a reference
   * @param withoutReference predictions that have none, which are left out
   * @param withoutPrediction ids of references that nothing was predicted for, which are left out too
   * @param means of the rows, by measure, in the order in which they are shown
   */
  public record Result(long rows, long withoutReference, long withoutPrediction, Map<String, Double> means) {

    /** One line. */
    public String toJson() {
      var json = new ObjectMapper().createObjectNode().put("rows", rows).put("predictions_without_reference", withoutReference)
          .put("references_without_prediction", withoutPrediction);
      means.forEach((measure, mean) -> json.put(measure.replace(' ', '_'), mean));
      return json.toString();
    }
  }

  /** Reads and compares two files or folders, by their endings Parquet, JSON lines or CSV with a header. */
  public Result compare(SparkSession spark, String predictions, String references) {
    EvaluationFunctions.register(spark);
    Dataset<Row> predicted = EvaluationFiles.read(spark, "--predictions", predictions);
    Dataset<Row> wanted = EvaluationFiles.read(spark, "--references", references);
    return compare(predicted, wanted);
  }

  /** Compares two datasets in a session that has {@link EvaluationFunctions}. */
  public Result compare(Dataset<Row> predictions, Dataset<Row> references) {
    Dataset<Row> predicted = predictions.select(columns(predictions, "predictions", Map.of("id", Optional.of(id), "prediction", prediction,
        "found", found)));
    Map<String, Optional<String>> beside = new LinkedHashMap<>(Map.of("id", Optional.of(id), "lead", lead));
    beside.put("reference", prediction.map(some -> reference));
    beside.put("relevant", found.map(some -> relevant));
    Dataset<Row> wanted = grouped(references.select(columns(references, "references", beside)));
    Dataset<Row> joined = predicted.join(wanted, "id");
    List<Column> means = new ArrayList<>();
    measures().forEach((name, value) -> means.add(avg(value).as(name)));
    Row row = joined.agg(count(lit(1)).as("rows"), means.toArray(Column[]::new)).head();
    if (row.getLong(0) == 0) {
      throw new JobException(JobException.Kind.FAILED,
          "no id of the predictions is among those of the references (column %s); nothing can be compared".formatted(id));
    }
    Map<String, Double> found = new LinkedHashMap<>();
    for (int i = 1; i < row.size(); i++) if (!row.isNullAt(i)) found.put(row.schema().fieldNames()[i], row.getDouble(i));
    return new Result(row.getLong(0), without(predicted, wanted), without(wanted, predicted), found);
  }

  private static long without(Dataset<Row> rows, Dataset<Row> others) {
    return rows.join(others, new String[] {"id"}, "left_anti").count();
  }

  private Map<String, Column> measures() {
    Map<String, Column> measures = new LinkedHashMap<>();
    if (prediction.isPresent()) {
      // No text is an empty one: what nothing came of must not go out of the means.
      Column text = coalesce(col("prediction"), lit(""));
      addRouge(measures, "", text);
      measures.put("exact_match", call_function("exact_match", text, col("reference")));
      measures.put("token_f1", call_function("token_f1", text, col("reference")));
    }
    if (lead.isPresent()) addRouge(measures, "lead-1 ", firstSentence(col("lead")));
    if (found.isPresent()) {
      for (int count : counts) measures.put("recall@" + count, call_function("recall_at", lit(count), col("found"), col("relevant")));
      measures.put("MRR", call_function("reciprocal_rank", col("found"), col("relevant")));
    }
    return measures;
  }

  private void addRouge(Map<String, Column> measures, String prefix, Column text) {
    Column scores = call_function(rouge == Rouge.PLAIN ? "rouge" : "rouge_stemmed", text, col("reference"));
    for (String measure : EvaluationFunctions.ROUGE.fieldNames())
      for (String part : List.of("precision", "recall", "f1"))
        measures.put(prefix + measure + " " + part, scores.getField(measure).getField(part));
  }

  static Column firstSentence(Column text) {
    return regexp_extract(trim(text), FIRST_SENTENCE, 0);
  }

  /** One row an id, with all its references. */
  private static Dataset<Row> grouped(Dataset<Row> references) {
    List<Column> all = new ArrayList<>();
    for (String name : references.columns()) {
      if (name.equals("id")) continue;
      boolean isArray = references.schema().apply(name).dataType() instanceof ArrayType;
      // In an order of their own, since the first of equally good references is taken, and rows come in any.
      Column column = col(name), listed = sort_array(collect_list(column));
      Column found = isArray ? flatten(listed) : listed;
      all.add((name.equals("lead") ? min(column) : when(size(found).gt(0), found)).as(name));
    }
    Dataset<Row> grouped = references.groupBy("id").agg(all.getFirst(), all.subList(1, all.size()).toArray(Column[]::new));
    // An id without any reference is as one that is not there.
    return grouped.where(Stream.of("reference", "relevant").filter(List.of(grouped.columns())::contains).map(name -> col(name).isNotNull())
        .reduce(Column::or).orElse(lit(true)));
  }

  /** @param wanted the data's column behind each of ours */
  private static Column[] columns(Dataset<Row> rows, String what, Map<String, Optional<String>> wanted) {
    List<Column> columns = new ArrayList<>();
    wanted.forEach((name, column) -> column.ifPresent(path -> {
      Column found = EvaluationFiles.column(rows, what, path);
      // An output's identifiers are strings, whatever its source's were.
      columns.add((name.equals("id") ? found.cast("string") : found).as(name));
    }));
    return columns.toArray(Column[]::new);
  }
}
