package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.TinyModel;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** The operator over the engine itself, with a model of two layers whose text is noise. */
class TestRealEngine {
  private static PlanSession session;
  private static Path tiny;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]", "spark.scriptorium.engine.cache-memory", "64m", "spark.scriptorium.engine.max-batch", "16",
        "spark.sql.codegen.wholeStage", "true", "spark.sql.codegen.factoryMode", "FALLBACK");
    ExecutorEngines.useOpener(ModelOpener.ENGINE);
    tiny = TinyModel.write(session.folder, 11);
    session.spark.conf().set("spark.scriptorium.model.default", tiny.toString());
    session.sql("SELECT id, repeat(concat('a document ', id, ' '), cast(1 + id % 7 AS INT)) AS text FROM range(60)")
        .createOrReplaceTempView("documents");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @Test
  @Timeout(120)
  void textsAreTheSameWhateverThePartitioning() {
    String query = "try_ai_summarize(text, 10, map('max_new_tokens', '12')) s";
    var expected = results(1, query, false);
    assertThat(expected).hasSize(60);
    assertThat(results(7, query, true)).isEqualTo(expected);
    assertThat(new HashSet<>(expected)).hasSizeGreaterThan(30);
    String sampled = "try_ai_gen(text, map('max_new_tokens', '8', 'temperature', '1.0', 'seed', '5')) s";
    assertThat(results(5, sampled, true)).isEqualTo(results(2, sampled, false));
  }

  private static List<Row> results(int partitions, String query, boolean isShuffled) {
    var documents = session.spark.table("documents");
    var ordered = isShuffled ? documents.repartition(partitions, functions.col("text")) : documents.coalesce(1).repartition(partitions);
    return ordered.selectExpr("id", query).selectExpr("id", "s.text", "s.finish_reason", "s.completion_tokens", "s.error", "s.request_key")
        .orderBy("id").collectAsList();
  }

  @Test
  @Timeout(120)
  void rowsThatCantBeGeneratedAreErrorsOfTheirOwn() {
    var rows = session.sql("""
        SELECT try_ai_gen(t, map('max_new_tokens', '4')) r
        FROM VALUES ('short'), (repeat('very long ', 2000)), (''), (CAST(X'C328' AS STRING)) AS v(t)
        """).selectExpr("r.finish_reason", "r.error_code", "r.model").collectAsList();
    assertThat(rows.stream().map(row -> row.getString(1)).toList()).containsExactly("", "prompt_too_long", "", "malformed_text");
    assertThat(rows.stream().map(row -> row.getString(2)).toList()).containsOnly("tiny");
    var shortened = session.sql("SELECT try_ai_summarize(repeat('very long ', 2000), 5, map('max_new_tokens', '4')) r")
        .selectExpr("r.error_code", "r.prompt_tokens").first();
    assertThat(shortened.getString(0)).isEmpty();
    assertThat(shortened.getInt(1)).isBetween(400, TinyModel.CONTEXT);
  }

  /** In place, and copied from a file system of Hadoop's. */
  @Test
  @Timeout(120)
  void foldersAreModelsByPathAndByUri() {
    Path llama = ReferenceFixtures.require("models/llama-bf16-sharded");
    session.spark.sparkContext().hadoopConfiguration().set("fs.slow.impl", SlowFileSystem.class.getName());
    String query = "SELECT try_ai_gen('In the beginning', map('model', '%s', 'max_new_tokens', '12', 'raw', 'true')) r";
    var inPlace = session.sql(query.formatted(llama)).selectExpr("r.*").first();
    assertThat(inPlace.<String>getAs("error")).isEmpty();
    assertThat(inPlace.<String>getAs("model")).isEqualTo("llama-bf16-sharded");
    assertThat(inPlace.<Integer>getAs("completion_tokens")).isBetween(1, 12);
    assertThat(session.sql(query.formatted("slow://" + llama)).selectExpr("r.*").first()).isEqualTo(inPlace);
  }

  @Test
  @Timeout(120)
  void labelsAreAlwaysOfTheCall() {
    String query = "try_ai_classify(text, array('first', 'second label', 'Über', 'second')) s";
    var expected = results(1, query, false);
    assertThat(results(6, query, true)).isEqualTo(expected);
    assertThat(expected).hasSize(60).allSatisfy(row -> {
      assertThat(row.getString(1)).isIn("first", "second label", "Über", "second");
      assertThat(row.getString(2)).isEqualTo("stop");
    });
    assertThat(session.sql("SELECT ai_count_tokens('%s', 'a document')".formatted(tiny)).first().getInt(0)).isBetween(1, 10);
  }

  @Test
  @Timeout(120)
  void sharedPrefixOfSummariesIsCached() {
    var rows = session.sql("SELECT try_ai_summarize(text, 10, map('max_new_tokens', '4')) r FROM documents");
    assertThat(rows.collectAsList()).hasSize(60);
    assertThat(PlanSession.metric(rows, "cachedTokens")).isPositive();
    assertThat(PlanSession.metric(rows, "generatedRows")).isEqualTo(60);
    assertThat(PlanSession.metric(rows, "generationErrors")).isZero();
  }

  @Test
  @Timeout(120)
  void damagedModelsFailOnTheDriver() throws Exception {
    byte[] bytes = Files.readAllBytes(tiny);
    Path damaged = Files.write(session.folder.resolve("damaged.gguf"), Arrays.copyOf(bytes, bytes.length - 1000));
    assertThatThrownBy(() -> session.sql("SELECT ai_gen('x', map('model', '%s'))".formatted(damaged)).collectAsList())
        .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_CORRUPT));
  }

  @Test
  @Timeout(120)
  void cancelledJobsLeaveTheEngineToOthers() throws Exception {
    var job = CompletableFuture.runAsync(() -> {
      session.spark.sparkContext().setJobGroup("endless", "many rows", false);
      session.sql("SELECT ai_gen(concat('document ', id), map('max_new_tokens', '400', 'min_new_tokens', '400')) FROM range(100000)")
          .collectAsList();
    });
    Thread.sleep(2000);
    long cancelledAt = System.nanoTime();
    session.spark.sparkContext().cancelJobGroup("endless");
    assertThatThrownBy(job::get).hasMessageContaining("cancelled");
    assertThat(session.sql("SELECT ai_gen('next', map('max_new_tokens', '2'))").collectAsList()).hasSize(1);
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - cancelledAt)).isLessThan(10);
  }
}
