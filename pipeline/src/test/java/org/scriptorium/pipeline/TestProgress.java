package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.ObjectInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.TaskInfo;
import org.apache.spark.scheduler.TaskLocality;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.AccumulatorV2;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import scala.Option;
import scala.Tuple4;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

class TestProgress {
  @TempDir private Path folder;
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(told, true, StandardCharsets.UTF_8);

  @AfterEach
  void undelayed() {
    Sessions.delay = 0;
  }

  @Test
  void tellsOfRowsWhileTheyAreGenerated() throws IOException {
    run(Progress.log(out, Duration.ofMillis(100)), 300, "out");
    List<String> lines = told.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines.getFirst()).isEqualTo("told: 40 rows, starting");
    List<String> going = lines.stream().filter(line -> line.contains(" of 40 rows ")).toList();
    assertThat(going).allMatch(line -> line.matches("told: \\d+ of 40 rows \\(\\d+ %\\), [\\d,]+ tokens/s, "
        + "(about \\d+ s left, until \\d\\d:\\d\\d|finishing)|told: 0 of 40 rows \\(0 %\\), [\\d,]+ tokens/s"), "has its form");
    // Before the first task has ended: two tasks with 20 rows each.
    assertThat(going).map(line -> Integer.parseInt(line.split(" ")[1])).as("rows told of").anyMatch(rows -> rows > 0 && rows < 20);
  }

  /** Spark's accumulators report before they are read whole, SPARK-59451: one that then fails must not end the heartbeats. */
  @Test
  void heartbeatsOutliveAccumulatorsThatAreBeingRead() throws IOException {
    SparkSession spark = Sessions.spark();
    var slow = new SlowAccumulator();
    slow.register(spark.sparkContext(), Option.apply("slow"), false);
    spark.range(1).javaRDD().foreach(slow::add);
    assertThat(slow.value()).isZero();
    tellsOfRowsWhileTheyAreGenerated();
  }

  /** Takes several heartbeats to be read. */
  private static final class SlowAccumulator extends AccumulatorV2<Long, Long> {
    private static final long serialVersionUID = 1L;
    private AtomicLong sum = new AtomicLong();

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
      in.defaultReadObject();
    }

    @Override
    public boolean isZero() {
      return sum.get() == 0;
    }

    @Override
    public AccumulatorV2<Long, Long> copy() {
      var copy = new SlowAccumulator();
      copy.add(sum.get());
      return copy;
    }

    @Override
    public void reset() {
      sum.set(0);
    }

    @Override
    public void add(Long value) {
      sum.addAndGet(value);
    }

    @Override
    public void merge(AccumulatorV2<Long, Long> other) {
      add(other.value());
    }

    @Override
    public Long value() {
      return sum.get();
    }
  }

  /** As of documents of many pieces: hours may pass before a row is complete. */
  @Test
  void tellsOfTokensBeforeTheFirstRow() throws InterruptedException {
    var monitor = new RunMonitor();
    monitor.onTaskStart(new SparkListenerTaskStart(0, 0, task()));
    try (var session = Progress.log(out, Duration.ofMillis(20)).begin("told", 40, "rows", monitor)) {
      awaitLine("told: 40 rows, starting");
      monitor.onExecutorMetricsUpdate(heartbeat("model tokens", 500L));
      awaitLine("told: 0 of 40 rows \\(0 %\\), [1-9][\\d,]* tokens/s");
      monitor.onExecutorMetricsUpdate(heartbeat("generated rows", 10L));
      awaitLine("told: 10 of 40 rows \\(25 %\\), [1-9][\\d,]* tokens/s, about \\d+ s left, until \\d\\d:\\d\\d");
    }
  }

  private static TaskInfo task() {
    return new TaskInfo(7, 0, 0, 0, 0, "executor", "localhost", TaskLocality.ANY(), false);
  }

  private static SparkListenerExecutorMetricsUpdate heartbeat(String metric, long value) {
    var info = new AccumulableInfo(1, Option.apply(metric), Option.apply(value), Option.empty(), true, true, Option.empty());
    var update = new Tuple4<Object, Object, Object, Seq<AccumulableInfo>>(7L, 0, 0, CollectionConverters.asScala(List.of(info)).toSeq());
    return new SparkListenerExecutorMetricsUpdate("executor", CollectionConverters.asScala(List.of(update)).toSeq(),
        scala.collection.immutable.Map$.MODULE$.empty());
  }

  private void awaitLine(String pattern) throws InterruptedException {
    for (int i = 0; i < 500; i++) {
      if (told.toString(StandardCharsets.UTF_8).lines().anyMatch(line -> line.matches(pattern))) return;
      Thread.sleep(20);
    }
    assertThat(told.toString(StandardCharsets.UTF_8).lines()).anyMatch(line -> line.matches(pattern));
  }

  @Test
  void terminalsKeepOneLine() throws IOException {
    run(Progress.terminal(out), 100, "out");
    String text = told.toString(StandardCharsets.UTF_8);
    String beforeSummary = text.substring(0, text.indexOf("told: 40 rows in "));
    assertThat(beforeSummary).startsWith("\rtold: 40 rows, starting").endsWith("\r").doesNotContain("\n");
    assertThat(Arrays.asList(beforeSummary.split("\r"))).last().asString().isBlank();
  }

  @ParameterizedTest
  @CsvSource({"0, 0 s", "59, 59 s", "60, 1 min 0 s", "3599, 59 min 59 s", "7260, 2 h 1 min"})
  void durationsAreInWords(long seconds, String words) {
    assertThat(Report.duration(seconds)).isEqualTo(words);
  }

  @Test
  void errorsAreCountedByCode() {
    assertThat(Report.errorText(new TreeMap<>())).isEqualTo("none in error");
    assertThat(Report.errorText(new TreeMap<>(java.util.Map.of("b", 1L, "a", 2000L)))).isEqualTo("2,001 in error (a 2,000, b 1)");
  }

  private void run(Progress progress, long delay, String output) throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), IntStream.range(0, 40).mapToObj("{\"text\": \"document %d\"}%n"::formatted)
        .collect(Collectors.joining()));
    Sessions.delay = delay;
    JobRun.run(Sessions.spark(), JobFile.parse("""
        name: told
        read: { format: jsonl, path: DIR/docs.jsonl }
        task: { kind: generate }
        write: { path: DIR/OUT }
        """.replace("DIR", folder.toString()).replace("OUT", output), "job.yaml", List.of()), progress);
  }
}
