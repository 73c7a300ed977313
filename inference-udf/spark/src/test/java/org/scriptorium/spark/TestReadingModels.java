package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.TinyBert;
import org.scriptorium.engine.TinyModel;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Classifier.Label;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SpanConfig;
import org.scriptorium.engine.api.SpanConfig.NoAnswer;
import org.scriptorium.engine.api.SpanReader;
import org.scriptorium.engine.api.TextPair;
import org.scriptorium.engine.api.Truncation;

/** The functions with models that read, which are small BERTs: vectors, marked answers, labels of their own. */
class TestReadingModels {
  private static PlanSession session;
  private static Path bert;
  private static Path writer;
  @TempDir static Path packed;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]");
    ExecutorEngines.useOpener(ModelOpener.ENGINE);
    bert = new TinyBert("BertModel").write(session.folder.resolve("bert"));
    writer = TinyModel.write(session.folder, 11);
    session.spark.conf().set("spark.scriptorium.model.embedding", bert.toString());
    session.spark.conf().set("spark.scriptorium.model.default", writer.toString());
    session.sql("SELECT id, concat('the library reads ', repeat('music ', cast(id % 9 AS INT))) AS text FROM range(40)")
        .createOrReplaceTempView("documents");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  private static List<float[]> vectors(List<String> texts) {
    var options = new EngineOptions(1, 1 << 20, 16, 512, "auto", 0, "float32", packed);
    try (Embedder embedder = Engine.openEmbedder(bert, "bert", Optional.empty(), options)) {
      return embedder.embed(texts).stream().map(reading -> reading.value()).toList();
    }
  }

  @Test
  void vectorsAreTheEnginesWhateverThePartitioning() {
    List<Row> rows = session.sql("SELECT text, ai_embed(text) FROM documents ORDER BY id").collectAsList();
    List<float[]> expected = vectors(rows.stream().map(row -> row.getString(0)).toList());
    for (int i = 0; i < rows.size(); i++) assertThat(floats(rows.get(i).getList(1))).isEqualTo(expected.get(i));
    var spread = session.spark.table("documents").repartition(7).selectExpr("id", "ai_embed(content => text) v").orderBy("id").collectAsList();
    for (int i = 0; i < spread.size(); i++) assertThat(floats(spread.get(i).getList(1))).isEqualTo(expected.get(i));
    assertThat(session.sql("SELECT ai_embed('x') v").schema().apply("v").dataType())
        .isEqualTo(DataTypes.createArrayType(DataTypes.FloatType, false));
  }

  private static float[] floats(List<Float> values) {
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) result[i] = values.get(i);
    return result;
  }

  @Test
  void similarityIsTheCosine() {
    List<float[]> two = vectors(List.of("the music", "where are the files?"));
    double product = IntStream.range(0, TinyBert.WIDTH).mapToDouble(i -> (double) two.get(0)[i] * two.get(1)[i]).sum();
    double lengths = two.stream().mapToDouble(vector -> Math.sqrt(IntStream.range(0, vector.length).mapToDouble(i -> (double) vector[i] * vector[i])
        .sum())).reduce(1, (a, b) -> a * b);
    Row row = session.sql("SELECT ai_similarity('the music', 'where are the files?'), ai_similarity('Where are the files?', 'the music'),"
        + " ai_similarity('the music', 'the music'), ai_similarity('x', NULL), ai_similarity('x', ' ')").first();
    assertThat(row.getFloat(0)).isCloseTo((float) (product / lengths), within(1e-6f)).isEqualTo(row.getFloat(1));
    assertThat(row.getFloat(2)).isCloseTo(1f, within(1e-6f));
    assertThat(row.isNullAt(3)).isTrue();
    assertThat(row.isNullAt(4)).isTrue();
  }

  @Test
  void rowsInErrorHaveTheirOwn() {
    List<Row> rows = session.sql("SELECT try_ai_embed(t) r FROM VALUES ('music'), (NULL), (' '), (CAST(X'C328' AS STRING)) AS v(t)")
        .selectExpr("r.finish_reason", "r.error_code", "r.prompt_tokens", "size(r.embedding)", "r.model").collectAsList();
    assertThat(rows.get(0)).isEqualTo(RowFactory.create("stop", "", 3, TinyBert.WIDTH, "bert"));
    assertThat(rows.get(1).isNullAt(0)).isTrue();
    assertThat(rows.get(2).getString(0)).isEqualTo("skipped");
    assertThat(rows.get(3).getString(1)).isEqualTo("malformed_text");
    assertThatThrownBy(() -> session.sql("SELECT ai_embed(CAST(X'C328' AS STRING)) FROM range(1)").collectAsList())
        .isInstanceOf(SparkException.class).hasMessageContaining("malformed_text");
  }

  @Test
  void equalTextsAreReadOnce() {
    var rows = session.sql("SELECT id, try_ai_embed(concat('music ', id % 3)) r FROM range(0, 30, 1, 1)");
    List<Row> found = rows.selectExpr("id", "r.embedding", "r.request_key", "r.cached_tokens = r.prompt_tokens", "r.prompt_tokens").collectAsList();
    for (Row row : found) {
      Row first = found.get((int) (row.getLong(0) % 3));
      assertThat(floats(row.getList(1))).isEqualTo(floats(first.getList(1)));
      assertThat(row.getString(2)).isEqualTo(first.getString(2)).matches("[0-9a-f]{64}");
      assertThat(row.getBoolean(3)).isEqualTo(row.getLong(0) >= 3);
      assertThat(row.getInt(4)).isEqualTo(first.getInt(4)).isPositive();
    }
    assertThat(found.stream().map(row -> row.getString(2)).distinct()).hasSize(3);
    rows.collectAsList();
    assertThat(PlanSession.metric(rows, "deduplicatedRows")).isEqualTo(27);
    // The same text to another end is another request.
    assertThat(session.sql("SELECT try_ai_similarity('music 0', 'music 0').request_key").first().getString(0)).isNotEqualTo(found.getFirst().getString(2));
  }

  @Test
  void answersAreMarkedInTheContext() {
    Path model = new TinyBert("BertForQuestionAnswering").write(session.folder.resolve("marker"));
    String context = "\ud83d\udcda: the package reads files, where the library writes music.";
    List<String> questions = List.of("what?", "where?", "music?", "files?", "the library?", "reads?", "the package reads what?", "a", "xyz", "ing");
    List<SpanReader.Span> expected;
    var options = new EngineOptions(1, 1 << 20, 16, 512, "auto", 0, "float32", packed);
    try (SpanReader reader = Engine.openSpanReader(model, "marker", Optional.empty(), options)) {
      var asked = questions.stream().map(question -> new SpanReader.Question(question, context)).toList();
      expected = reader.answer(asked, SpanConfig.DEFAULT.withNoAnswer(NoAnswer.POSSIBLE)).stream()
          .map(reading -> reading.value().getFirst()).toList();
    }
    String asked = questions.stream().map(question -> "('" + question + "')").reduce((a, b) -> a + ", " + b).orElseThrow();
    List<Row> rows = session.sql("SELECT try_ai_answer(q, '%s', map('model', '%s')) r FROM VALUES %s AS v(q)".formatted(context, model, asked))
        .selectExpr("r.text", "r.finish_reason", "r.completion_tokens", "r.prompt_tokens > 10", "r.span.start", "r.span.end",
            "r.span.score").collectAsList();
    for (int i = 0; i < questions.size(); i++) {
      SpanReader.Span span = expected.get(i);
      // The context's first character is two units.
      assertThat(rows.get(i)).isEqualTo(span.text().isEmpty() ? RowFactory.create("", "no_answer", 0, true, null, null, null)
          : RowFactory.create(span.text(), "stop", 0, true, span.start() - 1, span.end() - 1, span.score()));
    }
    assertThat(expected.stream().filter(span -> span.start() > 0)).isNotEmpty();
    assertThat(session.sql("SELECT ai_answer('where?', '%s', map('model', '%s'))".formatted(context, model)).first().getString(0))
        .isEqualTo(expected.get(1).text());
    assertThat(session.sql("SELECT try_ai_answer('where?', '%s', map('max_new_tokens', '4')) r".formatted(context)).selectExpr("r.span IS NULL")
        .first().getBoolean(0)).as("what is generated stands nowhere").isTrue();
    Row none = session.sql("SELECT try_ai_answer('?', 'music', map('model', '%s')).error_code, ai_answer('what?', NULL, map('model', '%s'))"
        .formatted(model, model)).first();
    assertThat(none.getString(0)).isEmpty();
    assertThat(none.isNullAt(1)).isTrue();
  }

  @Test
  void labelsAreTheModelsOwn() {
    Path model = new TinyBert("BertForSequenceClassification").write(session.folder.resolve("classifier"));
    List<Label> scored;
    var options = new EngineOptions(1, 1 << 20, 16, 512, "auto", 0, "float32", packed);
    try (Classifier classifier = Engine.openClassifier(model, "classifier", Optional.empty(), options)) {
      scored = classifier.classify(List.of(TextPair.of("the music")), Truncation.NONE).getFirst().value();
    }
    String all = "ai_classify('the music', array('GOOD', 'bad', 'Neither'), map('model', '%s'))".formatted(model);
    assertThat(session.sql("SELECT " + all).first().getString(0)).isEqualToIgnoringCase(scored.getFirst().name());
    String others = scored.stream().skip(1).map(label -> "'" + label.name() + "'").reduce((a, b) -> a + ", " + b).orElseThrow();
    assertThat(session.sql("SELECT ai_classify('the music', array(%s), map('model', '%s'))".formatted(others, model)).first().getString(0))
        .isEqualTo(scored.get(1).name());
    Row own = session.sql("SELECT ai_classify('the music', map('model', '%1$s')), ai_classify(text => 'the music', options => map('model', '%1$s')),"
        .formatted(model) + " try_ai_classify(' ', map('model', '%s')).finish_reason".formatted(model)).first();
    assertThat(own).isEqualTo(RowFactory.create(scored.getFirst().name(), scored.getFirst().name(), "skipped"));
    assertThatThrownBy(() -> session.sql("SELECT try_ai_classify('the music', array('good', 'better'), map('model', '%s'))".formatted(model))
        .queryExecution().executedPlan()).isInstanceOf(ModelException.class)
        .hasMessage("try_ai_classify: labels: expected labels of classifier, which are good, bad, neither, found 'better'");
    assertThatThrownBy(() -> session.sql("SELECT ai_classify('the music')").queryExecution().executedPlan()).isInstanceOf(ModelException.class)
        .hasMessage("ai_classify: labels: expected 2 to 20 texts, found none; tiny generates texts and has no labels of its own");
    assertThat(session.sql("SELECT try_ai_classify(repeat('music ', 99), array('good', 'bad'), map('model', '%s')).error_code".formatted(model))
        .first().getString(0)).isEqualTo("prompt_too_long");
    assertThat(session.sql("SELECT ai_classify(repeat('music ', 99), array('good', 'bad'), map('model', '%s', 'truncation', 'tail'))".formatted(model))
        .first().getString(0)).isIn("good", "bad");
  }

  @Test
  void sentimentsAreAmongTheModelsLabels() {
    Path model = new TinyBert("BertForSequenceClassification").set("id2label", "{\"0\": \"NEGATIVE\", \"1\": \"POSITIVE\", \"2\": \"NEUTRAL\"}")
        .write(session.folder.resolve("sentiments"));
    String best = session.sql("SELECT ai_classify('the music', map('model', '%s'))".formatted(model)).first().getString(0);
    assertThat(session.sql("SELECT ai_analyze_sentiment('the music', map('model', '%s'))".formatted(model)).first().getString(0))
        .isEqualTo(best.toLowerCase(java.util.Locale.ROOT));
    Path other = new TinyBert("BertForSequenceClassification").write(session.folder.resolve("others"));
    assertThatThrownBy(() -> session.sql("SELECT ai_analyze_sentiment('x', map('model', '%s'))".formatted(other)).queryExecution().executedPlan())
        .hasMessage("ai_analyze_sentiment: model: expected one whose labels are among positive, negative, neutral, mixed, found the label 'good'"
            + " of others; use ai_classify");
  }

  @Test
  void countsTheTokensOfModelsThatRead() {
    assertThat(session.sql("SELECT ai_count_tokens('%s', 'the library reads')".formatted(bert)).first().getInt(0)).isEqualTo(3);
  }

  @Test
  void modelsOfAnotherKindFailOnTheDriver() {
    assertThatThrownBy(() -> session.sql("SELECT ai_embed('x', map('model', '%s'))".formatted(writer)).collectAsList())
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.MODEL_UNSUPPORTED))
        .hasMessage("ai_embed: expected an encoder, which reads texts, found tiny (llama), which generates texts; use it with ai_gen, ai_summarize,"
            + " ai_translate, ai_classify, ai_analyze_sentiment, ai_extract, ai_answer, ai_chat, ai_fix_grammar, ai_mask or ai_query,"
            + " or name another model");
    Path marker = new TinyBert("BertForQuestionAnswering").write(session.folder.resolve("marker2"));
    Path guesser = new TinyBert("BertForMaskedLM").write(session.folder.resolve("guesser"));
    for (String call : List.of("ai_gen('x'", "ai_summarize('x'", "ai_chat(array(named_struct('role', 'user', 'content', 'x'))", "ai_answer('x', 'y'")) {
      assertThatThrownBy(() -> session.sql("SELECT %s, map('model', '%s'))".formatted(call, guesser)).queryExecution().executedPlan())
          .isInstanceOf(ModelException.class).hasMessage("%s: expected a model that generates texts%s, found guesser (bert), an encoder whose head"
              .formatted(call.substring(0, call.indexOf('(')), call.startsWith("ai_answer") ? " or marks answers" : "")
              + " guesses masked words; use it with ai_embed or ai_similarity, or name another model");
    }
    assertThatThrownBy(() -> session.sql("SELECT ai_classify('x', array('a', 'b'), map('model', '%s'))".formatted(marker)).queryExecution()
        .executedPlan()).isInstanceOf(ModelException.class)
        .hasMessage("ai_classify: expected a model that generates texts or classifies them, found marker2 (bert), an encoder whose head marks"
            + " answers; use it with ai_answer, ai_embed or ai_similarity, or name another model");
    assertThatThrownBy(() -> session.sql("SELECT ai_embed('x', map('max_new_tokens', '4'))").collectAsList())
        .hasMessageContaining("ai_embed: unknown option 'max_new_tokens'");
  }
}
