package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.TinyModel;
import org.scriptorium.spark.ScriptoriumExtensions;
import scala.jdk.javaapi.CollectionConverters;

/** Documents longer than the context of a real engine's model, whose text is noise. */
class TestLongDocuments {
  private static final int PIECE_TOKENS = 100;
  private static final int NEW_TOKENS = 12;
  private static final String NO_TEXT =
      "try_ai_summarize('.', 9, map('model', '%s', 'max_new_tokens', '1', 'truncation', 'none')).prompt_tokens";
  private static final String ASK = "try_ai_summarize(t, 9, map('model', '%s', 'max_new_tokens', '12', 'truncation', 'none')) r";

  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static SparkSession spark;
  private static Path model;

  @BeforeAll
  static void start() {
    SparkSession others = Sessions.spark();
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    spark = SparkSession.builder().master("local[2]").withExtensions(new ScriptoriumExtensions())
        .config("spark.scriptorium.engine.cache-memory", "64m").config("spark.scriptorium.model.cache-dir", shared.resolve("cache")
        .toString()).config("spark.sql.shuffle.partitions", 2)
        // Generated code changes no plan, and compiling it is most of the time of a small query.
        .config("spark.sql.codegen.wholeStage", false).config("spark.sql.codegen.factoryMode", "NO_CODEGEN").getOrCreate();
    SparkSession.setDefaultSession(others);
    model = TinyModel.write(shared, 11);
    spark.sql("SELECT concat('d', id) AS id, repeat(concat('The document ', id, ' has sentences. They make paragraphs.\n\n'),"
        + " CAST(id * id AS INT)) AS text, concat('Who ', id, '?') AS question, map('n', id) AS more FROM range(1, 8)"
        + " UNION ALL VALUES ('null', NULL, 'Who?', NULL), ('blank', ' ', 'Who?', NULL), ('broken', CAST(X'C328' AS STRING), 'Who?', NULL),"
        + " ('two', 'equal', 'Who?', NULL), ('two', 'equal', 'Who?', NULL)")
        .write().parquet(shared.resolve("docs").toString());
    spark.read().parquet(shared.resolve("docs").toString()).where("id IN ('d1', 'two')").write()
        .parquet(shared.resolve("short").toString());
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(Sessions.spark());
  }

  @Test
  void summariesAreThoseOfAskingOneAfterTheOther() throws Exception {
    List<List<String>> outputs = new ArrayList<>();
    for (int partitions : new int[] {1, 5}) {
      spark.conf().set("spark.sql.adaptive.enabled", partitions == 1);
      Report report = run("read.partitions=" + partitions);
      assertThat(report.rows()).isEqualTo(12);
      assertThat(report.skipped()).isEqualTo(2);
      assertThat(report.errors()).containsOnlyKeys("malformed_text").containsEntry("malformed_text", 1L);
      outputs.add(rows("id", "text", "finish_reason", "error_code", "prompt_tokens", "completion_tokens", "model", "request_key", "more"));
    }
    spark.conf().set("spark.sql.adaptive.enabled", true);
    assertThat(outputs.get(0)).hasSize(12).isEqualTo(outputs.get(1));
    List<String> found = rows("id", "text", "prompt_tokens", "completion_tokens");
    for (String id : List.of("d4", "d7")) {
      String document = spark.read().parquet(shared.resolve("docs").toString()).where("id = '" + id + "'").head().getAs("text");
      assertThat(found).contains(expected(id, document));
    }
    run("task={kind: summarize, max-words: 9, long-documents: truncate}", "read.path=" + shared.resolve("short"));
    assertThat(found).as("a short document is asked as ever")
        .containsAll(rows("id", "text", "prompt_tokens", "completion_tokens"));
  }

  @Test
  void nightsKnowPartedDocumentsByAKeyThatNeedsNoModel() throws Exception {
    run();
    List<String> fresh = rows("id", "text", "finish_reason", "prompt_tokens", "request_key");
    assertThat(rows("request_key")).filteredOn(key -> key.matches("\\[[0-9a-f]{64}]")).hasSize(9);
    assertThat(rows("request_key").stream().distinct()).as("blank, broken and null ones have none, equal texts one").hasSize(9);
    String[] nights = {"write.path=" + folder.resolve("nights"), "write.mode=incremental", "write.on-duplicate-id=first"};
    Report first = run(nights);
    assertThat(first.computed()).as("with the one that can't be read").isEqualTo(9);
    assertThat(first.reused()).isZero();
    var rows = spark.read().parquet(folder.resolve("nights").toString()).orderBy("id")
        .select("id", "text", "finish_reason", "prompt_tokens", "request_key").collectAsList().stream().map(Row::toString).toList();
    assertThat(rows).isEqualTo(fresh.stream().distinct().toList());
    assertThat(run(nights).reused()).as("that one too").isEqualTo(9);
    assertThat(run(nights[0], nights[1], nights[2], "task.piece-tokens=101").reused()).as("other pieces").isEqualTo(1);
    // Two answers are no shorter than a piece, so that they never come together.
    String[] never = {nights[0], nights[1], nights[2], "task.piece-tokens=24", "generate.max-new-tokens=20"};
    Report hopeless = run(never);
    assertThat(hopeless.errors()).containsKey("prompt_too_long");
    Report again = run(never);
    assertThat(again.computed()).as("what is too long stays so").isZero();
    assertThat(again.errors()).isEqualTo(hopeless.errors());
  }

  /** What the rounds come to, by the definition. */
  private String expected(String id, String document) throws Exception {
    String text = document;
    int prompt = 0, completion = 0, rounds = 0;
    while (true) {
      List<String> pieces = pieces(text);
      assertThat(pieces).as("round %d of %s", ++rounds, id).isNotEmpty();
      List<String> answers = new ArrayList<>();
      var column = pieces.stream().map(RowFactory::create).toList();
      for (Row answer : spark.createDataFrame(column, StructType.fromDDL("t string")).coalesce(1).selectExpr(ASK.formatted(model))
          .select("r.*").collectAsList()) {
        assertThat(answer.<String>getAs("error")).isEmpty();
        answers.add(answer.getAs("text"));
        prompt += answer.<Integer>getAs("prompt_tokens");
        completion += answer.<Integer>getAs("completion_tokens");
      }
      if (pieces.size() == 1) return RowFactory.create(id, answers.getFirst(), prompt, completion).toString();
      text = String.join("\n\n", answers.stream().filter(answer -> !answer.isBlank()).toList());
    }
  }

  private List<String> pieces(String text) {
    Row parts = TextPieces.parts(text);
    List<Row> pieces = spark.createDataFrame(List.of(RowFactory.create(parts.get(0), parts.get(1))), TextPieces.PARTS)
        .selectExpr("ai_pack(parts, borders, %d, %s + %d, map('model', '%s')) p".formatted(PIECE_TOKENS, NO_TEXT.formatted(model),
            NEW_TOKENS + 8, model)).selectExpr("inline(p)").collectAsList();
    return pieces.size() == 1 ? List.of(text) : pieces.stream().map(piece -> piece.<String>getAs("text")).toList();
  }

  @Test
  void thePiecesOfADocumentGoToAllPartitions() throws Exception {
    List<Long> generated = new CopyOnWriteArrayList<>();
    var listener = new SparkListener() {
      @Override
      public void onTaskEnd(SparkListenerTaskEnd end) {
        for (var info : CollectionConverters.asJava(end.taskInfo().accumulables())) {
          boolean isCount = info.name().contains("generated rows") && info.update().nonEmpty();
          if (isCount && info.update().get() instanceof Long rows && rows > 0) generated.add(rows);
        }
      }
    };
    var documents = spark.read().parquet(shared.resolve("docs").toString());
    documents.where("id = 'd7'").write().parquet(folder.resolve("one").toString());
    int pieces = pieces(documents.where("id = 'd7'").head().getAs("text")).size();
    spark.sparkContext().addSparkListener(listener);
    try {
      run("read.path=" + folder.resolve("one"), "read.partitions=3");
      spark.sparkContext().listenerBus().waitUntilEmpty();
    } finally {
      spark.sparkContext().removeSparkListener(listener);
    }
    assertThat(pieces).isGreaterThan(6);
    assertThat(generated.getFirst()).as("what the instruction alone takes").isEqualTo(1);
    assertThat(generated.subList(1, 4)).as("the first round")
        .allMatch(rows -> rows == pieces / 3 || rows == pieces / 3 + 1).satisfies(rows ->
            assertThat(rows.stream().mapToLong(row -> row).sum()).isEqualTo(pieces));
  }

  /** How much of a prompt was cached differs when a task is repeated; rows that then went elsewhere would be lost. */
  @Test
  void noRowsPlaceDependsOnWhatWasCached() {
    var job = JobFile.parse(yaml(), "job.yaml", List.of());
    String plan = ((org.apache.spark.sql.classic.Dataset<?>) ResultPlan.of(Source.open(spark, job), job, 5)).queryExecution()
        .optimizedPlan().toString();
    assertThat(plan).contains("RepartitionByExpression").doesNotContainPattern("Repartition \\d");
  }

  /** What a request that is cut has lost still tells documents apart. */
  @Test
  void allOfAPromptsColumnsIsInTheKey() {
    String text = "The river rises. ".repeat(40);
    List<Row> rows = new ArrayList<>();
    for (String middle : List.of("north", "north", "south")) {
      rows.add(RowFactory.create("d" + rows.size(), text, "word ".repeat(900) + middle + " word".repeat(900)));
    }
    spark.createDataFrame(rows, StructType.fromDDL("id string, text string, more string")).coalesce(1).write()
        .parquet(folder.resolve("wide").toString());
    run("read.path=" + folder.resolve("wide"), "task={kind: generate, prompt: '{{more}} {{text}}', long-documents: map-reduce}");
    List<String> keys = rows("request_key");
    assertThat(keys.get(0)).isEqualTo(keys.get(1)).isNotEqualTo(keys.get(2)).hasSize(66);
  }

  @Test
  void blanksAroundAShortTextAreNotSent() {
    String text = "The river rises.";
    spark.createDataFrame(List.of(RowFactory.create("a", text), RowFactory.create("b", "\r\n".repeat(5000) + text + " \n".repeat(5000))),
        StructType.fromDDL("id string, text string")).coalesce(1).write().parquet(folder.resolve("blanks").toString());
    run("read={format: parquet, path: %s}".formatted(folder.resolve("blanks")));
    List<String> found = rows("text", "finish_reason", "prompt_tokens");
    assertThat(found.get(0)).isEqualTo(found.get(1)).doesNotContain("error");
  }

  @Test
  void everyKindThatHasPiecesRuns() throws Exception {
    String yaml = yaml().replaceFirst("task: .*", """
        tasks:
          - { name: translated, kind: translate, language: de, long-documents: map-reduce, piece-tokens: 100 }
          - { name: label, kind: classify, labels: [good, bad], long-documents: map-reduce, piece-tokens: 100 }
          - { name: found, kind: extract, fields: [person], long-documents: map-reduce, piece-tokens: 100 }
          - { name: own, kind: answer, question-column: question, long-documents: map-reduce, piece-tokens: 100 }
          - { name: asked, kind: generate, prompt: "{{question}} {{text}}", long-documents: map-reduce, piece-tokens: 100 }
          - { name: cut, kind: summarize, generate: { truncation: tail } }
        """.stripTrailing());
    JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of("read.limit=4")), Progress.silent());
    List<Row> rows = spark.read().parquet(folder.resolve("out").toString()).where("id = 'd4'").selectExpr("translated.prompt_tokens > 300",
        "label.text IN ('good', 'bad')", "found.error_code", "found.error", "found.fields", "own.error || asked.error || cut.error",
        "own.prompt_tokens > cut.prompt_tokens", "asked.completion_tokens > cut.completion_tokens").collectAsList();
    assertThat(rows).singleElement().asString().matches("\\[true,true,malformed_answer,piece 1 of \\d+ \\(characters 0 to \\d+\\): "
        + "expected a JSON object in the model's answer, found none,null,,true,true]");
  }

  private Report run(String... overrides) {
    List<String> all = new ArrayList<>(List.of("write.mode=overwrite"));
    all.addAll(List.of(overrides));
    return JobRun.run(spark, JobFile.parse(yaml(), "job.yaml", all), Progress.silent());
  }

  private String yaml() {
    return """
        model: %s
        read: { format: parquet, path: %s, keep: [more] }
        task: { kind: summarize, max-words: 9, long-documents: map-reduce, piece-tokens: 100 }
        generate: { max-new-tokens: 12 }
        write: { path: %s }
        quality: { max-error-rate: 1 }
        """.formatted(model, shared.resolve("docs"), folder.resolve("out"));
  }

  private List<String> rows(String... columns) {
    return spark.read().parquet(folder.resolve("out").toString()).orderBy("id").selectExpr(columns).collectAsList().stream()
        .map(Row::toString).toList();
  }
}
