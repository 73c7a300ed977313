package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.scriptorium.pipeline.Publication.Step;

/** However documents, models' moods and crashes change: the output is what one run over the documents of now would write. */
class TestNightsInARow {
  private static final int NIGHTS = 4;
  /** On one of its nights a request fails that was answered before. */
  private static final long SEED = -1603971412029972431L;
  private static SparkSession spark;
  @TempDir private Path folder;
  private final Map<String, String> documents = new TreeMap<>();

  @BeforeAll
  static void start() {
    spark = Sessions.spark();
  }

  @AfterEach
  void calm() {
    Sessions.isMoody = false;
  }

  @Test
  void equalOneRunOverTheLastDocuments() throws IOException {
    long seed = Long.getLong("scriptorium.test.seed", SEED);
    var random = new Random(seed);
    for (int i = 0; i < 12; i++) change(random);
    for (int night = 0; night < NIGHTS; night++) {
      int changes = random.nextInt(6);
      for (int i = 0; i < changes; i++) change(random);
      Sessions.isMoody = random.nextBoolean();
      String place = "night %d, -Dscriptorium.test.seed=%d".formatted(night, seed);
      List<String> before = rows();
      if (random.nextBoolean()) crash(Step.values()[random.nextInt(Step.values().length)]);
      List<String> expected = fresh(), good = good();
      List<String> found = rows();
      if (!found.equals(before)) assertNight(place, found, expected, good, before);
      run(step -> {});
      assertNight(place, rows(), expected, good, before);
    }
  }

  /** What fails tonight is in error, but for what an earlier night has answered. */
  private static void assertNight(String place, List<String> rows, List<String> expected, List<String> good, List<String> before) {
    assertThat(rows).as(place).hasSameSizeAs(expected);
    for (int i = 0; i < rows.size(); i++) {
      if (before.contains(good.get(i))) assertThat(rows.get(i)).as(place).isEqualTo(good.get(i));
      else assertThat(rows.get(i)).as(place).isIn(expected.get(i), good.get(i));
    }
  }

  /** The rows of a night on which nothing fails. */
  private List<String> good() throws IOException {
    boolean isMoody = Sessions.isMoody;
    Sessions.isMoody = false;
    List<String> rows = fresh();
    Sessions.isMoody = isMoody;
    return rows;
  }

  /** A change in one file is one rename: no moment is seen at which the folder holds anything but a whole version. */
  @ParameterizedTest
  @EnumSource(value = Step.class, names = {"JOURNAL_WRITTEN", "NEW_FILE_MOVED", "MARK_WRITTEN"})
  void readersSeeTheVersionBeforeOrTheNewOne(Step step) throws IOException {
    documents.putAll(Map.of("a", "one|x", "b", "two|x"));
    run(now -> {});
    List<String> before = rows();
    documents.putAll(Map.of("a", "other|x", "c", "three|x"));
    crash(step);
    assertThat(rows()).isEqualTo(step == Step.JOURNAL_WRITTEN ? before : fresh());
    Report report = run(now -> {});
    assertThat(report.computed()).as("all was computed, and is published before this run begins").isZero();
    assertThat(rows()).isEqualTo(fresh());
  }

  private void crash(Step step) throws IOException {
    try {
      run(now -> {
        if (now == step) throw new CrashError();
      });
    } catch (CrashError e) {
      // As if the process had ended here.
    }
  }

  private void change(Random random) {
    String id = "d" + random.nextInt(30);
    List<String> texts = List.of("one", "two", "three", "moody", "moody four", "", "six said");
    if (random.nextInt(4) == 0) documents.remove(id);
    else documents.put(id, texts.get(random.nextInt(texts.size())) + random.nextInt(3) + "|" + random.nextInt(2));
  }

  private Report run(java.util.function.Consumer<Step> observer) throws IOException {
    return JobRun.run(spark, job("write={path: %s, mode: incremental, commit-rows: 3}".formatted(folder.resolve("out"))), Progress.silent(),
        observer);
  }

  private List<String> fresh() throws IOException {
    JobRun.run(spark, job("write={path: %s, mode: overwrite}".formatted(folder.resolve("fresh"))), Progress.silent());
    return rows(folder.resolve("fresh"));
  }

  private JobFile job(String write) throws IOException {
    var lines = new ArrayList<String>(List.of("{\"id\": \"always\", \"text\": \"there\", \"section\": \"x\"}"));
    documents.forEach((id, value) -> lines.add("{\"id\": \"%s\", \"text\": \"%s\", \"section\": \"%s\"}"
        .formatted(id, value.substring(0, value.indexOf('|')), value.substring(value.indexOf('|') + 1))));
    Files.write(folder.resolve("docs.jsonl"), lines);
    return JobFile.parse("""
        read: { format: jsonl, path: DIR/docs.jsonl, keep: [section] }
        task: { kind: generate }
        write: { path: none }
        quality: { max-error-rate: 1 }
        """.replace("DIR", folder.toString()), "job.yaml", List.of(write));
  }

  private List<String> rows() {
    return Files.exists(folder.resolve("out/_SUCCESS")) ? rows(folder.resolve("out")) : List.of();
  }

  private static List<String> rows(Path output) {
    return spark.read().parquet(output.toString()).drop("cached_tokens").orderBy("id").collectAsList().stream().map(Row::toString).toList();
  }

  /** Stops a publication between two steps, without an exception that it could handle. */
  private static final class CrashError extends Error {
    private static final long serialVersionUID = 1L;
  }
}
