package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.TinyModel;

/** An incremental run whose process is killed again and again. */
class TestKilledNights {
  private static final int DOCUMENTS = 300;
  private static final int KILLS = 10;
  private static final int COMMIT_ROWS = 10;
  @TempDir private Path folder;

  @Test
  void tenKillsLoseAPieceEach() throws Exception {
    long seed = Long.getLong("scriptorium.test.seed", ThreadLocalRandom.current().nextLong());
    var random = new Random(seed);
    Files.writeString(folder.resolve("docs.jsonl"), IntStream.range(0, DOCUMENTS)
        .mapToObj(i -> "{\"id\": \"d%d\", \"text\": \"document number %d\"}\n".formatted(i, i)).collect(Collectors.joining()));
    Path file = Files.writeString(folder.resolve("job.yaml"), """
        read: { format: jsonl, path: DIR/docs.jsonl }
        task: { kind: generate }
        write: { path: DIR/out, mode: incremental, commit-rows: ROWS }
        """.replace("DIR", folder.toString()).replace("ROWS", Integer.toString(COMMIT_ROWS)));
    Path calls = Files.createFile(folder.resolve("calls"));
    int lost = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Path said = folder.resolve("said" + kill);
      Process process = TestKilledRuns.start(TestKilledRuns.SHORT_LIVED, Night.class, said, file.toString(), calls.toString());
      try {
        // One ends while Spark starts, the others anywhere among the rows that they generate; all together leave some for the last run.
        if (kill == 0) Thread.sleep(random.nextInt(2000));
        else awaitCalls(calls, calls(calls).size() + random.nextInt(30), process, said);
        process.destroyForcibly();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
      int known = lost;
      lost = calls(calls).size() - committed();
      // A piece is what both tasks have finished and not committed; each may have been at another row.
      assertThat(lost - known).as("kill %d, -Dscriptorium.test.seed=%d", kill, seed).isBetween(0, COMMIT_ROWS + 2);
    }
    int before = calls(calls).size();
    Sessions.log = calls;
    Report report;
    try {
      report = JobRun.run(Sessions.spark(), JobFile.load(file, List.of()), Progress.silent());
    } finally {
      Sessions.log = null;
    }
    assertThat(report.rows()).isEqualTo(DOCUMENTS);
    assertThat(report.computed() + report.reused()).isEqualTo(DOCUMENTS);
    assertThat(report.computed()).as("the last run asks only for what is missing").isEqualTo(calls(calls).size() - before);
    assertThat(calls(calls)).as("what no kill has lost is computed once").hasSize(DOCUMENTS + lost);
    JobRun.run(Sessions.spark(), JobFile.load(file, List.of("write={path: " + folder.resolve("undisturbed") + "}")), Progress.silent());
    assertThat(rows("out")).hasSize(DOCUMENTS).isEqualTo(rows("undisturbed"));
    assertThat(folder.resolve("out/_scriptorium/pieces")).doesNotExist();
  }

  /** With an engine, whose results wait for those of earlier rows. */
  @Test
  void aKilledNightOfTheEngineGoesOnFromItsPieces() throws Exception {
    Path model = TinyModel.write(folder, 11);
    Files.writeString(folder.resolve("docs.jsonl"), IntStream.range(0, 600)
        .mapToObj(i -> "{\"id\": \"d%d\", \"text\": \"%s\"}\n".formatted(i, "number %d ".formatted(i).repeat(1 + i % 20)))
        .collect(Collectors.joining()));
    Path file = Files.writeString(folder.resolve("job.yaml"), """
        model: MODEL
        read: { format: jsonl, path: DIR/docs.jsonl, partitions: 8 }
        task: { kind: generate }
        generate: { max-new-tokens: 60 }
        write: { path: DIR/out, mode: incremental, commit-rows: 20 }
        """.replace("DIR", folder.toString()).replace("MODEL", model.toString()));
    Path said = folder.resolve("said");
    Process process = TestKilledRuns.start(TestKilledRuns.SHORT_LIVED, EngineNight.class, said, file.toString(), folder + "/cache");
    int committed;
    try {
      while (committed() < 40) {
        assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
        Thread.sleep(5);
      }
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      committed = committed();
      assertThat(committed).as("it was killed on its way").isLessThan(600);
    } finally {
      process.destroyForcibly();
    }
    SparkSession spark = Sessions.onEngine(folder.resolve("cache"));
    try {
      Report report = JobRun.run(spark, JobFile.load(file, List.of()), Progress.silent());
      assertThat(List.of(report.rows(), report.computed(), report.reused())).containsExactly(600L, 600L - committed, (long) committed);
      JobRun.run(spark, JobFile.load(file, List.of("write={path: " + folder.resolve("undisturbed") + "}")), Progress.silent());
      List<List<String>> outputs = Stream.of("out", "undisturbed").map(name -> spark.read().parquet(folder.resolve(name).toString())
          .drop("cached_tokens").orderBy("id").collectAsList().stream().map(Row::toString).toList()).toList();
      assertThat(outputs.get(0)).hasSize(600).isEqualTo(outputs.get(1));
    } finally {
      SparkSession.setActiveSession(Sessions.spark());
    }
  }

  /** Results in pieces that are whole. */
  private int committed() throws IOException {
    Path pieces = folder.resolve("out/_scriptorium/pieces");
    if (!Files.exists(pieces)) return 0;
    int lines = 0;
    try (Stream<Path> found = Files.find(pieces, 3, (path, attributes) -> path.getFileName().toString().matches("\\d.*\\.json"))) {
      for (Path piece : found.toList()) lines += Files.readAllLines(piece).size();
    }
    return lines;
  }

  private static void awaitCalls(Path file, int count, Process process, Path said) throws Exception {
    long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(15);
    while (calls(file).size() < count) {
      assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
      assertThat(System.nanoTime()).as(Files.readString(said)).isLessThan(until);
      Thread.sleep(10);
    }
  }

  private static List<String> calls(Path file) throws IOException {
    return Files.readAllLines(file);
  }

  private List<String> rows(String name) {
    return Sessions.spark().read().parquet(folder.resolve(name).toString()).orderBy("id").collectAsList().stream()
        .map(Row::toString).toList();
  }

  /** The process, with an engine. */
  static final class EngineNight {
    private EngineNight() {}

    public static void main(String[] arguments) {
      JobRun.run(Sessions.onEngine(Path.of(arguments[1])), JobFile.load(Path.of(arguments[0]), List.of()), Progress.silent());
    }
  }

  /** The process: some fifty rows a second. */
  static final class Night {
    private Night() {}

    public static void main(String[] arguments) {
      Sessions.delay = 40;
      Sessions.log = Path.of(arguments[1]);
      JobRun.run(Sessions.spark(), JobFile.load(Path.of(arguments[0]), List.of()), Progress.silent());
    }
  }
}
