package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.scriptorium.spark.PlanSession.column;
import static org.scriptorium.spark.PlanSession.metric;
import static org.scriptorium.spark.PlanSession.operators;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In every shape of plan a row is generated once, and only where its result is read. */
class TestGenerationPlans {
  private static PlanSession session;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]");
    session.sql("""
        SELECT id, concat('document ', id) AS text, id % 3 AS kind FROM range(0, 12, 1, 4)
        """).write().saveAsTable("documents");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void generatesOncePerRow(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("SELECT ai_gen(text) AS answer FROM documents WHERE id IN (1, 2)");
    assertThat(column(rows)).containsExactlyInAnyOrder("<document 1>", "<document 2>");
    assertThat(operators(rows, "AiGenerate")).isEqualTo(1);
    assertThat(session.models.requests()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void filtersAboveGoBelow(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("SELECT a FROM (SELECT id, ai_gen(text) a FROM documents) WHERE id > 8 AND length(a) > 3 AND a LIKE '%1>'");
    assertThat(column(rows)).containsExactly("<document 11>");
    assertThat(session.models.requests()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void resultsUsedManyTimesAreComputedOnce(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("""
        SELECT upper(a) || lower(a), a, length(a), try_ai_gen(a || '').text, ai_gen(text) = ai_gen(text)
        FROM (SELECT id, text, ai_gen(text) a FROM documents) WHERE id < 3 AND (a LIKE '%1%' OR a LIKE '%2%')
        """);
    assertThat(column(rows)).containsExactlyInAnyOrder("<DOCUMENT 1><document 1>", "<DOCUMENT 2><document 2>");
    // Three first answers (the filter reads them), then for each of the two that stay one of the answer and one for two equal calls.
    assertThat(session.models.requests()).isEqualTo(3 + 2 + 2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nestedCallsStack(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("SELECT ai_gen(ai_summarize(text, 10)) FROM documents WHERE id = 3");
    assertThat(column(rows)).singleElement().asString().startsWith("<<").endsWith("document 3>>");
    assertThat(operators(rows, "AiGenerate")).isEqualTo(2);
    assertThat(session.models.requests()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void commonTableExpressionReadTwiceRunsOnce(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("""
        WITH answers AS (SELECT id, ai_gen(text) a FROM documents)
        SELECT x.a FROM answers x JOIN answers y ON x.id = y.id + 1 WHERE x.id > 3
        """);
    assertThat(rows.collectAsList()).hasSize(8);
    assertThat(session.models.requests()).isEqualTo(12);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void limitGeneratesItsRows(boolean adaptive) {
    session.adaptive(adaptive);
    assertThat(session.sql("SELECT ai_gen(text) FROM documents LIMIT 2").collectAsList()).hasSize(2);
    assertThat(session.models.requests()).isEqualTo(2);
    session.models.reset();
    assertThat(column(session.sql("SELECT ai_gen(text), id FROM documents ORDER BY id DESC LIMIT 2 OFFSET 1")))
        .containsExactly("<document 10>", "<document 9>");
    assertThat(session.models.requests()).isEqualTo(2);
    session.models.reset();
    session.sql("SELECT id, ai_gen(text) a FROM documents").show(2);
    assertThat(session.models.requests()).isEqualTo(3);
    session.models.reset();
    assertThat(session.sql("SELECT count(*) FROM (SELECT ai_gen(text) a FROM documents LIMIT 4) WHERE a IS NOT NULL").first().getLong(0))
        .isEqualTo(4);
    assertThat(session.models.requests()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void largeLimitsAreSharedOut(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("SELECT ai_gen(concat('document ', id)) FROM range(0, 3000, 1, 4) LIMIT 1200");
    assertThat(rows.collectAsList()).hasSize(1200);
    assertThat(session.models.requests()).isEqualTo(1200);
    assertThat(operators(rows, "Exchange")).isEqualTo(2);
    var ordered = session.sql("SELECT ai_gen(concat('document ', id)) FROM range(0, 3000, 1, 4) ORDER BY id DESC LIMIT 1200");
    assertThat(column(ordered)).hasSize(1200).startsWith("<document 2999>").endsWith("<document 1800>");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void streamsGenerateOncePerRow(boolean adaptive) throws Exception {
    session.adaptive(adaptive);
    String input = session.folder.resolve("stream" + adaptive).toString();
    session.sql("SELECT text FROM documents").write().parquet(input);
    var query = session.spark.readStream().schema("text string").parquet(input).selectExpr("ai_gen(text) a").writeStream()
        .format("memory").queryName("streamed" + adaptive).trigger(org.apache.spark.sql.streaming.Trigger.AvailableNow()).start();
    assertThat(query.awaitTermination(60_000)).isTrue();
    assertThat(session.spark.table("streamed" + adaptive).collectAsList()).hasSize(12);
    assertThat(session.models.requests()).isEqualTo(12);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatNobodyReadsIsNotGenerated(boolean adaptive) {
    session.adaptive(adaptive);
    var answers = session.sql("SELECT id, ai_gen(text) a, ai_summarize(text) s FROM documents");
    assertThat(answers.count()).isEqualTo(12);
    assertThat(answers.select("id").collectAsList()).hasSize(12);
    assertThat(session.models.requests()).isZero();
    assertThat(answers.where("id < 5 AND a LIKE '%4%'").select("id").collectAsList()).hasSize(1);
    assertThat(session.models.requests()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sortsByResultsDoNotSampleTheGeneration(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("SELECT a FROM (SELECT ai_gen(text) a FROM documents) ORDER BY a");
    assertThat(column(rows)).hasSize(12).isSorted();
    assertThat(session.models.requests()).isEqualTo(12);
    session.models.reset();
    var ranged = session.sql("SELECT id, ai_gen(text) a FROM documents").repartitionByRange(3, functions.col("a"));
    assertThat(ranged.collectAsList()).hasSize(12);
    assertThat(session.models.requests()).isEqualTo(12);
    session.models.reset();
    var structs = session.sql("SELECT id, try_ai_gen(text) r FROM documents").repartitionByRange(3, functions.col("r.text"));
    assertThat(structs.collectAsList()).hasSize(12);
    assertThat(executedPlan(structs)).contains("hashpartitioning(id").doesNotContain("RoundRobin");
    session.models.reset();
    assertThat(column(session.sql("SELECT ai_gen(text) a, id AS number FROM documents ORDER BY number DESC"))).startsWith("<document 11>");
    assertThat(session.models.requests()).isEqualTo(12);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cartesianProductsDoNotGenerateAgain(boolean adaptive) {
    session.adaptive(adaptive);
    session.spark.conf().set("spark.sql.autoBroadcastJoinThreshold", "-1");
    try {
      var rows = session.sql("""
          SELECT x.a, y.b FROM (SELECT ai_gen(text) a FROM documents) x CROSS JOIN (SELECT ai_summarize(text, 5) b FROM documents) y
          """);
      assertThat(rows.collectAsList()).hasSize(144);
      assertThat(session.models.requests()).isEqualTo(24);
    } finally {
      session.spark.conf().unset("spark.sql.autoBroadcastJoinThreshold");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void joinsUnionsAggregatesAndWindowsAbove(boolean adaptive) {
    session.adaptive(adaptive);
    assertThat(session.sql("""
        SELECT kind, count(DISTINCT a), max(a), first(r) FROM (
          SELECT kind, ai_gen(text) a, row_number() OVER (PARTITION BY kind ORDER BY id) r FROM documents) GROUP BY kind
        """).collectAsList()).hasSize(3);
    assertThat(session.models.requests()).isEqualTo(12);
    session.models.reset();
    assertThat(column(session.sql(
        "SELECT ai_gen(text) FROM documents WHERE id = 1 UNION ALL SELECT ai_gen(text) FROM documents WHERE id = 2")))
        .containsExactlyInAnyOrder("<document 1>", "<document 2>");
    assertThat(session.models.requests()).isEqualTo(2);
    session.models.reset();
    var kinds = session.sql("SELECT DISTINCT ai_gen(kind) FROM documents");
    assertThat(kinds.collectAsList()).hasSize(3);
    assertThat(session.models.requests() + metric(kinds, "deduplicatedRows")).isEqualTo(12);
    session.models.reset();
    var answers = session.sql("SELECT id, try_ai_gen(text) r FROM documents WHERE id < 2");
    var joined = answers.as("x").join(answers.as("y"), functions.expr("x.id = y.id")).selectExpr("x.r.text", "y.r.text AS other");
    assertThat(joined.collectAsList()).hasSize(2).allSatisfy(row -> assertThat(row.getString(0)).isEqualTo(row.getString(1)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void windowsOverResults(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("SELECT lag(ai_gen(text)) OVER (PARTITION BY ai_gen(kind) ORDER BY ai_gen(text)) FROM documents");
    assertThat(rows.collectAsList()).hasSize(12).filteredOn(row -> row.isNullAt(0)).hasSize(3);
    assertThat(session.models.requests() + metric(rows, "deduplicatedRows")).isEqualTo(24);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void cachedResultsAreNotGeneratedAgain(boolean adaptive) {
    session.adaptive(adaptive);
    var answers = session.sql("SELECT id, ai_gen(text) a FROM documents").cache();
    try {
      assertThat(answers.where("a LIKE '%1%'").count()).isEqualTo(3);
      assertThat(answers.collectAsList()).hasSize(12);
      assertThat(column(answers.select("a").orderBy("a"))).hasSize(12);
      assertThat(session.sql("SELECT id, ai_gen(text) a FROM documents").collectAsList()).hasSize(12);
      assertThat(session.models.requests()).isEqualTo(12);
    } finally {
      answers.unpersist(true);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void dataFramesViewsAndTables(boolean adaptive) {
    session.adaptive(adaptive);
    var documents = session.spark.table("documents").where("id < 2");
    assertThat(column(documents.withColumn("a", functions.expr("ai_gen(text)")).select("a"))).contains("<document 0>", "<document 1>");
    assertThat(column(documents.select(functions.call_function("ai_gen", functions.col("text"))))).contains("<document 0>");
    assertThat(session.models.requests()).isEqualTo(4);
    session.models.reset();
    documents.withColumn("a", functions.expr("ai_gen(text)")).createOrReplaceTempView("answered");
    session.sql("CREATE OR REPLACE TEMPORARY VIEW spoken AS SELECT id, ai_gen(text) a FROM documents WHERE id = 5");
    session.sql("DROP TABLE IF EXISTS kept");
    session.sql("CREATE TABLE kept USING parquet AS SELECT id, a FROM answered");
    session.sql("INSERT INTO kept SELECT id, a FROM spoken");
    session.sql("INSERT INTO kept SELECT 7, ai_gen('seven')");
    assertThat(session.models.requests()).isEqualTo(4);
    assertThat(column(session.sql("SELECT a FROM kept")))
        .containsExactlyInAnyOrder("<document 0>", "<document 1>", "<document 5>", "<seven>");
    assertThat(session.models.requests()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void constantsAndEmptyTables(boolean adaptive) {
    session.adaptive(adaptive);
    assertThat(column(session.sql("SELECT ai_gen('hello')"))).containsExactly("<hello>");
    assertThat(column(session.sql("SELECT ai_gen(t) FROM VALUES ('a'), ('b') AS v(t)"))).containsExactly("<a>", "<b>");
    assertThat(session.sql("SELECT (SELECT max(a) FROM (SELECT ai_gen(text) a FROM documents WHERE id < 2)) m").first().getString(0))
        .isEqualTo("<document 1>");
    assertThat(session.sql("SELECT ai_gen((SELECT max(text) FROM documents)) m").first().getString(0)).isEqualTo("<document 9>");
    int opened = session.models.opened.get();
    assertThat(session.sql("SELECT ai_gen(text) FROM documents WHERE id < 0").collectAsList()).isEmpty();
    assertThat(session.models.opened.get()).isEqualTo(opened);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void onlyTakenBranchesAreGenerated(boolean adaptive) {
    session.adaptive(adaptive);
    var rows = session.sql("""
        SELECT CASE WHEN id = 1 THEN ai_gen('one') WHEN id = 2 THEN ai_gen('two') ELSE text END FROM documents WHERE id < 4 ORDER BY id
        """);
    assertThat(column(rows)).containsExactly("document 0", "<one>", "<two>", "document 3");
    assertThat(session.models.requests()).isEqualTo(2);
    session.models.reset();
    assertThat(column(session.sql(
        "SELECT if(id > 9, ai_gen(text), nvl(nullif(text, 'document 2'), ai_summarize(text))) FROM documents")))
        .hasSize(12).contains("document 1", "<document 11>");
    assertThat(session.models.requests()).isEqualTo(3);
    session.models.reset();
    // Whatever of a call would fail on rows that do not take its branch.
    assertThat(column(session.sql("""
        SELECT CASE WHEN text RLIKE '[13]$' THEN ai_summarize(text, CAST(substr(text, 10) AS INT)) ELSE text END
        FROM (SELECT id, if(id = 2, 'document two', text) AS text FROM documents) WHERE id < 4 ORDER BY id
        """))).hasSize(4).startsWith("document 0").contains("document two");
    assertThat(session.models.requests()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void samplesAndSemiJoinsChooseFirst(boolean adaptive) {
    session.adaptive(adaptive);
    var answers = session.sql("SELECT id, ai_gen(text) a FROM documents");
    long sampled = answers.sample(0.5, 42).collectAsList().size();
    assertThat(session.models.requests()).isEqualTo((int) sampled).isLessThan(12);
    session.models.reset();
    answers.createOrReplaceTempView("answers");
    var kept = session.sql("SELECT a FROM answers WHERE id IN (SELECT id * 2 FROM range(3))");
    assertThat(column(kept)).containsExactlyInAnyOrderElementsOf(List.of("<document 0>", "<document 2>", "<document 4>"));
    assertThat(session.models.requests()).isEqualTo(3);
  }

  /** When an executor is lost some of a stage's tasks run again: rows that then go elsewhere would be lost or doubled. */
  @ParameterizedTest
  @ValueSource(strings = {
      "SELECT /*+ REPARTITION(5) */ id, text, r FROM answers",
      "SELECT /*+ REPARTITION */ id, text, r FROM answers",
      "SELECT /*+ REBALANCE(5) */ id, r.cached_tokens AS cached FROM answers",
      "SELECT /*+ REPARTITION(5) */ id, named_struct('result', r) AS s, map('id', id) AS m FROM answers",
      "SELECT /*+ REPARTITION(5) */ r FROM answers",
      "SELECT /*+ REPARTITION(5) */ * FROM (SELECT id, r.prompt_tokens - r.cached_tokens AS n FROM answers UNION ALL SELECT id, 0 FROM answers)",
      "SELECT /*+ REPARTITION(5) */ kind, max(r.cached_tokens) AS most FROM answers GROUP BY kind",
      "SELECT /*+ REPARTITION(5) */ id, c FROM answers LATERAL VIEW explode(array(r.cached_tokens)) AS c",
  })
  void rowsGoToTheSamePartitionsWhateverWasCached(String query) {
    session.spark.conf().set("spark.sql.adaptive.coalescePartitions.enabled", false);
    try {
      for (boolean adaptive : new boolean[] {true, false}) {
        session.adaptive(adaptive);
        session.sql("SELECT id, kind, text, try_ai_gen(text) r FROM documents").createOrReplaceTempView("answers");
        var first = placed(query, 2);
        assertThat(placed(query, 5)).as("adaptive: %s", adaptive).isEqualTo(first);
        assertThat(first).isNotEmpty();
      }
    } finally {
      session.spark.conf().unset("spark.sql.adaptive.coalescePartitions.enabled");
    }
  }

  private static List<String> placed(String query, int cachedTokens) {
    session.models.cachedTokens = cachedTokens;
    return session.sql(query).withColumn("partition", functions.spark_partition_id()).collectAsList().stream()
        .map(row -> row.mkString(" ").replaceAll("\\b[25]\\b", "_")).sorted().toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsAreDealtOutByTheirBytesWhereTheseStayTheSame(boolean adaptive) {
    session.adaptive(adaptive);
    var texts = session.sql("SELECT /*+ REPARTITION(4) */ id, ai_gen(text) a FROM documents");
    assertThat(texts.collectAsList()).hasSize(12);
    assertThat(executedPlan(texts)).contains("RoundRobinPartitioning(4)").doesNotContain("hashpartitioning");
  }

  private static String executedPlan(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<?>) rows).queryExecution().executedPlan().toString();
  }
}
