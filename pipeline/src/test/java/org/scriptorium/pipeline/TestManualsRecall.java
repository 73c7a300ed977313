package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.RealModel;
import org.scriptorium.spark.ScriptoriumExtensions;

/**
 * How many of thirty questions about Debian's manuals find a page that answers them among their five best passages. It takes some minutes
 * of all cores, so it runs only where the property {@code scriptorium.manuals} names the pages; the index stays in {@code target} for the
 * next time.
 */
class TestManualsRecall {
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
    Path questions = folder.resolve("questions.jsonl"), index = Path.of("target/manuals-index").toAbsolutePath();
    try (var resource = getClass().getResourceAsStream("/debian-manuals-questions.jsonl")) {
      Files.copy(resource, questions);
    }
    run(spark, """
        model: %s
        read: { format: parquet, path: %s, id: id, text: text }
        task: { kind: index }
        write: { format: index, path: %s }
        """.formatted(model, Path.of(manuals).toAbsolutePath(), index));
    for (String mode : List.of("bm25", "vector", "hybrid")) {
      run(spark, """
          read: { format: jsonl, path: %s, id: id, text: question, keep: [pages] }
          task: { kind: retrieve, index: %s, top: 5, mode: %s }
          write: { path: %s, mode: overwrite }
          """.formatted(questions, index, mode, folder.resolve("out")));
      List<Row> found = spark.read().parquet(folder.resolve("out").toString())
          .selectExpr("id", "arrays_overlap(pages, transform(passages, passage -> passage.id)) AS hit").orderBy("id").collectAsList();
      assertThat(found).hasSize(30);
      List<String> missed = found.stream().filter(row -> !row.getBoolean(1)).map(row -> row.getString(0)).toList();
      System.out.printf("recall@5 of %s: %.2f, missed %s%n", mode, (30 - missed.size()) / 30.0, missed);
    }
    SparkSession.setActiveSession(others);
  }

  private static void run(SparkSession spark, String yaml) {
    JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of()), Progress.silent());
  }
}
