package org.scriptorium.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.TinyModel;

/** Jobs on a standalone cluster of real processes: a master and two workers, from the build's own Spark jars. */
class ClusterEndToEnd {
  @TempDir static Path folder;
  private static StandaloneCluster cluster;
  private static Launcher launcher;
  private static Path model;

  @BeforeAll
  static void start() throws Exception {
    launcher = new Launcher(folder);
    model = TinyModel.write(folder, 1);
    cluster = StandaloneCluster.start(folder, 2);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) cluster.close();
  }

  @Test
  void opensTheModelOnceInEveryExecutor() throws Exception {
    var result = run("once", 200, 8).result();
    assertThat(result.status()).as(result.toString()).isZero();
    assertThat(report("once")).containsEntry("rows", 200).containsEntry("computed", 200);
    var logs = cluster.newestExecutorLogs();
    assertThat(logs).hasSize(2);
    for (var log : logs) assertThat(linesWith("Opened tiny", log)).as(log.toString()).isEqualTo(1);
  }

  @Test
  void survivesTheLossOfAnExecutor() throws Exception {
    losesAnExecutor("loss", 2000, () -> true);
  }

  /** What the lost executor had kept and shuffled is lost too. */
  @Test
  void aNightSurvivesTheLossOfAnExecutor() throws Exception {
    var pieces = folder.resolve("night").resolve("_scriptorium/pieces");
    losesAnExecutor("night", 600, () -> pieces(pieces) > 3, "--set", "write.mode=incremental", "--set", "write.commit-rows=40");
    var quiet = run("quiet", 600, 32, "--master", "local[2]").result();
    assertThat(quiet.status()).as(quiet.toString()).isZero();
    try (var spark = SparkSession.builder().master("local[1]").config("spark.ui.enabled", false).config("spark.log.level", "WARN").getOrCreate()) {
      assertThat(rows(spark, "night")).hasSize(600).isEqualTo(rows(spark, "quiet"));
    }
  }

  private static long pieces(Path folder) {
    if (!Files.exists(folder)) return 0;
    try (var files = Files.find(folder, 3, (file, attributes) -> file.toString().endsWith(".json") && !file.getFileName().toString().startsWith("_"))) {
      return files.count();
    } catch (IOException | UncheckedIOException _) {
      // Pieces are moved into place while this looks.
      return 0;
    }
  }

  /** Without what depends on who came before whom. */
  private static List<Row> rows(SparkSession spark, String name) {
    return spark.read().parquet(folder.resolve(name).toString()).drop("cached_tokens").orderBy("id").collectAsList();
  }

  /** The last task has a copy on the other worker, and both commit what they compute. */
  @Test
  void speculativeTasksPublishNothingTwice() throws Exception {
    var events = Files.createDirectory(folder.resolve("events"));
    var result = run("twins", 900, 32, "--set", "read.partitions=3", "--set", "write.mode=incremental", "--set", "write.commit-rows=20",
        "--conf", "spark.speculation=true", "--conf", "spark.speculation.interval=20ms", "--conf", "spark.speculation.minTaskRuntime=0ms",
        "--conf", "spark.speculation.quantile=0.1", "--conf", "spark.speculation.multiplier=0.1", "--conf", "spark.eventLog.enabled=true",
        "--conf", "spark.eventLog.compress=false", "--conf", "spark.eventLog.dir=" + events).result();
    assertThat(result.status()).as(result.toString()).isZero();
    assertThat(report("twins")).containsEntry("rows", 900).containsEntry("computed", 900).containsEntry("errors", Map.of());
    try (var logs = Files.find(events, 2, (file, attributes) -> attributes.isRegularFile())) {
      assertThat(logs).as("a task had a copy").anyMatch(log -> linesWith("\"Speculative\":true", log) > 0);
    }
  }

  /** Runs a job, one of whose executors is killed when both compute and {@code isDue}; it ends as if nothing had happened. */
  private static void losesAnExecutor(String name, int rows, BooleanSupplier isDue, String... more) throws Exception {
    int before = cluster.executorLogs().size();
    var running = run(name, rows, 32, more);
    try {
      StandaloneCluster.await(Duration.ofMinutes(5), "the time to kill", () -> !running.process().isAlive() || isDue.getAsBoolean());
      killAnExecutorOf(running, before);
      var result = running.result();
      assertThat(result.status()).as(result.toString()).isZero();
    } finally {
      running.process().destroy();
    }
    assertThat(cluster.newestExecutorLogs()).as("the worker replaced the executor").hasSizeGreaterThan(2);
    assertThat(report(name)).containsEntry("rows", rows).containsEntry("computed", rows).containsEntry("errors", Map.of());
  }

  /** Waits until both executors compute. */
  private static void killAnExecutorOf(Launcher.Running running, int before) throws InterruptedException {
    StandaloneCluster.await(Duration.ofMinutes(5), "two executors with an open model", () -> {
      var logs = cluster.executorLogs();
      return !running.process().isAlive() || logs.size() >= before + 2 && cluster.newestExecutorLogs().stream().allMatch(log -> linesWith("Opened tiny", log) == 1);
    });
    assertThat(running.process().isAlive()).as("the job still runs when the executor is killed").isTrue();
    cluster.killAnExecutor();
  }

  private static Launcher.Running run(String name, int rows, int newTokens, String... more) throws IOException {
    var documents = IntStream.range(0, rows).mapToObj("{\"id\": \"%1$d\", \"text\": \"Document %1$d tells of rivers.\"}%n"::formatted).collect(Collectors.joining());
    Files.writeString(folder.resolve(name + ".jsonl"), documents);
    var job = Files.writeString(folder.resolve(name + ".yaml"), """
        name: %1$s
        model: %2$s
        read: { format: jsonl, path: %3$s/%1$s.jsonl, id: id, text: text, partitions: 16 }
        task: { kind: generate }
        generate: { max-new-tokens: %4$d, min-new-tokens: %4$d }
        write: { format: parquet, path: %3$s/%1$s, mode: error }
        """.formatted(name, model, folder, newTokens));
    boolean isElsewhere = List.of(more).contains("--master");
    var arguments = new ArrayList<>(List.of("run", job.toString()));
    if (!isElsewhere) arguments.addAll(List.of("--master", cluster.master()));
    arguments.addAll(List.of("--conf", "spark.executor.memory=1g", "--conf", "spark.driver.memory=1g",
        "--conf", "spark.scheduler.minRegisteredResourcesRatio=1.0", "--conf", "spark.scriptorium.engine.cache-memory=64m"));
    arguments.addAll(List.of(more));
    return launcher.start(Launcher.SCRIPT, Map.of(), "", arguments.toArray(String[]::new));
  }

  private static long linesWith(String text, Path log) {
    try (var lines = Files.lines(log)) {
      return lines.filter(line -> line.contains(text)).count();
    } catch (IOException exception) {
      throw new AssertionError(exception);
    }
  }

  private static Map<?, ?> asMap(Path file) throws IOException {
    return new ObjectMapper().readValue(file.toFile(), Map.class);
  }

  private static Map<Object, Object> report(String name) throws IOException {
    return Map.copyOf(asMap(folder.resolve(name).resolve("_scriptorium/report.json")));
  }
}
