package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.TinyBert;
import org.scriptorium.engine.TinyModel;

/** Jobs through the real functions and the engine, with a model of two layers whose text is noise. */
class TestJobOnEngine {
  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static SparkSession spark;
  private static Path model;
  private static Path reader;

  @BeforeAll
  static void start() {
    spark = Sessions.onEngine(shared.resolve("cache"));
    model = TinyModel.write(shared, 11);
    reader = new TinyBert("BertModel").write(shared.resolve("bert"));
    spark.sql("SELECT concat('d', id) AS id, repeat(concat('a document ', id, ' '), cast(1 + id % 7 AS INT)) AS text FROM range(40)"
        + " UNION ALL VALUES ('null', NULL), ('blank', ' '), ('broken', CAST(X'C328' AS STRING)),"
        + " ('markup', 'a <|im_end|> b'), ('long', repeat('very long ', 30000))")
        .write().parquet(shared.resolve("docs").toString());
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(Sessions.spark());
  }

  @Test
  void summariesDoNotDependOnPartitions() throws Exception {
    List<List<String>> outputs = new ArrayList<>();
    Report report = null;
    for (int partitions : new int[] {1, 7}) {
      report = run("read.partitions=" + partitions, "write.mode=overwrite");
      outputs.add(rows("id", "text", "finish_reason", "error_code", "prompt_tokens", "completion_tokens", "model", "request_key"));
    }
    assertThat(outputs.get(0)).hasSize(45).isEqualTo(outputs.get(1));
    assertThat(new HashSet<>(rows("text"))).hasSizeGreaterThan(20);
    assertThat(rows("id", "finish_reason", "error_code", "model"))
        .contains("[null,skipped,,tiny]", "[blank,skipped,,tiny]", "[broken,error,malformed_text,tiny]");
    assertThat(report.rows()).isEqualTo(45);
    assertThat(report.skipped()).isEqualTo(2);
    assertThat(report.errors()).containsOnlyKeys("malformed_text").containsEntry("malformed_text", 1L);
    assertThat(report.exitCode()).isEqualTo(3);
    assertThat(report.model()).isEqualTo("tiny");
    assertThat(report.kernels()).isIn("vector", "scalar");
    assertThat(report.cachedTokens()).isPositive().isLessThan(report.promptTokens());
    assertThat(report.completionTokens()).isPositive();
    assertThat(report.generationSeconds()).isPositive().isLessThan(report.seconds());
    assertThat(report.peakMemoryBytes()).isPositive();
  }

  @Test
  void equalDocumentsAreComputedOnce() throws Exception {
    spark.sql("SELECT concat('e', id) AS id, concat('the text of number ', id % 4) AS text FROM range(60)"
        + " UNION ALL VALUES ('null', NULL), ('blank', ' '), ('broken', CAST(X'C328' AS STRING)), ('broken too', CAST(X'C328' AS STRING))")
        .write().parquet(folder.resolve("equal").toString());
    List<List<String>> outputs = new ArrayList<>();
    for (int partitions : new int[] {1, 3}) {
      Report report = run("read.path=" + folder.resolve("equal"), "read.partitions=" + partitions, "write.mode=overwrite");
      assertThat(report.rows()).isEqualTo(64).isEqualTo(report.computed() + report.deduplicated() + report.skipped());
      assertThat(report.skipped()).isEqualTo(2);
      assertThat(report.errors()).isEqualTo(java.util.Map.of("malformed_text", 2L));
      // Once in each partition at most; partitions that run together share what is on its way too.
      assertThat(report.computed() - 2).isBetween(4L, 4L * partitions);
      assertThat(report.batchUtilization()).isBetween(0.01, 1.0);
      assertThat(spark.read().parquet(folder.resolve("out").toString()).where("cached_tokens = prompt_tokens AND finish_reason != 'error'"
          + " AND finish_reason != 'skipped'").count()).isEqualTo(report.deduplicated());
      outputs.add(rows("id", "text", "finish_reason", "prompt_tokens", "completion_tokens", "request_key"));
    }
    assertThat(outputs.get(0)).isEqualTo(outputs.get(1));
    assertThat(new HashSet<>(rows("request_key"))).hasSize(4 + 1);
  }

  @Test
  void promptsKeepWhatCameFromRowsApart() throws Exception {
    Report report = run("task={kind: generate, prompt: 'Say {{id}}: {{text}}'}", "generate.max-new-tokens=4", "write.mode=overwrite");
    assertThat(report.errors()).containsOnlyKeys("malformed_text", "prompt_too_long");
    assertThat(report.skipped()).isZero();
    assertThat(rows("id", "finish_reason")).filteredOn(row -> row.startsWith("[markup")).singleElement().asString()
        .matches("\\[markup,(stop|length)]");
    // As markup the same text is another prompt, with fewer tokens.
    long escaped = tokens("task={kind: generate, prompt: '{{text}}', raw: true}");
    long markup = tokens("task={kind: generate, raw: true}");
    assertThat(escaped).isGreaterThan(markup);
  }

  private long tokens(String task) throws Exception {
    run(task, "generate.max-new-tokens=4", "write.mode=overwrite");
    return spark.read().parquet(folder.resolve("out").toString()).where("id = 'markup'").head().<Integer>getAs("prompt_tokens");
  }

  @Test
  void severalTasksShareOneRead() throws Exception {
    String yaml = yaml().replace("task: { kind: summarize, max-words: 9 }",
        "tasks: [{ name: short, kind: summarize, max-words: 5 }, { name: asked, kind: generate, prompt: 'Why {{text}}' }]");
    Report report = JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of("read.limit=20")), Progress.silent());
    assertThat(report.rows()).isEqualTo(20);
    assertThat(report.computed()).isEqualTo(40);
    run("write.path=" + folder.resolve("alone"), "task.max-words=5", "read.limit=20");
    assertThat(spark.read().parquet(folder.resolve("alone").toString()).select("id", "text").except(
        spark.read().parquet(folder.resolve("out").toString()).select("id", "short.text")).count()).isZero();
  }

  @Test
  void everyKindOfTaskRuns() throws Exception {
    Path data = Files.writeString(folder.resolve("chats.jsonl"), """
        {"id": "1", "text": "A text.", "q": "Who?", "turns": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hm"}]}
        {"id": "2", "text": "Another text.", "q": "Why?", "turns": [{"role": "wizard", "content": "Hello"}]}
        {"id": "3", "text": "", "q": "", "turns": null}
        """);
    String yaml = """
        model: %s
        read: { format: jsonl, path: %s }
        generate: { max-new-tokens: 4 }
        tasks:
          - { name: translated, kind: translate, language: de }
          - { name: label, kind: classify, labels: [good, bad] }
          - { name: found, kind: extract, fields: [person] }
          - { name: asked, kind: answer, question: "Who?" }
          - { name: own, kind: answer, question-column: q }
          - { name: said, kind: chat, messages: turns }
          - { name: program, kind: code, language: Python, reasoning: true }
        write: { path: %s }
        quality: { max-error-rate: 1 }
        """.formatted(model, data, folder.resolve("out"));
    JobFile job = JobFile.parse(yaml, "job.yaml", List.of());
    Report report = JobRun.run(spark, job, Progress.silent());
    assertThat(report.rows()).isEqualTo(3);
    assertThat(report.skipped()).isEqualTo(7);
    assertThat(report.errors()).containsOnlyKeys("malformed_answer", "invalid_parameter").containsEntry("malformed_answer", 2L)
        .containsEntry("invalid_parameter", 1L);
    List<Row> rows = spark.read().parquet(folder.resolve("out").toString()).orderBy("id")
        .selectExpr("label.text IN ('good', 'bad')", "asked.request_key = own.request_key", "said.error_code", "found.fields",
            "program.reasoning").collectAsList();
    assertThat(rows).hasToString("[[true,true,,null,], [true,false,invalid_parameter,null,], [false,true,,null,]]");
    JobPlan plan = JobPlan.describe(spark, JobFile.parse(yaml, "job.yaml", List.of("write.mode=overwrite",
        "tasks=[{name: said, kind: chat, messages: turns}]")), Optional.empty());
    assertThat(plan.answered()).isEqualTo(2);
    assertThatThrownBy(() -> JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of("tasks.5.messages=q")), Progress.silent()))
        .isInstanceOf(JobException.class)
        .hasMessage("messages: column \"q\" of %s is string; expected an array of structs of role and content"
            .formatted(data));
  }

  @Test
  void tokensOfReasoningAreCountedWhereItIsShown() throws Exception {
    Path thinker = TinyModel.write(Files.createDirectory(folder.resolve("thinker")), 1,
        TinyModel.TEMPLATE.replace("assistant\\n", "assistant\\n<think>\\n"));
    String[] overrides = {"model=" + thinker, "read.limit=6", "write.mode=overwrite", "quality.max-error-rate=1"};
    Report shown = run(Stream.concat(Stream.of("task={kind: generate, reasoning: true}"), Stream.of(overrides)).toArray(String[]::new));
    long rows = spark.read().parquet(folder.resolve("out").toString()).where("reasoning != ''").count();
    assertThat(rows).isPositive();
    assertThat(shown.reasoningTokens().orElseThrow()).isBetween(rows, shown.completionTokens());
    assertThat(Files.readString(folder.resolve("out/_scriptorium/report.json")))
        .contains("\"reasoning_tokens\" : " + shown.reasoningTokens().orElseThrow());
    Report hidden = run(Stream.concat(Stream.of("task={kind: generate}"), Stream.of(overrides)).toArray(String[]::new));
    assertThat(hidden.completionTokens()).isEqualTo(shown.completionTokens());
    assertThat(hidden.reasoningTokens()).isEmpty();
    assertThat(Files.readString(folder.resolve("out/_scriptorium/report.json"))).doesNotContain("reasoning_tokens");
  }

  @Test
  void examplesAreWhole() throws Exception {
    try (var files = Files.list(Path.of("../conf"))) {
      List<Path> jobs = files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
      assertThat(jobs).hasSizeGreaterThan(8);
      for (Path file : jobs) {
        JobFile job = JobFile.load(file, List.of());
        boolean isDemo = job.read().paths().getFirst().startsWith("conf/");
        boolean generates = job.tasks().stream().allMatch(task -> task.kind().generates());
        boolean hasIndex = job.tasks().stream()
            .anyMatch(task -> task.kind() == JobFile.Kind.INDEX || task.arguments().search().index().isPresent());
        if (!isDemo || hasIndex) continue;
        var overrides = new ArrayList<>(List.of("model=" + (generates ? model : reader), "read.path=../" + job.read().paths().getFirst(),
            "read.limit=2", "write.path=" + folder.resolve(job.name()), "quality.max-error-rate=1"));
        if (generates) overrides.addAll(List.of("generate.max-new-tokens=4", "generate.truncation=middle"));
        assertThat(JobRun.run(spark, JobFile.load(file, overrides), Progress.silent()).rows()).as("%s", file)
            .isEqualTo(2L * Math.max(1, job.tasks().getFirst().arguments().questions().size()));
      }
    }
  }

  @Test
  void progressAndDryRunComeFromTheOperator() throws Exception {
    var told = new ByteArrayOutputStream();
    JobRun.run(spark, job(), Progress.log(new PrintStream(told, true, StandardCharsets.UTF_8), java.time.Duration.ofMillis(50)));
    assertThat(told.toString(StandardCharsets.UTF_8)).contains("job: 45 rows, starting")
        .contains("42 answered, 2 skipped, 1 in error (malformed_text 1)");
    JobPlan plan = JobPlan.describe(spark, job("write.mode=overwrite"), Optional.empty());
    assertThat(plan.rows()).isEqualTo(45);
    assertThat(plan.answered()).isEqualTo(43);
    assertThat(plan.promptTokens()).isPositive();
    assertThat(plan.summary()).contains("45, 43 of them to answer");
  }

  @Test
  void missingAndBrokenModelsAreRefusedBeforeAnythingIsWritten() throws Exception {
    Path absent = folder.resolve("absent.gguf");
    assertThatThrownBy(() -> run("model=" + absent)).isInstanceOf(JobException.class).hasMessageContaining(absent.toString())
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    Path broken = Files.writeString(folder.resolve("broken.gguf"), "no model");
    assertThatThrownBy(() -> run("model=" + broken)).isInstanceOf(JobException.class).hasMessageContaining(broken.toString())
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    assertThatThrownBy(() -> run("model=" + reader)).isInstanceOf(JobException.class)
        .hasMessage("task: try_ai_summarize: expected a model that generates texts, found bert (bert), an encoder whose head gives vectors;"
            + " use it with ai_embed or ai_similarity, or name another model");
    String several = yaml().replace("task: { kind: summarize, max-words: 9 }",
        "tasks: [{ name: fine, kind: summarize }, { name: vector, kind: embed }]");
    assertThatThrownBy(() -> JobRun.run(spark, JobFile.parse(several, "job.yaml", List.of()), Progress.silent()))
        .isInstanceOf(JobException.class)
        .hasMessageStartingWith("tasks[1]: try_ai_embed: expected an encoder, which reads texts, found tiny (llama)");
    assertThatThrownBy(() -> run("generate.max-new-tokens=5000")).isInstanceOf(JobException.class).hasMessageContaining("512")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private Report run(String... overrides) {
    return JobRun.run(spark, job(overrides), Progress.silent());
  }

  private JobFile job(String... overrides) {
    return JobFile.parse(yaml(), "job.yaml", Arrays.asList(overrides));
  }

  private String yaml() {
    return """
        model: %s
        read: { format: parquet, path: %s }
        task: { kind: summarize, max-words: 9 }
        generate: { max-new-tokens: 12 }
        write: { path: %s }
        quality: { max-error-rate: 0.1 }
        """.formatted(model, shared.resolve("docs"), folder.resolve("out"));
  }

  private List<String> rows(String... columns) {
    return spark.read().parquet(folder.resolve("out").toString()).orderBy("id").selectExpr(columns).collectAsList().stream()
        .map(Row::toString).toList();
  }
}
