package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.RealModel;
import org.scriptorium.spark.ScriptoriumExtensions;

/**
 * Whether thirty questions about Debian's manuals find a page that answers them among their best passages. It takes some minutes of all
 * cores, so it runs only where the property {@code scriptorium.manuals} names the pages; the index stays in {@code target} for the next
 * time.
 */
class TestManualsRecall {
  private static final int TOP = 5, QUESTIONS = 30;
  private static final double LEAST = 0.9;
  @TempDir private Path folder;

  @Test
  void questionsFindTheirPages() throws Exception {
    String manuals = System.getProperty("scriptorium.manuals", "");
    assumeTrue(!manuals.isEmpty(), "the property scriptorium.manuals names no file of pages");
    Path model = RealModel.MINI_LM.file().orElse(null);
    assumeTrue(model != null, RealModel.MINI_LM.reason());
    SparkSession others = Sessions.spark();
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    SparkSession spark = SparkSession.builder().master("local[*]").withExtensions(new ScriptoriumExtensions()).getOrCreate();
    SparkSession.setDefaultSession(others);
    try {
      Path index = Path.of("target/manuals-index").toAbsolutePath();
      run(spark, """
          model: %s
          read: { format: parquet, path: %s, id: id, text: text }
          task: { kind: index }
          write: { format: index, path: %s }
          """.formatted(model, Path.of(manuals).toAbsolutePath(), index));
      Path questions = folder.resolve("questions.jsonl");
      try (var resource = getClass().getResourceAsStream("/debian-manuals-questions.jsonl")) {
        Files.copy(resource, questions);
      }
      System.out.println("| mode | recall@1 | recall@5 | MRR |");
      measure(spark, index, questions, "bm25");
      measure(spark, index, questions, "vector");
      assertThat(measure(spark, index, questions, "hybrid")).as("recall@5 of hybrid").isGreaterThanOrEqualTo(LEAST);
    } finally {
      SparkSession.setActiveSession(others);
    }
  }

  /** Tells how well a mode finds pages; gives the share of questions that find one of their pages among the five best passages. */
  private double measure(SparkSession spark, Path index, Path questions, String mode) {
    run(spark, """
        read: { format: jsonl, path: %s, id: id, text: question, keep: [pages] }
        task: { kind: retrieve, index: %s, top: %d, mode: %s }
        write: { path: %s, mode: overwrite }
        """.formatted(questions, index, TOP, mode, folder.resolve("out")));
    List<Row> found = spark.read().parquet(folder.resolve("out").toString())
        .selectExpr("id", "ifnull(array_min(filter(transform(passages, (passage, place) -> if(array_contains(pages, passage.id), place + 1,"
            + " NULL)), place -> place IS NOT NULL)), 0) AS rank").orderBy("id").collectAsList();
    assertThat(found).hasSize(QUESTIONS);
    long first = found.stream().filter(row -> row.getInt(1) == 1).count();
    List<String> missed = found.stream().filter(row -> row.getInt(1) == 0).map(row -> row.getString(0)).toList();
    double ranks = found.stream().filter(row -> row.getInt(1) > 0).mapToDouble(row -> 1.0 / row.getInt(1)).sum();
    double recall = (QUESTIONS - missed.size()) / (double) QUESTIONS;
    System.out.println(String.format(Locale.ROOT, "| %s | %.2f | %.2f | %.2f | misses %s", mode, first / (double) QUESTIONS, recall,
        ranks / QUESTIONS, missed));
    return recall;
  }

  private static void run(SparkSession spark, String yaml) {
    JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of()), Progress.silent());
  }
}
