package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.ModelDescription;

class TestJobRun {
  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = Sessions.spark();
  }

  @BeforeEach
  void documents() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), """
        {"id": "a", "text": "first", "section": "x"}
        {"id": "b", "text": "  ", "section": "y"}
        {"id": "c", "text": "third", "section": null}
        """);
  }

  @AfterEach
  void undelayed() {
    Sessions.delay = 0;
  }

  @Test
  void writesRowsAndReport() throws IOException {
    var told = new ByteArrayOutputStream();
    Report report = JobRun.run(spark, job("read.keep=[section]", "name=small"),
        Progress.log(new PrintStream(told, true, StandardCharsets.UTF_8)));
    assertThat(rows()).containsExactly("[a,x,echo first,stop,,,5,2,3,echo,5ced2b0-echo]", "[b,y,,skipped,,,0,0,0,echo,]",
        "[c,null,echo third,stop,,,5,2,3,echo,6938567-echo]");
    assertThat(spark.read().parquet(out().toString()).columns()).containsExactly("id", "section", "text", "finish_reason", "error_code",
        "error",
        "prompt_tokens", "cached_tokens", "completion_tokens", "model", "request_key");
    JsonNode json = new ObjectMapper().readTree(out().resolve("_scriptorium/report.json").toFile());
    assertThat(json.fieldNames()).toIterable().containsExactly("name", "model", "path", "started", "finished", "rows", "computed",
        "reused", "deduplicated",
        "skipped", "errors", "prompt_tokens", "cached_tokens", "completion_tokens", "seconds", "generation_seconds", "batch_utilization",
        "peak_memory_bytes", "kernels",
        "spark_version", "scriptorium_version");
    assertThat(json.path("name").asText()).isEqualTo("small");
    assertThat(json.path("model").asText()).isEqualTo("echo");
    assertThat(List.of(json.path("rows").asInt(), json.path("computed").asInt(), json.path("skipped").asInt(), json.path("prompt_tokens")
        .asInt(),
        json.path("cached_tokens").asInt(), json.path("completion_tokens").asInt())).containsExactly(3, 2, 1, 10, 4, 6);
    assertThat(json.path("errors").isObject()).isTrue();
    assertThat(json.path("errors").size()).isZero();
    assertThat(json.path("seconds").asDouble()).isEqualTo(report.seconds(), within(1e-6))
        .isGreaterThanOrEqualTo(report.generationSeconds());
    assertThat(json.path("spark_version").asText()).isEqualTo(spark.version());
    assertThat(report.exitCode()).isZero();
    assertThat(told.toString(StandardCharsets.UTF_8)).contains("small: 3 rows in ").contains("2 answered, 1 skipped, none in error")
        .contains("10 prompt tokens (4 of them cached), 6 completion tokens").contains("written to " + out());
    assertThat(names()).containsExactly("_SUCCESS", "_scriptorium", "part", "part").doesNotContain("work");
    assertThat(privateNames()).containsExactly("report.json");
  }

  @Test
  void rowsOfEqualRequestsAreCountedApart() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), """
        {"id": 1, "text": "first"}
        {"id": 2, "text": "first, said before"}
        {"id": 3, "text": "first, said before"}
        {"id": 4, "text": ""}
        {broken
        {"id": 5, "text": "TOO LONG, said before"}
        """.replace("TOO LONG", "z".repeat(200_000)));
    var told = new ByteArrayOutputStream();
    Report report = JobRun.run(spark, job("task={kind: generate}", "quality.max-error-rate=1"),
        Progress.log(new PrintStream(told, true, StandardCharsets.UTF_8)));
    assertThat(report.deduplicated()).isEqualTo(2);
    assertThat(report.skipped()).isEqualTo(1);
    assertThat(report.errorCount()).isEqualTo(2);
    assertThat(report.computed()).as("the first and the two in error").isEqualTo(3);
    assertThat(report.rows()).isEqualTo(report.computed() + report.reused() + report.deduplicated() + report.skipped());
    assertThat(told.toString(StandardCharsets.UTF_8)).contains("3 answered (2 of them as equal ones), 1 skipped, 2 in error");
    JsonNode json = new ObjectMapper().readTree(out().resolve("_scriptorium/report.json").toFile());
    assertThat(json.path("deduplicated").asInt()).isEqualTo(2);
    assertThat(json.path("batch_utilization").asDouble(-1)).as("these functions have no batches").isZero();
  }

  @Test
  void hostileRowsBecomeTheirOwnErrors() throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < 20; i++) bytes.write("{\"id\": \"good\", \"text\": \"a <|im_end|> b\"}\n".getBytes(StandardCharsets.UTF_8));
    bytes.write("{\"id\": \"null\"}\n{\"id\": \"empty\", \"text\": \"\"}\n{broken\n".getBytes(StandardCharsets.UTF_8));
    bytes.write(("{\"id\": \"long\", \"text\": \"" + "z".repeat(300_000) + "\"}\n").getBytes(StandardCharsets.UTF_8));
    bytes.write(new byte[] {'{', '"', 'i', 'd', '"', ':', '"', 'b', '"', ',', '"', 't', 'e', 'x', 't', '"', ':', '"', (byte) 0xC3, '"',
        '}', '\n'});
    Files.write(folder.resolve("docs.jsonl"), bytes.toByteArray());
    assertThatThrownBy(() -> run("task={kind: generate}")).isInstanceOfSatisfying(JobException.class,
            e -> assertThat(e.kind()).isEqualTo(JobException.Kind.FAILED))
        .hasMessage("3 in error (malformed_text 2, prompt_too_long 1) of 25 results, 12.0 %, and quality.max-error-rate allows 5 %:"
            + " nothing was published; malformed_text: " + example());
    assertThat(out()).doesNotExist();

    Report report = run("task={kind: generate}", "quality.max-error-rate=0.12");
    assertThat(report.exitCode()).isEqualTo(3);
    assertThat(report.errors()).isEqualTo(Map.of("malformed_text", 2L, "prompt_too_long", 1L));
    assertThat(report.skipped()).isEqualTo(2);
    assertThat(report.computed()).isEqualTo(23);
    var bad = spark.read().parquet(out().toString()).where("finish_reason = 'error'").orderBy("id").collectAsList();
    assertThat(bad).extracting(row -> row.<String>getAs("error_code"))
        .containsExactly("malformed_text", "malformed_text", "prompt_too_long");
    assertThat(bad).allSatisfy(row -> assertThat(row.<String>getAs("text")).isEmpty());
    assertThat(bad.get(1).<String>getAs("error")).isEqualTo("docs.jsonl: the line is not well-formed UTF-8");
    assertThat(run("write.mode=overwrite", "quality.max-error-rate=1").errors()).containsOnlyKeys("malformed_text");
  }

  /** Which of the two malformed rows is met first is Spark's choice. */
  private String example() {
    String[] found = new String[1];
    try {
      run("task={kind: generate}");
    } catch (JobException e) {
      found[0] = e.getMessage().substring(e.getMessage().lastIndexOf("malformed_text: ") + "malformed_text: ".length());
    }
    assertThat(found[0]).isIn("docs.jsonl: the line is not well-formed UTF-8",
        "docs.jsonl: the line is not a JSON object with values of its columns' types");
    return found[0];
  }

  @Test
  void modesOverwriteAppendAndRefuse() throws IOException {
    run();
    assertThatThrownBy(this::run).isInstanceOf(JobException.class).hasMessage(
        "write.path: %s holds an output already; choose another path, or set write.mode to overwrite or append".formatted(out()));
    run("write.mode=append");
    assertThat(rows()).hasSize(6);
    assertThatThrownBy(() -> run("write.mode=append", "read.keep=[section]"))
        .hasMessage("write.path: %s can't be appended to: it has the columns none"
        .formatted(out()) + " that this job does not write, and lacks section string that it does;"
        + " choose another path, or set write.mode to overwrite");
    Files.writeString(folder.resolve("docs.jsonl"), "{\"id\": \"z\", \"text\": \"last\"}\n");
    run("write.mode=overwrite");
    assertThat(rows()).hasSize(1);
    assertThat(names()).containsExactly("_SUCCESS", "_scriptorium", "part");
  }

  @Test
  void outputsOfOthersAreLeftAlone() throws IOException {
    Files.createDirectories(out());
    run();
    Files.writeString(out().resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> run("write.mode=overwrite")).hasMessage(
        "write.path: %s holds what no run of this kind wrote (notes.txt); choose another path, or move that away".formatted(out()));
    Files.delete(out().resolve("notes.txt"));
    assertThatThrownBy(() -> run("write.path=" + folder)).isInstanceOfSatisfying(JobException.class,
        e -> assertThat(e.kind()).isEqualTo(JobException.Kind.WRONG_USE))
            .hasMessageEndingWith("holds what the job reads (%s/docs.jsonl); choose another path".formatted(folder));
    assertThatThrownBy(() -> run("write.path=" + folder.resolve("docs.jsonl"))).hasMessageContaining("choose another path");
    spark.sql("SELECT 'a' AS id, 'b' AS text").write().parquet(folder.resolve("notes/in").toString());
    for (String inside : List.of("format: text, path: NOTES| NOTES/out", "format: text, path: 'NOTES*'| NOTES/a/b",
        "format: parquet, path: 'NOTES/*'| NOTES/out", "format: parquet, path: ['NOTES/in', 'NOTES/{in,out}']| NOTES/out")) {
      String[] parts = inside.replace("NOTES", folder.resolve("notes").toString()).split("\\| ");
      assertThatThrownBy(() -> run("read={" + parts[0] + "}", "write.path=" + parts[1]))
          .hasMessageContaining("lies in what the job reads").hasMessageContaining("/notes").hasMessageEndingWith("choose another path");
    }
    Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("notes"));
    assertThatThrownBy(() -> run("read={format: parquet, path: " + link + "/in}", "write.path=" + folder + "/notes/in"))
        .hasMessageContaining("holds what the job reads");
    assertThatThrownBy(() -> run("read={format: text, path: " + folder + "/notes}", "write.path=" + folder + "/notes/_out", "task.max-words=0"))
        .as("hidden").hasMessageContaining("max-words").message().doesNotContain("lies in");
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> run("write.path=" + file)).hasMessage("write.path: %s is a file; expected a folder".formatted(file));
    assertThatThrownBy(() -> run("write.path=" + file + "/below")).isInstanceOf(JobException.class)
        .hasMessageStartingWith("write.path: " + file + "/below can't be");
    assertThat(rows()).hasSize(3);
  }

  @Test
  void severalTasksAnswerInColumnsOfTheirOwn() throws IOException {
    String yaml = yaml().replace("task: { kind: summarize, max-words: 9 }", """
        tasks:
          - { name: short, kind: summarize, max-words: 9, model: small }
          - { name: asked, kind: generate, prompt: "Section {{section}}: {{text}} {{0}}{{section}}" }
        """);
    assertThatThrownBy(() -> JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of()), Progress.silent())).hasMessage(
        "prompt: %s/docs.jsonl has no column \"0\"; it has id, section, text".formatted(folder));
    Report report = JobRun.run(spark, JobFile.parse(yaml.replace("{{0}}", ""), "job.yaml", List.of("read.keep=[text]")), Progress.silent());
    assertThat(report.rows()).isEqualTo(3);
    assertThat(report.computed()).isEqualTo(5);
    assertThat(report.skipped()).isEqualTo(1);
    assertThat(report.model()).isEqualTo("small, echo");
    List<Row> rows = spark.read().parquet(out().toString()).orderBy("id")
        .select("id", "text", "short.text", "asked.text", "short.finish_reason").collectAsList();
    assertThat(rows).extracting(Row::toString).containsExactly("[a,first,echo first,echo Section x: first x,stop]",
        "[b,  ,,echo Section y:    y,skipped]", "[c,third,echo third,echo Section : third ,stop]");
  }

  @Test
  void emptyInputsGiveEmptyOutputs() throws IOException {
    spark.sql("SELECT 'a' AS id, 'b' AS text").limit(0).write().parquet(folder.resolve("none").toString());
    Report report = run("read.format=parquet", "read.path=" + folder.resolve("none"));
    assertThat(report.rows()).isZero();
    assertThat(report.exitCode()).isZero();
    assertThat(rows()).isEmpty();
    assertThat(out().resolve("_SUCCESS")).exists();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void partitionsAndOrderDoNotShow(boolean adaptive) throws IOException {
    spark.conf().set("spark.sql.adaptive.enabled", adaptive);
    try {
      spark.range(50).selectExpr("id", "repeat(concat('w', id), cast(id as int)) AS text").write()
          .parquet(folder.resolve("many").toString());
      List<List<String>> outputs = new ArrayList<>();
      for (int partitions : new int[] {1, 7}) {
        Sessions.CALLS.set(0);
        run("read.format=parquet", "read.path=" + folder.resolve("many"), "read.partitions=" + partitions, "write.mode=overwrite");
        outputs.add(rows());
        assertThat(Sessions.CALLS.get()).isEqualTo(50);
        assertThat(names().stream().filter("part"::equals).count()).isEqualTo(partitions);
      }
      assertThat(outputs.get(0)).hasSize(50).isEqualTo(outputs.get(1));
    } finally {
      spark.conf().unset("spark.sql.adaptive.enabled");
    }
  }

  @Test
  void failedJobsPublishNothingAndSayOneSentence() throws IOException {
    run();
    List<String> before = rows();
    Files.writeString(folder.resolve("docs.jsonl"), "{\"id\": \"z\", \"text\": \"no disk, no room\"}\n");
    assertThatThrownBy(() -> run("write.mode=overwrite")).isInstanceOf(JobException.class)
        .hasMessageContaining("a function that fails the query")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    assertThat(rows()).isEqualTo(before);
    assertThat(privateNames()).containsExactly("report.json");
    assertThat(out().resolve("_SUCCESS")).exists();
  }

  @Test
  void fullDisksFailTheRun() throws IOException {
    spark.sparkContext().hadoopConfiguration().set("fs.full.impl", FullDisk.class.getName());
    Path target = folder.resolve("full");
    assertThatThrownBy(() -> run("write.path=full://" + target)).isInstanceOf(JobException.class)
        .hasMessageContaining("No space left on device")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    assertThat(target).doesNotExist();
  }

  @Test
  void foldersThatMayNotBeWrittenAreRefused() {
    spark.sparkContext().hadoopConfiguration().set("fs.full.impl", FullDisk.class.getName());
    Sessions.CALLS.set(0);
    String target = "full://" + folder.resolve("denied/out");
    assertThatThrownBy(() -> run("write.path=" + target)).isInstanceOf(JobException.class)
        .hasMessage("write.path: %s can't be written: Permission denied: user=reader, access=WRITE".formatted(target));
    assertThat(Sessions.CALLS.get()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Publication.Step.class)
  void crashesWhilePublishingNeverShowAMixture(Publication.Step step) throws IOException {
    run("name=old");
    List<String> old = files(), before = rows();
    Files.writeString(folder.resolve("docs.jsonl"), "{\"id\": \"z\", \"text\": \"last\"}\n{\"id\": \"y\", \"text\": \"more\"}\n");
    assertThatThrownBy(() -> JobRun.run(spark, job("write.mode=overwrite", "name=new"), Progress.silent(), now -> {
      if (now == step) throw new CrashError();
    })).isInstanceOf(CrashError.class);
    // Who reads meanwhile gets a whole version, or is told.
    try {
      assertThat(rows()).satisfiesAnyOf(rows -> assertThat(rows).isEqualTo(before), rows -> assertThat(rows).hasSize(2));
    } catch (Exception e) {
      assertThat(e).hasStackTraceContaining(Publication.BARRIER);
    }
    List<String> found = files();
    boolean whole = Files.exists(out().resolve("_SUCCESS"));
    if (whole) assertThat(rows().size()).isIn(2, 3);
    assertThat(found.containsAll(old) || found.stream().noneMatch(old::contains) || !whole).isTrue();
    assertThat(found.stream().anyMatch(old::contains) && found.stream().anyMatch(name -> !old.contains(name))).isFalse();

    // The next run finishes what the crashed one had begun, and then does its own work.
    run("write.mode=append", "name=next");
    assertThat(rows()).hasSize(4);
    assertThat(out().resolve("_SUCCESS")).exists();
    assertThat(privateNames()).containsExactly("report.json");
  }

  /** Schedulers try again what was killed. */
  @ParameterizedTest
  @ValueSource(strings = {"append", "error"})
  void anOutputThatWasAboutToBePublishedIsNotAddedOnceMore(String mode) throws IOException {
    assertThatThrownBy(() -> JobRun.run(spark, job("write.mode=" + mode), Progress.silent(), now -> {
      if (now == Publication.Step.JOURNAL_WRITTEN) throw new CrashError();
    })).isInstanceOf(CrashError.class);
    assertThatThrownBy(() -> run("write.mode=" + mode)).isInstanceOf(JobException.class).hasMessage(("write.path: the run before was interrupted"
        + " while it published to %s; that is complete now, and nothing was added").formatted(out()));
    assertThat(rows()).hasSize(3);
    assertThat(out().resolve("_SUCCESS")).exists();
    assertThat(privateNames()).containsExactly("report.json");
  }

  @Test
  void leftoversOfDeadRunsAreRemoved() throws IOException {
    Path work = Files.createDirectories(out().resolve("_scriptorium/work-dead"));
    Files.writeString(work.resolve("part-0.parquet"), "half");
    Files.writeString(out().resolve("_scriptorium/run-dead.json"),
        "{\"host\":\"%s\",\"process\":%d}".formatted(java.net.InetAddress.getLocalHost().getHostName(),
        ProcessHandle.current().pid()));
    run();
    assertThat(privateNames()).containsExactly("report.json");
    assertThat(rows()).hasSize(3);
  }

  @Test
  void twoRunsDoNotShareAnOutput() throws Exception {
    Path lease = Files.createDirectories(out().resolve("_scriptorium")).resolve("run-other.json");
    Files.writeString(lease, "{\"host\":\"elsewhere\",\"process\":42}");
    assertThatThrownBy(this::run).isInstanceOf(JobException.class).hasMessage(
        "write.path: another run is writing to %s (process 42 on elsewhere); wait for it, or choose another path".formatted(out()));
    Files.setLastModifiedTime(lease, java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() - Duration.ofMinutes(4)
        .toMillis()));
    run();
    assertThat(lease).doesNotExist();
    // In a container of the same name, where other processes have the same numbers.
    Files.writeString(lease, "{\"host\":\"%s\",\"processes\":\"pid:[1]\",\"process\":%d}".formatted(
        java.net.InetAddress.getLocalHost().getHostName(), ProcessHandle.current().pid()));
    assertThatThrownBy(() -> run("write.mode=overwrite")).isInstanceOf(JobException.class).hasMessageContaining("another run is writing to");
    // The clock was set after the process had started.
    long parent = ProcessHandle.current().parent().orElseThrow().pid();
    Files.writeString(lease, "{\"host\":\"%s\",\"process\":%d,\"process_started\":5}".formatted(
        java.net.InetAddress.getLocalHost().getHostName(), parent));
    assertThatThrownBy(() -> run("write.mode=overwrite")).isInstanceOf(JobException.class).hasMessageContaining("process %d".formatted(parent));
  }

  @Test
  void interruptionsPublishNothing() throws Exception {
    Sessions.delay = 30_000;
    Sessions.CALLS.set(0);
    var running = CompletableFuture.supplyAsync(() -> run());
    while (Sessions.CALLS.get() == 0) Thread.sleep(20);
    String id = privateNames().stream().filter(name -> name.startsWith("run-")).findFirst().orElseThrow().replaceAll("run-|\\.json", "");
    long from = System.nanoTime();
    spark.sparkContext().cancelJobGroup(id);
    assertThatThrownBy(() -> running.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class).cause()
        .isInstanceOf(JobException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(20));
    assertThat(out()).doesNotExist();
  }

  @Test
  void dryRunsCountTryAndWriteNothing() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), "{\"id\": 1, \"text\": \"0123456789\"}\n".repeat(40)
        + "{\"id\": 2, \"text\": \" \"}\n{broken\n");
    Sessions.CALLS.set(0);
    JobPlan plan = JobPlan.describe(spark, job("name=trial"), Optional.of(new ModelDescription("echo", "", "llama", 100, 10, 50L << 20)));
    assertThat(Sessions.CALLS.get()).isEqualTo(17);
    assertThat(plan.rows()).isEqualTo(42);
    assertThat(plan.answered()).isEqualTo(40);
    assertThat(plan.sampleRows()).isEqualTo(16);
    assertThat(plan.promptTokens()).isBetween(400L, 403L);
    assertThat(plan.completionTokens()).isEqualTo(120);
    assertThat(plan.completionLimit()).isEqualTo(40 * 128);
    assertThat(plan.seconds()).isPositive();
    assertThat(plan.summary()).contains("trial: dry run, nothing is written").contains("42, 40 of them to answer")
        .contains("50 MiB of it the mapped model");
    assertThat(out()).doesNotExist();
    assertThatThrownBy(() -> JobPlan.describe(spark, job("read.text=txet"), Optional.empty())).isInstanceOf(JobException.class)
        .hasMessageContaining("has no column \"txet\"");
  }

  @Test
  void sessionsWithoutTheExtensionAreRefused() {
    SparkSession bare = spark.newSession();
    assertThatThrownBy(() -> JobRun.run(bare, job(), Progress.silent())).isInstanceOf(JobException.class).hasMessage(
        "this Spark session has no ai functions; set spark.sql.extensions=org.scriptorium.spark.ScriptoriumExtensions");
  }

  private Report run(String... overrides) {
    return JobRun.run(spark, job(overrides), Progress.silent());
  }

  private JobFile job(String... overrides) {
    return JobFile.parse(yaml(), "job.yaml", Arrays.asList(overrides));
  }

  private String yaml() {
    return """
        read: { format: jsonl, path: DIR/docs.jsonl }
        task: { kind: summarize, max-words: 9 }
        write: { path: DIR/out }
        """.replace("DIR", folder.toString());
  }

  private Path out() {
    return folder.resolve("out");
  }

  private List<String> rows() {
    return spark.read().parquet(out().toString()).orderBy("id").collectAsList().stream().map(Row::toString).toList();
  }

  private List<String> files() throws IOException {
    try (Stream<Path> list = Files.list(out())) {
      return list.map(path -> path.getFileName().toString()).filter(name -> name.startsWith("part-")).sorted().toList();
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> list = Files.list(out())) {
      return list.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith("."))
          .map(name -> name.startsWith("part-") ? "part" : name)
          .sorted().toList();
    }
  }

  private List<String> privateNames() throws IOException {
    try (Stream<Path> list = Files.list(out().resolve("_scriptorium"))) {
      return list.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith(".")).sorted().toList();
    }
  }

  /** Stops a publication between two steps, without an exception that it could handle. */
  private static final class CrashError extends Error {
    private static final long serialVersionUID = 1L;
  }
}
