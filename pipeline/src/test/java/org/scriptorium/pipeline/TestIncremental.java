package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that follow their documents from night to night. */
class TestIncremental {
  private static SparkSession spark;
  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = Sessions.spark();
  }

  @BeforeEach
  void documents() throws IOException {
    write("a|first|x", "b|  |y", "c|third|x", "d|fourth|x");
    Sessions.CALLS.set(0);
  }

  @AfterEach
  void calm() {
    Sessions.isMoody = false;
  }

  @Test
  void nightsFollowTheDocuments() throws IOException {
    Report first = run();
    assertThat(counts(first)).containsExactly(4, 3, 0, 0, 1);
    assertThat(first.changes()).contains(new Report.DocumentChanges(4, 0, 0));
    assertThat(Sessions.CALLS.get()).isEqualTo(3);
    assertThat(rows()).isEqualTo(fresh());

    write("a|first|x", "c|other|x", "d|fourth|x", "e|fifth|y");
    Sessions.CALLS.set(0);
    Report second = run();
    assertThat(counts(second)).containsExactly(4, 2, 2, 0, 0);
    assertThat(second.changes()).contains(new Report.DocumentChanges(1, 1, 1));
    assertThat(second.completionTokens()).as("of what was computed").isEqualTo(6);
    assertThat(second.summary()).contains("4 answered (2 of them of earlier runs)")
        .contains("since the last run: 1 new, 1 changed, 1 removed");
    assertThat(Sessions.CALLS.get()).isEqualTo(2);
    assertThat(rows()).isEqualTo(fresh());

    Sessions.CALLS.set(0);
    List<String> files = files();
    Report third = run();
    assertThat(counts(third)).containsExactly(4, 0, 4, 0, 0);
    assertThat(third.exitCode()).isZero();
    assertThat(Sessions.CALLS.get()).isZero();
    assertThat(files()).as("nothing is written anew").isEqualTo(files);
    assertThat(privateNames()).containsExactly("report.json", "reports");
    try (Stream<Path> reports = Files.list(out().resolve("_scriptorium/reports"))) {
      List<Path> kept = reports.filter(path -> path.toString().endsWith(".json") && !path.getFileName().toString().startsWith("."))
          .sorted().toList();
      assertThat(kept).hasSize(3).allSatisfy(path -> assertThat(path.getFileName().toString())
          .matches("\\d{4}-\\d\\d-\\d\\dT\\d{6}Z-\\w+\\.json"));
      JsonNode json = new ObjectMapper().readTree(kept.get(1).toFile());
      assertThat(List.of(json.path("added").asInt(), json.path("changed").asInt(), json.path("removed").asInt())).containsExactly(1, 1, 1);
      assertThat(Files.readString(kept.get(2))).isEqualTo(Files.readString(out().resolve("_scriptorium/report.json")));
    }
  }

  /** A trial of a few rows on the output of all. */
  @Test
  void aLimitRemovesNothing() throws IOException {
    assertThat(counts(run("read.limit=2"))).containsExactly(2, 1, 0, 0, 1);
    run();
    List<String> before = rows();
    assertThatThrownBy(() -> run("read.limit=3")).isInstanceOf(JobException.class).hasMessage("read.limit: 1 published rows have no document"
        + " among the first 3, and would be removed; leave the limit out, set write.on-deleted to keep, or write elsewhere");
    assertThat(rows()).isEqualTo(before);
    assertThat(counts(run("read.limit=3", "write.on-deleted=keep"))).startsWith(4, 0);
    assertThat(rows()).isEqualTo(before);
  }

  /** As it is when the documents' disk was not mounted one night. */
  @Test
  void filesWithoutRowsDoNotStay() throws IOException {
    run();
    spark.sql("SELECT 'a' AS id, 'b' AS text, 'x' AS section").limit(0).write().parquet(folder.resolve("none").toString());
    run("read.format=parquet", "read.path=" + folder.resolve("none"));
    assertThat(rows()).isEmpty();
    run();
    assertThat(files()).hasSize(1);
    assertThat(rows()).isEqualTo(fresh());
    run("read.keep=[]");
    Sessions.CALLS.set(0);
    assertThat(counts(run("read.keep=[]"))).containsExactly(4, 0, 3, 0, 1);
  }

  @Test
  void rowsThatAreKeptFollowTheirColumnsTypes() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), """
        {"id": "a", "text": "first", "section": 2001, "more": {"x": 1}}
        {"id": "b", "text": "second", "section": 2002, "more": {"x": 2}}
        """);
    String[] kept = {"read.keep=[section, more]", "write.on-deleted=keep"};
    run(kept);
    Files.writeString(folder.resolve("docs.jsonl"), """
        {"id": "b", "text": "second", "section": 2002.5, "more": {"x": 2, "y": "new"}}
        """);
    Sessions.CALLS.set(0);
    run(kept);
    assertThat(Sessions.CALLS.get()).isZero();
    assertThat(rows()).extracting(row -> row.replaceAll(",echo.*", "")).containsExactly("[a,2001.0,[1,null]", "[b,2002.5,[2,new]");
  }

  @Test
  void keptColumnsAreComparedWithTheirNulls() throws IOException {
    String[] kept = {"read.keep=[section, more]"};
    Path documents = folder.resolve("docs.jsonl");
    Files.writeString(documents, "{\"id\": \"a\", \"text\": \"first\", \"section\": null, \"more\": \"X\"}\n");
    run(kept);
    Files.writeString(documents, "{\"id\": \"a\", \"text\": \"first\", \"section\": \"X\", \"more\": null}\n");
    assertThat(run(kept).changes()).contains(new Report.DocumentChanges(0, 1, 0));
    assertThat(rows()).singleElement().asString().startsWith("[a,X,null,echo first");
    spark.sql("SELECT 'a' AS id, 'first' AS text, map('k', id) AS section FROM range(1)").write()
        .parquet(folder.resolve("maps").toString());
    String[] maps = {"read.format=parquet", "read.path=" + folder.resolve("maps")};
    run(maps);
    assertThat(run(maps).changes()).as("maps are the same").contains(new Report.DocumentChanges(0, 0, 0));
  }

  /** As other modes write them where the data has them. */
  @Test
  void identifiersThatWerePublishedTwiceBecomeOne() throws IOException {
    write("a|first|x", "a|first|x", "b|second|x", "b|other|x", "c|third|x");
    job("write={path: " + out() + ", mode: overwrite}");
    write("a|first|x", "b|second|x", "c|third|x");
    Sessions.CALLS.set(0);
    Report report = run();
    assertThat(report.changes()).contains(new Report.DocumentChanges(0, 2, 2));
    assertThat(Sessions.CALLS.get()).isZero();
    assertThat(rows()).isEqualTo(fresh());
  }

  /** Whatever number of partitions shuffles have by default. */
  @Test
  void smallNightsRunFewTasks() throws Exception {
    var tasks = new AtomicInteger();
    var listener = new SparkListener() {
      @Override
      public void onTaskStart(SparkListenerTaskStart start) {
        tasks.incrementAndGet();
      }
    };
    String before = spark.conf().get("spark.sql.shuffle.partitions");
    spark.conf().set("spark.sql.shuffle.partitions", "150");
    spark.sparkContext().addSparkListener(listener);
    try {
      for (int night = 0; night < 3; night++) {
        if (night == 1) write("a|first|x", "c|other|x", "d|fourth|x", "e|fifth|y");
        tasks.set(0);
        run();
        spark.sparkContext().listenerBus().waitUntilEmpty();
        assertThat(tasks.get()).as("night %d", night).isBetween(5, 149);
      }
    } finally {
      spark.sparkContext().removeSparkListener(listener);
      spark.conf().set("spark.sql.shuffle.partitions", before);
    }
    assertThat(rows()).isEqualTo(fresh());
  }

  @Test
  void repeatedColumnsFollowWithoutComputing() throws IOException {
    run();
    write("a|first|z", "b|  |y", "c|third|x", "d|fourth|x");
    Sessions.CALLS.set(0);
    assertThat(counts(run())).containsExactly(4, 0, 3, 0, 1);
    assertThat(rows()).isEqualTo(fresh()).anyMatch(row -> row.startsWith("[a,z,"));
    assertThat(counts(run("read.keep=[]"))).containsExactly(4, 0, 3, 0, 1);
    assertThat(spark.read().parquet(out().toString()).columns()).doesNotContain("section");
    assertThat(counts(run())).containsExactly(4, 0, 3, 0, 1);
    assertThat(rows()).isEqualTo(fresh());
    assertThat(Sessions.CALLS.get()).as("only by the runs to compare with").isEqualTo(8);
  }

  @Test
  void equalRequestsAreComputedOnce() throws IOException {
    write("a|same|x", "b|same|y", "c|same|x", "d|fourth|x");
    assertThat(counts(run())).containsExactly(4, 2, 0, 2, 0);
    assertThat(Sessions.CALLS.get()).isEqualTo(2);
    assertThat(spark.read().parquet(out().toString()).where("cached_tokens = prompt_tokens").count()).isEqualTo(2);
    write("a|same|x", "b|same|y", "d|fourth|x", "e|fourth|x", "f|sixth|x", "g|sixth|x");
    Report second = run();
    assertThat(counts(second)).containsExactly(6, 1, 4, 1, 0);
    assertThat(second.changes()).contains(new Report.DocumentChanges(3, 0, 1));
    assertThat(Sessions.CALLS.get()).isEqualTo(3);
    assertThat(rows()).isEqualTo(fresh());
  }

  @Test
  void rowsInErrorAreTriedAgainAndNoOthers() throws IOException {
    write("a|first|x", "b|moody|y", "c|third|x", "d|" + "z".repeat(200_000) + "|x");
    Sessions.isMoody = true;
    assertThatThrownBy(() -> run("task={kind: generate}", "quality.max-error-rate=0.1")).isInstanceOf(JobException.class)
        .hasMessageContaining("2 in error (internal 1, prompt_too_long 1) of 4 results").hasMessageContaining("nothing was published");
    assertThat(files()).isEmpty();
    assertThat(Sessions.CALLS.get()).isEqualTo(3);
    Report tolerant = run("task={kind: generate}", "quality.max-error-rate=0.5");
    assertThat(counts(tolerant)).as("what failed with its run is not lost").containsExactly(4, 2, 2, 0, 0);
    assertThat(tolerant.errors()).isEqualTo(Map.of("internal", 1L, "prompt_too_long", 1L));
    assertThat(tolerant.exitCode()).isEqualTo(3);
    Sessions.isMoody = false;
    Sessions.CALLS.set(0);
    Report calm = run("task={kind: generate}", "quality.max-error-rate=0.5");
    assertThat(calm.errors()).isEqualTo(Map.of("prompt_too_long", 1L));
    assertThat(counts(calm)).as("the one that is too long stays").containsExactly(4, 1, 3, 0, 0);
    assertThat(Sessions.CALLS.get()).isEqualTo(1);
  }

  @Test
  void dryRunsForeseeTheNight() throws IOException {
    write("a|first|x", "b|moody|y", "c|third|x", "d|fourth|x", "e|fifth|x", "f|  |x");
    Sessions.isMoody = true;
    run("quality.max-error-rate=0.5");
    Sessions.isMoody = false;
    write("a|first|x", "b|moody|y", "c|other|x", "d|fourth|z", "f|  |x", "g|seventh|x", "h|seventh|x", "i|first|x");
    Sessions.CALLS.set(0);
    List<String> files = files(), names = privateNames();
    JobPlan plan = JobPlan.describe(spark, parse(), Optional.empty());
    assertThat(plan.night()).contains(new JobPlan.Night(3, 2, 1, 1, 2));
    assertThat(plan.rows()).isEqualTo(8);
    assertThat(plan.answered()).as("moody, other and one seventh").isEqualTo(3);
    assertThat(plan.completionTokens()).isEqualTo(9);
    assertThat(Sessions.CALLS.get()).as("all of them, and one to begin with").isEqualTo(4);
    assertThat(plan.summary()).contains("documents:     3 new, 2 changed, 1 to try again, 1 deleted, 2 kept as they are\n")
        .contains("rows:          8, 3 requests to compute");
    assertThat(files()).isEqualTo(files);
    assertThat(privateNames()).isEqualTo(names);
    assertThat(run().computed()).isEqualTo(3);
    JobPlan after = JobPlan.describe(spark, parse(), Optional.empty());
    assertThat(after.night()).contains(new JobPlan.Night(0, 0, 0, 0, 8));
    assertThat(after.summary()).contains("8, 0 requests to compute").contains("no row to try").contains("expected time: about 0 s");
    Files.writeString(out().resolve("_scriptorium/publish.json"), "{}");
    assertThatThrownBy(() -> JobPlan.describe(spark, parse(), Optional.empty())).isInstanceOf(JobException.class).hasMessage(
        "write.path: a publication to %s is under way, or was interrupted; try again when it is complete, which the next run sees to",
        out());
  }

  @Test
  void identifiersMustBeUnique() throws IOException {
    write("a|first|x", "a|other|x", "b|second|y", "b|second|y", "b|third|y", "c|third|x");
    assertThatThrownBy(this::run).isInstanceOf(JobException.class).hasMessage("read.id: several documents have the same \"id\":"
        + " \"a\" (2 times), \"b\" (3 times); write.mode incremental knows them by it: make it unique,"
        + " or set write.on-duplicate-id to first");
    assertThat(Sessions.CALLS.get()).isZero();
    assertThat(out()).doesNotExist();
    run("write.on-duplicate-id=first");
    assertThat(rows()).extracting(row -> row.replaceAll("stop.*", ""))
        .containsExactly("[a,x,echo first,", "[b,y,echo second,", "[c,x,echo third,");
    assertThat(counts(run("write.on-duplicate-id=first"))).containsExactly(3, 0, 3, 0, 0);
    Files.writeString(folder.resolve("docs.jsonl"), "{\"text\": \"nobody\", \"section\": \"x\"}\n{\"id\": \"a\", \"text\": \"first\"}\n");
    assertThatThrownBy(this::run).isInstanceOf(JobException.class).hasMessage("read.id: 1 documents have no \"id\", by which write.mode"
        + " incremental knows them; give them one, or leave them out");
    Files.writeString(folder.resolve("docs.jsonl"), "{\"text\": \"nobody\", \"section\": \"x\"}\n");
    assertThatThrownBy(this::run).isInstanceOf(JobException.class).hasMessage(("read.id: %s/docs.jsonl has no column \"id\";"
        + " write.mode incremental knows documents by their identifiers: name their column").formatted(folder));
  }

  @Test
  void rowsOfDeletedDocumentsMayBeKept() throws IOException {
    run();
    write("a|first|x");
    assertThat(counts(run("write.on-deleted=keep"))).containsExactly(4, 0, 3, 0, 1);
    assertThat(rows()).hasSize(4);
    write("a|first|x", "e|fifth|x");
    assertThat(counts(run("write.on-deleted=keep"))).containsExactly(5, 1, 3, 0, 1);
    assertThat(counts(run())).containsExactly(2, 0, 2, 0, 0);
    assertThat(rows()).isEqualTo(fresh());
    Files.writeString(folder.resolve("docs.jsonl"), "");
    spark.sql("SELECT 'a' AS id, 'b' AS text, 'x' AS section").limit(0).write().parquet(folder.resolve("none").toString());
    assertThat(run("read.format=parquet", "read.path=" + folder.resolve("none")).rows()).isZero();
    assertThat(rows()).isEmpty();
  }

  @Test
  void rowsThatAreKeptOutliveTasksThatAreAdded() throws IOException {
    String tasks = "tasks=[{name: short, kind: summarize, max-words: 9}]";
    job("task=", tasks);
    write("a|first|x", "c|third|x");
    String added = tasks.replace("}]", "}, {name: late, kind: generate, prompt: 'Who {{text}}'}]");
    Report second = job("task=", added, "write.on-deleted=keep");
    assertThat(List.of(second.rows(), second.computed())).containsExactly(4L, 2L);
    assertThat(job("task=", added, "write.on-deleted=keep").computed()).isZero();
    write("a|other|x", "c|third|x");
    assertThat(job("task=", added, "write.on-deleted=keep").changes()).contains(new Report.DocumentChanges(0, 1, 0));
    assertThat(spark.read().parquet(out().toString()).orderBy("id").selectExpr("id", "late.text").collectAsList())
        .hasToString("[[a,echo Who other], [b,null], [c,echo Who third], [d,null]]");
  }

  @Test
  void rowsThatAreKeptAndWerePublishedTwiceBecomeOne() throws IOException {
    for (String mode : List.of("overwrite", "append")) {
      write("a|first|x", "b|second|x", "b|second|x", "c|third|x");
      job("write={path: " + out() + ", mode: " + mode + "}");
    }
    write("a|first|x");
    Report report = run("write.on-deleted=keep");
    assertThat(counts(report)).containsExactly(3, 0, 3, 0, 0);
    assertThat(rows()).extracting(row -> row.substring(0, 2)).containsExactly("[a", "[b", "[c");
    assertThat(run("write.on-deleted=keep").changes()).contains(new Report.DocumentChanges(0, 0, 0));
  }

  @Test
  void linesThatAreNoDocumentsStayErrorsOfTheirOwn() throws IOException {
    Files.writeString(folder.resolve("docs.jsonl"), "{broken\n", java.nio.file.StandardOpenOption.APPEND);
    Report first = run("quality.max-error-rate=0.5");
    assertThat(first.errors()).isEqualTo(Map.of("malformed_text", 1L));
    assertThat(rows()).isEqualTo(fresh());
    Sessions.CALLS.set(0);
    Report second = run("quality.max-error-rate=0.5", "write.on-deleted=keep");
    assertThat(second.rows()).isEqualTo(5);
    assertThat(rows()).isEqualTo(fresh());
    assertThat(Sessions.CALLS.get()).as("by the run to compare with").isEqualTo(5);
  }

  @Test
  void nightsWithTheSameBrokenLinesChangeNothing() throws IOException {
    var append = java.nio.file.StandardOpenOption.APPEND;
    String[] lenient = {"quality.max-error-rate=0.6"};
    Files.writeString(folder.resolve("docs.jsonl"), "{broken\n{broken, too\n", append);
    run(lenient);
    List<String> files = files();
    Report second = run(lenient);
    assertThat(second.changes()).contains(new Report.DocumentChanges(0, 0, 0));
    assertThat(counts(second)).as("errors that stay were not computed").containsExactly(6, 0, 5, 0, 1);
    assertThat(second.errors()).isEqualTo(Map.of("malformed_text", 2L));
    assertThat(files()).isEqualTo(files);
    write("a|first|x", "b|other|y", "c|third|x", "d|fourth|x");
    Files.writeString(folder.resolve("docs.jsonl"), "{broken\n{broken, too\n", append);
    assertThat(run(lenient).changes()).contains(new Report.DocumentChanges(0, 1, 0));
    assertThat(rows()).hasSize(6).isEqualTo(fresh());
    Files.writeString(folder.resolve("docs.jsonl"), "{and again\n", append);
    assertThat(run(lenient).changes()).contains(new Report.DocumentChanges(3, 0, 2));
    assertThat(rows()).hasSize(7).isEqualTo(fresh());
  }

  @Test
  void severalTasksHaveKeysOfTheirOwn() throws IOException {
    String tasks = "tasks=[{name: short, kind: summarize, max-words: 9}, {name: asked, kind: generate, prompt: 'Why {{text}}'}]";
    Report first = job("task=", tasks);
    assertThat(List.of(first.rows(), first.computed(), first.skipped())).containsExactly(4L, 6L, 2L);
    Report second = job("task=", tasks.replace("Why", "How"));
    assertThat(List.of(second.rows(), second.computed(), second.reused(), second.skipped())).containsExactly(4L, 3L, 3L, 2L);
    Report third = job("task=", tasks.replace("Why", "How").replace("}]", "}, {name: late, kind: generate, prompt: 'Who {{text}}'}]"));
    assertThat(List.of(third.rows(), third.computed(), third.reused(), third.skipped())).containsExactly(4L, 3L, 6L, 3L);
    List<Row> found = spark.read().parquet(out().toString()).orderBy("id").select("short.text", "asked.text").collectAsList();
    assertThat(found).hasToString("[[echo first,echo How first], [,], [echo third,echo How third], [echo fourth,echo How fourth]]");
  }

  @Test
  void fileSystemsThatNeverReplaceServeToo() throws IOException {
    spark.sparkContext().hadoopConfiguration().set("fs.strict.impl", StrictDisk.class.getName());
    String output = "write.path=strict://" + out();
    run(output);
    write("a|first|x", "c|other|x");
    assertThat(counts(run(output))).containsExactly(2, 1, 1, 0, 0);
    assertThat(rows()).isEqualTo(fresh());
    assertThat(counts(run(output))).containsExactly(2, 0, 2, 0, 0);
  }

  @Test
  void otherModesAndIncrementalOnesFollowEachOther() throws IOException {
    job("write={path: " + out() + ", mode: overwrite}");
    Sessions.CALLS.set(0);
    assertThat(counts(run())).containsExactly(4, 0, 3, 0, 1);
    assertThat(Sessions.CALLS.get()).isZero();
  }

  private Report run(String... overrides) {
    return job(overrides);
  }

  private Report job(String... overrides) {
    return JobRun.run(spark, parse(overrides), Progress.silent());
  }

  private JobFile parse(String... overrides) {
    var set = new ArrayList<>(Arrays.asList(overrides));
    String yaml = """
        read: { format: jsonl, path: DIR/docs.jsonl, keep: [section] }
        task: { kind: summarize, max-words: 9 }
        write: { path: DIR/out, mode: incremental, commit-rows: 2 }
        """.replace("DIR", folder.toString());
    if (set.remove("task=")) yaml = yaml.replace("task: { kind: summarize, max-words: 9 }\n", "");
    return JobFile.parse(yaml, "job.yaml", set);
  }

  /** What a first run over the documents of now gives. */
  private List<String> fresh() {
    job("write={path: " + folder.resolve("fresh") + ", mode: overwrite}", "quality.max-error-rate=1");
    return rows(folder.resolve("fresh"));
  }

  private List<String> rows() {
    return rows(out());
  }

  private static List<String> rows(Path output) {
    return spark.read().parquet(output.toString()).drop("cached_tokens").orderBy("id").collectAsList().stream().map(Row::toString).toList();
  }

  /** Rows, computed, reused, deduplicated, skipped. */
  private static List<Integer> counts(Report report) {
    return Stream.of(report.rows(), report.computed(), report.reused(), report.deduplicated(), report.skipped())
        .map(Math::toIntExact).toList();
  }

  private void write(String... documents) throws IOException {
    var lines = new StringBuilder();
    for (String document : documents) {
      String[] parts = document.split("\\|");
      lines.append("{\"id\": \"%s\", \"text\": \"%s\", \"section\": \"%s\"}\n".formatted(parts[0], parts[1], parts[2]));
    }
    Files.writeString(folder.resolve("docs.jsonl"), lines.toString());
  }

  private Path out() {
    return folder.resolve("out");
  }

  private List<String> files() throws IOException {
    if (!Files.exists(out())) return List.of();
    try (Stream<Path> list = Files.list(out())) {
      return list.filter(path -> path.getFileName().toString().startsWith("part-"))
          .map(path -> path.getFileName() + " " + path.toFile().lastModified())
          .sorted().toList();
    }
  }

  private List<String> privateNames() throws IOException {
    try (Stream<Path> list = Files.list(out().resolve("_scriptorium"))) {
      return list.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith(".")).sorted().toList();
    }
  }
}
