package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.TinyModel;

/** Nights through the real functions and the engine, with a model of two layers whose text is noise, over real descriptions. */
class TestNightsOnEngine {
  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static SparkSession spark;
  private static Path model;

  @BeforeAll
  static void start() {
    spark = Sessions.onEngine(shared.resolve("cache"));
    model = TinyModel.write(shared, 11);
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(Sessions.spark());
  }

  /** The case that is promised: 300 rows, then 50 new, 20 changed and 10 deleted ones, then nothing. */
  @Test
  void threeNightsComputeWhatChanged() throws Exception {
    Path packages = ReferenceFixtures.require("../corpora/debian-packages.parquet");
    spark.read().parquet(packages.toString()).dropDuplicates("id").orderBy("id").limit(350)
        .selectExpr("id", "section", "left(text, 400) AS text", "row_number() OVER (ORDER BY id) AS number")
        .createOrReplaceTempView("packages");
    Report first = night("SELECT id, section, text FROM packages WHERE number <= 300");
    assertThat(first.rows()).isEqualTo(300);
    assertThat(first.computed() + first.deduplicated()).isEqualTo(300);
    assertThat(first.changes()).contains(new Report.DocumentChanges(300, 0, 0));
    String second = "SELECT id, section, if(number BETWEEN 11 AND 30, concat('Changed. ', text), text) AS text"
        + " FROM packages WHERE number > 10";
    Report report = night(second);
    assertThat(report.changes()).contains(new Report.DocumentChanges(50, 20, 10));
    assertThat(report.rows()).isEqualTo(340);
    long saved = report.deduplicated() + report.reused() - 270;
    assertThat(report.computed()).isEqualTo(70 - saved).isBetween(60L, 70L);
    List<String> rows = rows("out");
    Report third = night(second);
    assertThat(List.of(third.computed(), third.deduplicated(), third.reused())).containsExactly(0L, 0L, 340L);
    assertThat(third.completionTokens()).isZero();
    assertThat(rows("out")).isEqualTo(rows);
    run("write={path: %s, mode: overwrite}".formatted(folder.resolve("fresh")));
    assertThat(rows("fresh")).isEqualTo(rows);
  }

  @Test
  void otherParametersAndModelsAreOtherRequests() throws Exception {
    String few = "SELECT concat('d', id) AS id, 's' AS section, concat('a text about ', id) AS text FROM range(6)"
        + " UNION ALL VALUES ('blank', 's', ' '), ('long', 's', repeat('very long ', 3000)), ('broken', 's', CAST(X'C328' AS STRING))";
    spark.sql(few).write().mode("overwrite").parquet(folder.resolve("docs").toString());
    Report first = run();
    assertThat(List.of(first.rows(), first.computed(), first.skipped())).containsExactly(9L, 8L, 1L);
    assertThat(first.errors()).containsOnlyKeys("malformed_text");
    assertThat(List.of(run().reused(), run().computed())).as("the row in error stays too").containsExactly(8L, 0L);
    assertThat(run("generate.max-new-tokens=5").computed()).as("those of the requests").isEqualTo(7);
    assertThat(run("generate.max-new-tokens=5", "task.max-words=8").computed()).isEqualTo(7);
    assertThat(run("generate.max-new-tokens=5", "task.max-words=8", "model="
        + TinyModel.write(Files.createDirectory(folder.resolve("other")), 12))
        .computed()).isEqualTo(7);
    Path same = Files.copy(model, folder.resolve("renamed.gguf"));
    assertThat(run("generate.max-new-tokens=5", "task.max-words=8", "model=" + same).computed()).isEqualTo(7);
    assertThat(run("generate.max-new-tokens=5", "task.max-words=8").computed()).as("a model is its bytes, not its name").isZero();
  }

  private Report night(String documents) {
    spark.sql(documents).write().mode("overwrite").parquet(folder.resolve("docs").toString());
    return run();
  }

  private Report run(String... overrides) {
    return JobRun.run(spark, JobFile.parse("""
        model: MODEL
        read: { format: parquet, path: DIR/docs, keep: [section] }
        task: { kind: summarize, max-words: 9 }
        generate: { max-new-tokens: 6 }
        write: { path: DIR/out, mode: incremental, commit-rows: 40 }
        quality: { max-error-rate: 0.2 }
        """.replace("MODEL", model.toString()).replace("DIR", folder.toString()), "job.yaml", Arrays.asList(overrides)), Progress.silent());
  }

  private List<String> rows(String name) {
    return spark.read().parquet(folder.resolve(name).toString()).drop("cached_tokens").orderBy("id").collectAsList().stream()
        .map(Row::toString)
        .toList();
  }
}
