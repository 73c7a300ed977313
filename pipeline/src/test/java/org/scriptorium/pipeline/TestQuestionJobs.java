package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.TinyBert;
import org.scriptorium.engine.TinyModel;
import org.scriptorium.spark.ScriptoriumExtensions;

/** Jobs that index documents and ask them questions, through the real functions and the engine, with models whose weights are noise. */
class TestQuestionJobs {
  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static SparkSession spark;
  private static Path bert;
  private static Path marker;
  private static Path writer;

  @BeforeAll
  static void start() {
    SparkSession others = Sessions.spark();
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    bert = new TinyBert("BertModel").write(shared.resolve("bert"));
    marker = new TinyBert("BertForQuestionAnswering").write(shared.resolve("marker"));
    spark = SparkSession.builder().master("local[2]").withExtensions(new ScriptoriumExtensions())
        .config("spark.scriptorium.engine.cache-memory", "64m")
        .config("spark.scriptorium.model.cache-dir", shared.resolve("cache").toString())
        .config("spark.scriptorium.model.embedding", bert.toString()).getOrCreate();
    SparkSession.setDefaultSession(others);
    writer = TinyModel.write(shared, 11);
    spark.conf().set("spark.scriptorium.model.embedding", bert.toString());
    spark.conf().set("spark.sql.shuffle.partitions", "2");
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(Sessions.spark());
  }

  /** Texts of several scripts, with characters outside of the basic plane, some with headings. */
  private static Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("library", "# The library\n\nThe library reads files. It writes music at night.\n\n# Opening hours\n\nIt opens at nine.");
    texts.put("baker", "The baker's dough \uD83E\uDD50 rests overnight. "
        + "Then it is baked, slowly, in the old oven of the village. ".repeat(12));
    texts.put("日本", "図書館は九時に開きます。夜は音楽を書きます。\n\n" + "パンは一晩休ませてから焼きます。".repeat(20));
    texts.put("中文", "图书馆九点开门。晚上写音乐。\n\n𠮷野家的面包要放一夜。" + "然后慢慢地烤。".repeat(30));
    var random = new Random(5);
    for (int i = 0; i < 12; i++) {
      String words = IntStream.range(0, 20 + random.nextInt(120)).mapToObj(word -> "word" + random.nextInt(40) + (word % 9 == 8 ? "." : ""))
          .collect(Collectors.joining(" "));
      texts.put("noise-%02d".formatted(i), words);
    }
    // The same text in two documents.
    texts.put("noise-twin", texts.get("noise-03"));
    return texts;
  }

  private static final List<String> QUESTIONS = List.of("When does the library open?", "What rests overnight?", "図書館はいつ開きますか", "图书馆几点开门",
      "word7 word9 word11", "word3 word3 word3?");

  @Test
  void shardsDoNotShowInWhatIsFound() throws Exception {
    documents(texts());
    Map<String, List<String>> first = new HashMap<>();
    for (int shards : new int[] {1, 2, 5}) {
      Report built = index("task.shards=" + shards);
      assertThat(built.rows()).isEqualTo(17);
      for (String mode : List.of("hybrid", "bm25", "vector")) {
        Report report = run(questions(QUESTIONS),
            "task={kind: retrieve, index: '%s', top: 4, mode: %s}".formatted(folder.resolve("index"), mode));
        assertThat(report.rows()).isEqualTo(6);
        List<String> rows = rows("id", "passages");
        assertThat(rows).allMatch(row -> row.contains("["));
        assertThat(first.computeIfAbsent(mode, any -> rows)).as("%s over %d shards", mode, shards).isEqualTo(rows);
      }
    }
    assertThat(passages("bm25", "When does the library open?").getFirst().getString(0)).isEqualTo("library");
    assertThat(passages("bm25", "図書館はいつ開きますか").getFirst().getString(0)).isEqualTo("日本");
    assertThat(passages("bm25", "图书馆几点开门").getFirst().getString(0)).isEqualTo("中文");
  }

  @Test
  void passagesAreTheirDocumentsCharacters() throws Exception {
    Map<String, String> texts = texts();
    documents(texts);
    index("task.chunk-tokens=24", "task.shards=2");
    List<Row> all = new ArrayList<>();
    for (String question : texts.values()) {
      all.addAll(passages("vector", question.substring(0, Math.min(40, question.length()))));
    }
    assertThat(all).hasSizeGreaterThan(100);
    for (Row passage : all) {
      assertThat(characters(texts.get(passage.getString(0)), passage.getInt(1), passage.getInt(2))).isEqualTo(passage.getString(4))
          .isNotBlank();
    }
    String counted = "SELECT max(n) FROM (SELECT ai_count_tokens('%s', text) AS n FROM passages)".formatted(bert);
    spark.createDataFrame(all.stream().map(row -> RowFactory.create(row.getString(4))).toList(), StructType.fromDDL("text string"))
        .createOrReplaceTempView("passages");
    assertThat(spark.sql(counted).head().getInt(0)).isBetween(12, 24);
  }

  @Test
  void aSecondRunDoesWhatChanged() throws Exception {
    Map<String, String> texts = texts();
    documents(texts);
    Report first = index("task.shards=3");
    assertThat(first.computed()).isEqualTo(17);
    assertThat(first.reused()).isZero();
    List<Path> files = files("index");

    Report again = index();
    assertThat(again.computed()).isZero();
    assertThat(again.reused()).isEqualTo(17);
    assertThat(files("index")).isEqualTo(files);

    texts.put("baker", "The baker is on holiday.");
    texts.remove("日本");
    texts.put("new", "A new shelf of maps.");
    texts.put("empty", "  ");
    documents(texts);
    Report changed = index();
    assertThat(changed.computed()).isEqualTo(2);
    assertThat(changed.skipped()).isEqualTo(1);
    assertThat(changed.reused()).isEqualTo(15);
    assertThat(passages("hybrid", "Where is the baker?")).anyMatch(row -> row.getString(4).equals("The baker is on holiday."))
        .noneMatch(row -> row.getString(4).contains("dough"));
    assertThat(passages("bm25", "図書館はいつ開きますか")).noneMatch(row -> row.getString(0).equals("日本"));
    List<Row> updated = passages("hybrid", "word7 maps");

    // As if it had been built at once.
    Files.move(folder.resolve("index"), folder.resolve("before"));
    index("task.shards=3");
    assertThat(passages("hybrid", "word7 maps")).isEqualTo(updated);

    // Another number of shards is another index.
    assertThat(index("task.shards=2").computed()).isEqualTo(18 - 1);
    assertThat(passages("hybrid", "word7 maps")).isEqualTo(updated);
  }

  @Test
  void progressCountsThePassagesThatAreEmbedded() throws Exception {
    documents(texts());
    var out = new ByteArrayOutputStream();
    index(Progress.log(new PrintStream(out, true, StandardCharsets.UTF_8), Duration.ofMillis(5)));
    String told = out.toString(StandardCharsets.UTF_8);
    Matcher all = Pattern.compile("(\\d+) passages of 17 documents: (\\d+) embedded; 0 documents taken over").matcher(told);
    Matcher starting = Pattern.compile("index: (\\d+) passages, starting").matcher(told);
    assertThat(all.find() && starting.find()).as(told).isTrue();
    assertThat(all.group(1)).isEqualTo(all.group(2));
    // The passages of the twin are embedded with their equals.
    int embedded = Integer.parseInt(starting.group(1));
    assertThat(embedded).isBetween(16, Integer.parseInt(all.group(1)) - 1);
    assertThat(Pattern.compile("index: (\\d+) of (\\d+) passages").matcher(told).results())
        .allMatch(line -> Integer.parseInt(line.group(1)) <= embedded && Integer.parseInt(line.group(2)) == embedded);
  }

  @Test
  void readersSeeTheOldIndexOrTheNew() throws Exception {
    documents(texts());
    index();
    List<Row> before = passages("hybrid", "When does the library open?");
    List<Path> files = files("index");
    // A run that fails after it has written shards publishes nothing, and what it wrote is removed by the next.
    Files.writeString(folder.resolve("docs/broken.jsonl"),
        "{\"id\": \"x\", \"text\": \"The library burns.\"}\n{\"id\": \"y\", \"text\": \"half \\ud800\"}\n");
    assertThatThrownBy(() -> index("quality.max-error-rate=0")).isInstanceOf(JobException.class)
        .hasMessageContaining("nothing was published").hasMessageContaining("unpaired surrogate");
    assertThat(passages("hybrid", "When does the library open?")).isEqualTo(before);
    assertThat(files("index")).containsAll(files);
    Files.delete(folder.resolve("docs/broken.jsonl"));
    assertThat(index().computed()).isZero();
    assertThat(files("index")).isEqualTo(files);
  }

  @Test
  void whatALimitLeavesOutStays() throws Exception {
    documents(texts());
    index();
    List<Path> files = files("index");
    assertThatThrownBy(() -> index("read.limit=3")).isInstanceOf(JobException.class).hasMessage(
        "read.limit: 14 indexed documents are not among those that were read, and would be removed; leave the limit out, or write"
            + " elsewhere");
    assertThat(files("index")).isEqualTo(files);
  }

  @Test
  void aLineThatIsNoJsonIsItsOwnError() throws Exception {
    documents(texts());
    Files.writeString(folder.resolve("docs/cut.jsonl"), "{\"id\": \"cut\", \"text\": \"The lib");
    Report report = index("quality.max-error-rate=0.1");
    assertThat(report.rows()).isEqualTo(18);
    assertThat(report.errors()).containsEntry("malformed_text", 1L);
    assertThat(passages("bm25", "When does the library open?").getFirst().getString(0)).isEqualTo("library");
    assertThatThrownBy(() -> index("quality.max-error-rate=0")).isInstanceOf(JobException.class)
        .hasMessageContaining("nothing was published");
  }

  /** A half of a character is nothing that another run would read otherwise. */
  @Test
  void documentsThatStayInErrorAreNoChange() throws Exception {
    documents(texts());
    Path file = folder.resolve("docs/half.jsonl");
    Files.writeString(file, "{\"id\": \"half\", \"text\": \"half \\ud800\"}\n");
    assertThat(index("quality.max-error-rate=0.1").errors()).isEqualTo(Map.of("malformed_text", 1L));
    List<Path> files = files("index");
    Report again = index("quality.max-error-rate=0.1");
    assertThat(again.errors()).isEqualTo(Map.of("malformed_text", 1L));
    assertThat(again.computed()).isZero();
    assertThat(files("index")).isEqualTo(files);
    assertThatThrownBy(() -> index("quality.max-error-rate=0")).isInstanceOf(JobException.class).hasMessageContaining("unpaired surrogate");
    Files.writeString(file, "{\"id\": \"half\", \"text\": \"whole again\"}\n");
    Report whole = index("quality.max-error-rate=0");
    assertThat(List.of(whole.computed(), whole.reused(), (long) whole.errors().size())).containsExactly(1L, 17L, 0L);
    assertThat(passages("bm25", "whole again").getFirst().getString(0)).isEqualTo("half");
  }

  @Test
  void theModelOfTheVectorsMayHaveMoved() throws Exception {
    documents(texts());
    Path moved = new TinyBert("BertModel").write(folder.resolve("moved"));
    index("model=" + moved);
    Path here = Files.move(moved, folder.resolve("here"));
    String task = "task={kind: retrieve, index: '%s', model: '%s'}";
    assertThatThrownBy(() -> run(questions(QUESTIONS), task.formatted(folder.resolve("index"), moved))).hasMessageContaining("moved");
    assertThat(run(questions(QUESTIONS), task.formatted(folder.resolve("index"), here)).rows()).isEqualTo(6);
    assertThat(rows("passages")).allMatch(row -> row.contains("["));
    Path other = new TinyBert("BertModel").write(folder.resolve("other"));
    Files.writeString(other.resolve("config.json"), "\n", java.nio.file.StandardOpenOption.APPEND);
    assertThatThrownBy(() -> run(questions(QUESTIONS), task.formatted(folder.resolve("index"), other)))
        .hasMessageContaining("are of another model than").hasMessageContaining("name its own model (%s, as it was called then)".formatted(moved));
  }

  @Test
  void answersNameTheirPassages() throws Exception {
    documents(texts());
    index("task.shards=2");
    List<String> asked = new ArrayList<>(QUESTIONS);
    asked.addAll(List.of("When does the library open?", " ", "\t\n", "\u3000\u00a0"));
    Report report = run(questions(asked), "model=" + writer, "task={kind: answer, index: '%s', top: 3}".formatted(folder.resolve("index")),
        "generate.max-new-tokens=8");
    assertThat(report.rows()).isEqualTo(10);
    assertThat(report.skipped()).isEqualTo(3);
    assertThat(report.errors()).isEmpty();
    assertThat(report.promptTokens()).isPositive();
    List<Row> rows = output().selectExpr("finish_reason", "text", "passages", "citations", "prompt_tokens").collectAsList();
    for (Row row : rows) {
      assertThat(row.getString(0)).isIn("stop", "length", "no_answer", "skipped");
      if (List.of("no_answer", "skipped").contains(row.getString(0))) assertThat(row.getString(1)).isEmpty();
      if (!row.getString(0).equals("skipped")) assertThat(row.getList(2)).isNotEmpty();
      for (Row citation : row.<Row>getList(3)) assertThat(citation.getInt(0)).isBetween(1, row.getList(2).size());
      assertThat(row.getInt(4)).isLessThanOrEqualTo(512 - 8);
    }
  }

  @Test
  void aPromptHoldsWhatItsBudgetAllows() throws Exception {
    documents(texts());
    index();
    for (int budget : new int[] {400, 40, 16}) {
      run(questions(QUESTIONS), "model=" + writer, "generate.max-new-tokens=8",
          "task={kind: answer, index: '%s', top: 5, passage-tokens: %d}".formatted(folder.resolve("index"), budget));
      List<Row> rows = output().selectExpr("passages", "prompt_tokens").collectAsList();
      for (Row row : rows) {
        assertThat(row.getList(0)).as("a prompt with a budget of %d", budget).isNotEmpty();
        String context = IntStream.range(0, row.getList(0).size())
            .mapToObj(i -> "[%d] %s".formatted(i + 1, row.<Row>getList(0).get(i).getString(4))).collect(Collectors.joining("\n\n"));
        int tokens = spark.sql("SELECT ai_count_tokens(model => '%s', text => '%s')".formatted(writer,
            context.replace("\\", "\\\\").replace("'", "\\'")))
            .head().getInt(0);
        assertThat(tokens).as(context).isLessThanOrEqualTo(budget);
      }
    }
  }

  @Test
  void contextsBesideQuestionsArePartedAndCited() throws Exception {
    Map<String, String> texts = texts();
    texts.put("empty", "\n");
    Path rows = asked(texts);
    for (String style : List.of("write", "extract")) {
      Report report = run(rows, "task={kind: answer, context: page, style: %s}".formatted(style), "generate.max-new-tokens=8",
          "model=" + (style.equals("write") ? writer : marker));
      assertThat(report.rows()).isEqualTo(texts.size());
      assertThat(report.errors()).isEmpty();
      int several = 0;
      for (Row row : output().selectExpr("id", "finish_reason", "text", "passages", "citations", "prompt_tokens").collectAsList()) {
        String text = texts.get(row.getString(0));
        List<Row> passages = row.getList(3);
        if (row.getString(0).equals("empty")) assertThat(row.getString(1)).isEqualTo("no_answer");
        else assertThat(passages).isNotEmpty();
        if (passages.size() > 1) several++;
        for (Row passage : passages) {
          assertThat(passage.getString(0)).isEqualTo(row.getString(0));
          assertThat(characters(text, passage.getInt(1), passage.getInt(2))).isEqualTo(passage.getString(4));
        }
        for (Row citation : row.<Row>getList(4)) {
          String cited = characters(text, citation.<Integer>getAs("start"), citation.<Integer>getAs("end"));
          if (style.equals("extract")) assertThat(cited).isEqualTo(row.getString(2));
          else assertThat(cited).isEqualTo(passages.get(citation.getInt(0) - 1).getString(4));
        }
        assertThat(row.getInt(5)).isLessThanOrEqualTo(style.equals("write") ? 512 - 8 : Integer.MAX_VALUE);
      }
      // A model that marks reads a context as it stands; for one that writes, a long context has several parts to name.
      if (style.equals("write")) assertThat(several).isGreaterThan(5);
      else assertThat(several).isZero();
    }
    assertThatThrownBy(() -> run(rows, "task={kind: answer, context: pages}", "model=" + writer)).isInstanceOf(JobException.class)
        .hasMessage("context: %s has no column \"pages\"; did you mean \"page\"?".formatted(rows));
  }

  private Path asked(Map<String, String> contexts) throws IOException {
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    var lines = new StringBuilder();
    for (var context : contexts.entrySet()) {
      var row = Map.of("id", context.getKey(), "question", "What rests?", "page", context.getValue());
      lines.append(json.writeValueAsString(row)).append('\n');
    }
    return Files.writeString(folder.resolve("asked.jsonl"), lines);
  }

  private static String characters(String text, int start, int end) {
    return text.substring(text.offsetByCodePoints(0, start), text.offsetByCodePoints(0, end));
  }

  @Test
  void readersMarkAnswersInPassages() throws Exception {
    Map<String, String> texts = texts();
    documents(texts);
    index("task.shards=2");
    Report report = run(questions(QUESTIONS), "model=" + marker,
        "task={kind: answer, index: '%s', top: 3, style: extract}".formatted(folder.resolve("index")));
    assertThat(report.rows()).isEqualTo(6);
    assertThat(report.errors()).isEmpty();
    for (Row row : output().selectExpr("finish_reason", "text", "citations", "score").collectAsList()) {
      assertThat(row.getString(0)).isIn("stop", "no_answer");
      if (row.getString(0).equals("no_answer")) continue;
      Row citation = row.<Row>getList(2).getFirst();
      String text = texts.get(citation.<String>getAs("id"));
      assertThat(characters(text, citation.<Integer>getAs("start"), citation.<Integer>getAs("end"))).isEqualTo(row.getString(1));
      assertThat(row.getFloat(3)).isBetween(0f, 1f);
    }
  }

  @Test
  void examplesAreWhole() {
    Path conf = Path.of("../conf"), index = folder.resolve("index");
    var documents = "read.path=" + conf.resolve("demo/documents.jsonl");
    var questions = "read.path=" + conf.resolve("demo/questions.jsonl");
    var indexing = JobFile.load(conf.resolve("index.yaml"), List.of(documents, "task.model=" + bert, "write.path=" + index));
    Report built = JobRun.run(spark, indexing, Progress.silent());
    assertThat(built.rows()).isEqualTo(59);
    String output = "write.path=" + folder.resolve("out");
    assertThat(JobRun.run(spark, JobFile.load(conf.resolve("retrieve.yaml"), List.of(questions, "task.index=" + index, output)),
        Progress.silent()).rows())
        .isEqualTo(7);
    assertThat(JobRun.run(spark,
        JobFile.load(conf.resolve("cited-answers.yaml"), List.of(questions, "task.index=" + index, output, "model=" + writer,
        "generate.max-new-tokens=4")), Progress.silent()).rows()).isEqualTo(7);
  }

  @Test
  void severalQuestionsAreAskedOfEveryText() throws Exception {
    documents(texts());
    Path lines = Files.writeString(folder.resolve("asked.txt"), "Who?\n\n What? \n");
    Path json = Files.writeString(folder.resolve("asked.jsonl"),
        "{\"question\": \"Who?\"}\n{\"question\": \"What?\"}\n");
    for (String asked : List.of("['Who?', 'What?']", lines.toString(), json.toString())) {
      String yaml = """
          model: %s
          read: { format: jsonl, path: %s, id: id, text: text, limit: 3 }
          task: { kind: answer, questions: %s }
          generate: { max-new-tokens: 2, truncation: middle }
          write: { path: %s, mode: overwrite }
          """.formatted(writer, folder.resolve("docs"), asked, folder.resolve("out"));
      assertThat(JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of()), Progress.silent()).rows()).isEqualTo(6);
      assertThat(output().groupBy("question").count().orderBy("question").collectAsList()).hasToString("[[What?,3], [Who?,3]]");
    }
    Files.writeString(json, "{\"questoin\": \"Who?\"}\n");
    assertThatThrownBy(() -> run(lines, "task={kind: answer, questions: '%s'}".formatted(json), "read={format: text, path: '%s'}"
        .formatted(lines), "model=" + writer)).isInstanceOf(JobException.class)
        .hasMessage("questions: line 1 of %s: expected an object with a text \"question\"".formatted(json));
  }

  @Test
  void refusalsSayWhatIsWrong() throws Exception {
    documents(texts());
    assertThatThrownBy(() -> passages("hybrid", "x")).isInstanceOf(JobException.class)
        .hasMessageContaining("no index is at").hasMessageContaining("build one with kind: index");
    Files.writeString(folder.resolve("docs/twice.jsonl"), "{\"id\": \"baker\", \"text\": \"Another.\"}\n");
    assertThatThrownBy(() -> index()).isInstanceOf(JobException.class).hasMessageContaining("identifiers must be unique")
        .hasMessageContaining("baker");
    Files.delete(folder.resolve("docs/twice.jsonl"));
    assertThatThrownBy(() -> index("task.chunk-tokens=1000")).isInstanceOf(JobException.class)
        .hasMessageContaining("task.chunk-tokens: expected at most 62").hasMessageContaining("found 1000");
    Files.createDirectories(folder.resolve("index"));
    Files.writeString(folder.resolve("index/thesis.txt"), "not yours");
    assertThatThrownBy(() -> index()).isInstanceOf(JobException.class).hasMessageContaining("holds what no index has (thesis.txt)");
  }

  private void documents(Map<String, String> texts) throws IOException {
    Path docs = Files.createDirectories(folder.resolve("docs"));
    try (Stream<Path> old = Files.list(docs)) {
      for (Path each : old.toList()) Files.delete(each);
    }
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    var lines = new StringBuilder();
    for (var text : texts.entrySet()) {
      lines.append(json.writeValueAsString(Map.of("id", text.getKey(), "text", text.getValue()))).append('\n');
    }
    Files.writeString(docs.resolve("docs.jsonl"), lines);
  }

  private Report index(String... overrides) {
    return index(Progress.silent(), overrides);
  }

  private Report index(Progress progress, String... overrides) {
    String yaml = """
        read: { format: jsonl, path: %s, id: id, text: text }
        task: { kind: index }
        write: { format: index, path: %s }
        quality: { max-error-rate: 0 }
        """.formatted(folder.resolve("docs"), folder.resolve("index"));
    return JobRun.run(spark, JobFile.parse(yaml, "index.yaml", List.of(overrides)), progress);
  }

  private Path questions(List<String> questions) throws IOException {
    var json = new com.fasterxml.jackson.databind.ObjectMapper();
    var lines = new StringBuilder();
    for (int i = 0; i < questions.size(); i++) {
      lines.append(json.writeValueAsString(Map.of("id", "q" + i, "question", questions.get(i)))).append('\n');
    }
    return Files.writeString(folder.resolve("questions.jsonl"), lines);
  }

  private Report run(Path questions, String... overrides) {
    String yaml = """
        read: { format: jsonl, path: %s, id: id, text: question }
        write: { path: %s, mode: overwrite }
        quality: { max-error-rate: 0 }
        """.formatted(questions, folder.resolve("out"));
    return JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of(overrides)), Progress.silent());
  }

  private List<Row> passages(String mode, String question) throws IOException {
    run(questions(List.of(question)), "task={kind: retrieve, index: '%s', top: 12, mode: %s}".formatted(folder.resolve("index"), mode));
    return output().select("passages").head().getList(0);
  }

  private org.apache.spark.sql.Dataset<Row> output() {
    return spark.read().parquet(folder.resolve("out").toString()).orderBy("id");
  }

  private List<String> rows(String... columns) {
    return output().selectExpr(columns).collectAsList().stream().map(Row::toString).toList();
  }

  private List<Path> files(String name) throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve(name))) {
      return all.filter(path -> !path.toString().contains("_scriptorium") && !path.getFileName().toString().startsWith("."))
          .sorted().toList();
    }
  }
}
