package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Classifier.Label;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.SpanConfig;
import org.scriptorium.engine.api.SpanConfig.NoAnswer;
import org.scriptorium.engine.api.SpanReader;
import org.scriptorium.engine.api.SpanReader.Question;
import org.scriptorium.engine.api.SpanReader.Span;
import org.scriptorium.engine.api.TextPair;
import org.scriptorium.engine.api.Truncation;

/**
 * Jobs with models that read: the fixtures' encoders and encoder-decoders, and the default model of embeddings; against the engine's own
 * answers.
 */
class TestReadingJobsFixture {
  private static final List<String> TEXTS = List.of("The library keeps old letters.", "A dog sleeps in the yard.",
      "the library keeps old letters!", "Where is the letter that the city wrote?");

  private static final String YAML = """
      read: { format: parquet, path: %s, id: id, text: text }
      task: { kind: generate }
      write: { path: %s }
      quality: { max-error-rate: 1 }
      """;

  @TempDir private static Path shared;
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = Sessions.onEngine(shared.resolve("cache"));
    String texts = IntStream.range(0, TEXTS.size()).mapToObj(i -> "('%d', '%s', 'kept')".formatted(i, TEXTS.get(i)))
        .collect(Collectors.joining(", "));
    spark.sql("SELECT * FROM VALUES " + texts + ", ('again', '" + TEXTS.getFirst() + "', 'kept'), ('null', NULL, NULL),"
        + " ('blank', ' ', NULL), ('broken', CAST(X'C328' AS STRING), NULL) AS v(id, text, section)").coalesce(1).write()
        .parquet(shared.resolve("docs").toString());
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(Sessions.spark());
  }

  @TestFactory
  Stream<DynamicTest> embeds() {
    return encoders("model")
        .map(model -> dynamicTest(name(model), () -> embeds(model, "task={kind: embed, model: '%s'}".formatted(model))));
  }

  /** What a model was trained for besides is no matter of its vectors. */
  @Test
  void embedsWithEveryEncoder() {
    List<Path> models = encoders("").toList();
    String tasks = IntStream.range(0, models.size()).mapToObj(i -> "{ name: with%d, kind: embed, model: '%s' }".formatted(i, models.get(i)))
        .collect(Collectors.joining(", "));
    Path output = shared.resolve("every-encoder");
    String yaml = YAML.formatted(shared.resolve("docs"), output).replace("task: { kind: generate }", "tasks: [" + tasks + "]");
    JobFile job = JobFile.parse(yaml, "job.yaml", List.of());
    assertThat(JobRun.run(spark, job, Progress.silent()).computed()).isEqualTo(5L * models.size());
    for (int i = 0; i < models.size(); i++) {
      Dataset<Row> rows = spark.read().parquet(output.toString()).where("id < 'a'").orderBy("id").selectExpr("with" + i + ".embedding");
      List<float[]> found = rows.collectAsList().stream().map(TestReadingJobsFixture::floats).toList();
      assertThat(found.toArray(float[][]::new)).as(name(models.get(i))).isDeepEqualTo(vectors(models.get(i)).toArray(float[][]::new));
    }
  }

  @Test
  void embedsWithTheSessionsModelOfEmbeddings() {
    Path model = ReferenceFixtures.requireMiniLm();
    spark.conf().set("spark.scriptorium.model.embedding", model.toString());
    try {
      Map<String, Row> rows = embeds(model, "task={kind: embed}");
      assertThat(cosine(rows, "0", "2")).isGreaterThan(0.9).isGreaterThan(cosine(rows, "0", "1") + 0.5);
    } finally {
      spark.conf().unset("spark.scriptorium.model.embedding");
    }
  }

  private static double cosine(Map<String, Row> rows, String one, String other) {
    float[] a = floats(rows.get(one)), b = floats(rows.get(other));
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }

  private Map<String, Row> embeds(Path model, String task) {
    Path output = shared.resolve("out-" + System.nanoTime());
    Report report = run(output, task, "read.keep=[section]");
    assertThat(report.rows()).isEqualTo(8);
    assertThat(report.skipped()).isEqualTo(2);
    assertThat(report.deduplicated()).isEqualTo(1);
    assertThat(report.errors()).isEqualTo(Map.of("malformed_text", 1L));
    assertThat(report.completionTokens()).isZero();
    assertThat(report.promptTokens()).isPositive();
    Dataset<Row> written = spark.read().parquet(output.toString());
    assertThat(written.columns()).containsExactly("id", "section", "text", "finish_reason", "error_code", "error", "prompt_tokens",
        "cached_tokens", "completion_tokens", "model", "request_key", "embedding");
    assertThat(written.schema().apply("embedding").dataType().simpleString()).isEqualTo("array<float>");
    Map<String, Row> rows = written.collectAsList().stream().collect(Collectors.toMap(row -> row.getAs("id"), row -> row));
    List<float[]> expected = vectors(model);
    for (int i = 0; i < expected.size(); i++) assertThat(floats(rows.get(Integer.toString(i)))).isEqualTo(expected.get(i));
    assertThat(floats(rows.get("again"))).isEqualTo(expected.getFirst());
    for (String none : List.of("null", "blank", "broken")) assertThat(rows.get(none).<Object>getAs("embedding")).as(none).isNull();
    assertThat(rows.values().stream().map(row -> row.<String>getAs("finish_reason"))).containsOnly("stop", "skipped", "error");
    assertThat(rows.get("0").<String>getAs("request_key")).isEqualTo(rows.get("again").getAs("request_key")).hasSize(64);
    return rows;
  }

  @TestFactory
  Stream<DynamicTest> marksAnswers() {
    return encoders("question").map(model -> dynamicTest(name(model), () -> {
      List<Span> expected;
      try (SpanReader reader = Engine.openSpanReader(model, "reader", Optional.empty(), options())) {
        expected = reader.answer(TEXTS.stream().map(text -> new Question("Where?", text)).toList(),
            SpanConfig.DEFAULT.withNoAnswer(NoAnswer.POSSIBLE))
            .stream().map(reading -> reading.value().getFirst()).toList();
      }
      Path output = shared.resolve("out-" + System.nanoTime());
      Report report = run(output, "task={kind: answer, question: 'Where?', model: '%s'}".formatted(model));
      assertThat(report.errors()).isEqualTo(Map.of("malformed_text", 1L));
      assertThat(report.skipped()).isEqualTo(2);
      assertThat(report.completionTokens()).isZero();
      List<Row> rows = spark.read().parquet(output.toString()).where("id < 'a'").orderBy("id")
          .selectExpr("text", "finish_reason", "span.start", "span.end", "span.score").collectAsList();
      for (int i = 0; i < TEXTS.size(); i++) {
        Span span = expected.get(i);
        assertThat(rows.get(i)).isEqualTo(span.text().isEmpty() ? RowFactory.create("", "no_answer", null, null, null)
            : RowFactory.create(TEXTS.get(i).substring(span.start(), span.end()), "stop", span.start(), span.end(), span.score()));
      }
    }));
  }

  @TestFactory
  Stream<DynamicTest> givesTheModelsLabels() {
    return encoders("sequence").map(model -> dynamicTest(name(model), () -> {
      List<List<String>> ranked;
      try (Classifier classifier = Engine.openClassifier(model, "reader", Optional.empty(), options())) {
        ranked = classifier.classify(TEXTS.stream().map(TextPair::of).toList(), Truncation.NONE).stream()
            .map(reading -> reading.value().stream().map(Label::name).toList()).toList();
      }
      Path output = shared.resolve("out-" + System.nanoTime());
      run(output, "task={kind: classify, model: '%s'}".formatted(model));
      assertThat(texts(output)).isEqualTo(ranked.stream().map(List::getFirst).toList());
      run(output, "task={kind: classify, labels: [LABEL_2, label_1], model: '%s'}".formatted(model), "write.mode=overwrite");
      assertThat(texts(output)).isEqualTo(ranked.stream()
          .map(labels -> labels.indexOf("LABEL_1") < labels.indexOf("LABEL_2") ? "label_1" : "LABEL_2").toList());
      Path none = shared.resolve("none");
      assertThatThrownBy(() -> run(none, "task={kind: classify, labels: [LABEL_0, LABEL_9], model: '%s'}".formatted(model)))
          .isInstanceOf(JobException.class)
          .hasMessageContaining("labels: expected labels of bert-sequence-classification, which are LABEL_0,")
          .hasMessageEndingWith("found 'LABEL_9'");
      assertThat(none).doesNotExist();
    }));
  }

  @TestFactory
  Stream<DynamicTest> otherHeadsAreRefusedBeforeAnythingIsWritten() {
    return encoders("").map(model -> dynamicTest(name(model), () -> {
      Path none = shared.resolve("none");
      assertThatThrownBy(() -> run(none, "task={kind: summarize, model: '%s'}".formatted(model))).isInstanceOf(JobException.class)
          .hasMessageContaining("expected a model that generates texts, found %s (bert), an encoder whose head "
              .formatted(model.getFileName()));
      assertThat(none).doesNotExist();
    }));
  }

  /** Such models take the text itself: each was trained for one task. */
  @TestFactory
  Stream<DynamicTest> summarizesAndTranslatesWithEncoderDecoders() {
    return ReferenceFixtures.models().stream().filter(model -> model.getFileName().toString().matches("(bart|marian|t5).*"))
        .map(model -> dynamicTest(name(model), () -> {
          var config = GenerationConfig.of(Map.of("max_new_tokens", 24));
          List<Completion> expected = completions(model, config);
          Path output = shared.resolve("out-" + System.nanoTime());
          String kind = model.getFileName().toString().startsWith("marian") ? "kind: translate, language: de" : "kind: summarize";
          Report report = run(output, "task={%s, model: '%s'}".formatted(kind, model), "generate.max-new-tokens=24", "read.partitions=2");
          assertThat(report.errors()).isEqualTo(Map.of("malformed_text", 1L));
          List<Row> rows = spark.read().parquet(output.toString()).where("id < 'a'").orderBy("id")
              .select("text", "finish_reason", "prompt_tokens", "completion_tokens").collectAsList();
          assertThat(rows)
              .isEqualTo(expected.stream().map(completion -> RowFactory.create(completion.text(), completion.finishReason().code(),
              completion.promptTokens(), completion.completionTokens())).toList());
          assertThat(expected).anySatisfy(completion -> assertThat(completion.text()).isNotBlank());
        }));
  }

  /** The task's own limit of new tokens is no matter of what such a model can read. */
  @Test
  void encoderDecodersNeedNoLimit() {
    Path model = ReferenceFixtures.models().stream().filter(path -> path.endsWith("bart")).findFirst().orElseThrow();
    assertThat(Engine.describe(model, "bart").contextLength()).isEqualTo(128);
    assertThat(run(shared.resolve("no-limit"), "task={kind: summarize, model: '%s'}".formatted(model), "read.limit=2").errors()).isEmpty();
  }

  private static List<Completion> completions(Path model, GenerationConfig config) {
    try (Generator generator = Engine.open(model, "model", Optional.empty(), options())) {
      return TEXTS.stream().map(text -> {
        var completion = new CompletableFuture<Completion>();
        generator.submit(new Request(new Prompt.Raw(SourcedText.row(text)), config), completion::complete);
        return completion.join();
      }).toList();
    }
  }

  private static List<String> texts(Path output) {
    return spark.read().parquet(output.toString()).where("id < 'a'").orderBy("id").select("text").as(Encoders.STRING()).collectAsList();
  }

  private static List<float[]> vectors(Path model) {
    try (Embedder embedder = Engine.openEmbedder(model, "reader", Optional.empty(), options())) {
      return embedder.embed(TEXTS).stream().map(reading -> reading.value()).toList();
    }
  }

  private static EngineOptions options() {
    return new EngineOptions(2, 64 << 20, 64, 512, "auto", 0, "float16", shared);
  }

  private static float[] floats(Row row) {
    List<Float> values = row.getList(row.fieldIndex("embedding"));
    var floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) floats[i] = values.get(i);
    return floats;
  }

  /** Fixtures of encoders whose names end so. */
  private static Stream<Path> encoders(String ending) {
    return ReferenceFixtures.models().stream().filter(model -> model.getFileName().toString().startsWith("bert-" + ending));
  }

  private static String name(Path model) {
    return (ReferenceFixtures.ships(model) ? "shipped " : "") + model.getFileName();
  }

  private static Report run(Path output, String... overrides) {
    String yaml = YAML.formatted(shared.resolve("docs"), output);
    return JobRun.run(spark, JobFile.parse(yaml, "job.yaml", Arrays.asList(overrides)), Progress.silent());
  }
}
