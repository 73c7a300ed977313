package org.scriptorium.pipeline.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.pipeline.JobException;

/** Files and datasets compared on a real session. */
class TestEvaluation {
  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = SparkSession.builder().master("local[2]").config("spark.ui.enabled", false).config("spark.sql.shuffle.partitions", 2)
        .config("spark.driver.host", "localhost").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate();
  }

  private static Evaluation texts(Optional<String> lead) {
    return new Evaluation("id", Optional.of("text"), "reference", Rouge.PLAIN, lead, Optional.empty(), "relevant", List.of());
  }

  @ParameterizedTest
  @ValueSource(strings = {"jsonl", "csv", "parquet"})
  void everyFormatIsRead(String format) throws Exception {
    Path predictions = folder.resolve("p." + format), references = folder.resolve("r." + format);
    write("SELECT * FROM VALUES (1, 'the cat sat'), (2, 'a, \"dog\"'), (3, 'alone') AS v(id, text)", format, predictions);
    write("SELECT * FROM VALUES (1, 'the cat ran', 'The cat. It sat.'), (2, 'a dog', 'No end'), (2, 'two dogs', 'No end'),"
        + " (4, 'nobody', 'x') AS v(id, reference, document)", format, references);
    Evaluation.Result result = texts(Optional.of("document")).compare(spark, predictions.toString(), references.toString());
    assertThat(result.rows()).isEqualTo(2);
    assertThat(result.withoutReference()).isEqualTo(1);
    assertThat(result.withoutPrediction()).isEqualTo(1);
    assertThat(result.means().get("rouge1 f1")).isCloseTo((2 / 3.0 + 1) / 2, within(1e-9));
    assertThat(result.means().get("exact_match")).isEqualTo(0.5);
    assertThat(result.means().get("token_f1")).isCloseTo((0.5 + 1) / 2, within(1e-9));
    // The first sentence is "The cat." of the one, and all of the other.
    assertThat(result.means().get("lead-1 rouge1 f1")).isCloseTo((0.8 + 0) / 2, within(1e-9));
    assertThat(result.toJson())
        .startsWith("{\"rows\":2,\"predictions_without_reference\":1,\"references_without_prediction\":1,\"rouge1_precision\":");
  }

  @Test
  void emptyTextsCountAndMissingReferencesDoNot() throws Exception {
    Path predictions = Files.writeString(folder.resolve("p.csv"), "id,text\n1,\"\"\n2,Paris\n3,\n4,Ulm\n5,\"\"\n");
    Path references = Files.writeString(folder.resolve("r.csv"), "id,reference\n1,Rome\n2,Paris\n3,Bern\n4,\n5,\"\"\n");
    Evaluation.Result result = texts(Optional.empty()).compare(spark, predictions.toString(), references.toString());
    assertThat(result.rows()).as("but for the one without a reference").isEqualTo(4);
    assertThat(result.withoutReference()).isEqualTo(1);
    assertThat(result.means().get("exact_match")).as("of an answer, and of none where there is none").isEqualTo(0.5);
    assertThat(result.means().get("rouge1 recall")).isEqualTo(0.25);
  }

  /** As a job's output has them, whatever its source has. */
  @Test
  void identifiersAreComparedAsTheyAreWritten() {
    EvaluationFunctions.register(spark);
    var predictions = spark.sql("SELECT * FROM VALUES ('1', 'a'), ('007', 'b'), ('a7', 'c') AS v(id, text)");
    var references = spark.sql("SELECT * FROM VALUES (1, 'a'), (7, 'b') AS v(id, reference)");
    Evaluation.Result result = texts(Optional.empty()).compare(predictions, references);
    assertThat(result.rows()).isEqualTo(1);
    assertThat(result.withoutReference()).isEqualTo(2);
    assertThat(result.withoutPrediction()).isEqualTo(1);
  }

  /** Two references that a prediction is equally near to differ in precision. */
  @Test
  void theOrderOfReferencesDoesNotShow() {
    EvaluationFunctions.register(spark);
    var predictions = spark.sql("SELECT 1 AS id, 'a b' AS text");
    for (String order : List.of("(1, 'a'), (1, 'a b c d')", "(1, 'a b c d'), (1, 'a')")) {
      var references = spark.sql("SELECT * FROM VALUES %s AS v(id, reference)".formatted(order)).coalesce(1);
      assertThat(texts(Optional.empty()).compare(predictions, references).means().get("rouge1 precision")).isEqualTo(0.5);
    }
  }

  private static void write(String query, String format, Path path) throws Exception {
    switch (format) {
      case "parquet" -> spark.sql(query).write().parquet(path.toString());
      case "jsonl" -> Files.writeString(path, String.join("\n", spark.sql(query).toJSON().collectAsList()));
      default -> {
        var rows = spark.sql(query).collectAsList();
        var lines = new StringBuilder(String.join(",", rows.getFirst().schema().fieldNames())).append('\n');
        for (Row row : rows) {
          for (int i = 0; i < row.size(); i++) {
            lines.append(i == 0 ? "" : ",").append('"').append(row.get(i).toString().replace("\"", "\"\"")).append('"');
          }
          lines.append('\n');
        }
        Files.writeString(path, lines);
      }
    }
  }

  @Test
  void passagesAreComparedByTheirIds() {
    var found = spark.sql("SELECT * FROM VALUES ('q1', array(named_struct('id', 'a', 'start', 1), named_struct('id', 'b', 'start', 2))),"
        + " ('q2', array(named_struct('id', 'c', 'start', 1))), ('q3', array()) AS v(id, passages)");
    var wanted = spark.sql("SELECT * FROM VALUES ('q1', 'b'), ('q2', 'x'), ('q2', 'c'), ('q3', 'a') AS v(id, page)");
    var evaluation = new Evaluation("id", Optional.empty(), "reference", Rouge.PLAIN, Optional.empty(), Optional.of("passages.id"), "page",
        List.of(1, 5));
    EvaluationFunctions.register(spark);
    Evaluation.Result result = evaluation.compare(found, wanted);
    assertThat(result.means()).containsOnlyKeys("recall@1", "recall@5", "MRR");
    assertThat(result.means().get("recall@1")).isCloseTo((0 + 0.5 + 0) / 3, within(1e-9));
    assertThat(result.means().get("recall@5")).isCloseTo((1 + 0.5 + 0) / 3, within(1e-9));
    assertThat(result.means().get("MRR")).isCloseTo((0.5 + 1 + 0) / 3, within(1e-9));
  }

  @Test
  void functionsAreAveragedByGroups() {
    EvaluationFunctions.register(spark);
    List<Row> rows = spark.sql("SELECT k, avg(rouge(t, r).rouge1.f1), avg(rouge_stemmed(t, r).rougeLsum.recall),"
        + " avg(exact_match(t, array(r, 'x'))), avg(token_f1(t, r))"
        + " FROM VALUES ('a', 'cats', 'cat'), ('a', 'x', 'x'), ('a', NULL, 'x'), ('b', 'x', NULL) AS v(k, t, r)"
        + " GROUP BY k ORDER BY k").collectAsList();
    assertThat(rows).hasToString("[[a,0.5,1.0,0.5,0.5], [b,null,null,1.0,null]]");
    assertThat(spark.sql("SELECT recall_at(2, array('a', 'b', 'c'), array('b', 'c')), reciprocal_rank(array('a', 'b'), 'b')").head())
        .hasToString("[0.5,0.5]");
  }

  @Test
  void whatCanNotBeComparedIsSaid() {
    var predictions = spark.sql("SELECT 1 AS id, 'a' AS text");
    assertThatThrownBy(() -> texts(Optional.empty()).compare(predictions, spark.sql("SELECT 1 AS id, 'a' AS summary")))
        .isInstanceOf(JobException.class).hasMessage("the references have no column reference; they have id, summary");
    EvaluationFunctions.register(spark);
    assertThatThrownBy(() -> texts(Optional.empty()).compare(predictions, spark.sql("SELECT 2 AS id, 'a' AS reference")))
        .isInstanceOf(JobException.class)
        .hasMessage("no id of the predictions is among those of the references (column id); nothing can be compared");
    assertThatThrownBy(() -> texts(Optional.empty()).compare(spark, "/no/such.jsonl", "/no/such.csv")).isInstanceOf(JobException.class)
        .hasMessageStartingWith("--predictions: /no/such.jsonl can't be read; expected a .jsonl or .csv file, or Parquet: ");
  }
}
