package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Within a task equal requests go to the engine once, whether the first is on its way or has completed. */
@Timeout(60)
class TestEqualRequests {
  private static final ModelDescription PLAN = new ModelDescription("plan", "", "plan", 100, 100, 1);
  private static PlanSession session;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]", "spark.scriptorium.batch.rows", "4");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @BeforeEach
  void reset() {
    session.models.reset();
  }

  @Test
  void onTheirWayTheyWaitForTheFirst() {
    session.models.latencyMilliseconds = 200;
    var rows = session.sql("SELECT id, try_ai_gen(concat('document ', id % 3)) r FROM range(0, 30, 1, 1)");
    List<Row> found = rows.collectAsList();
    for (Row row : found) {
      Row result = row.getStruct(1);
      assertThat(result.<String>getAs("text")).isEqualTo("<document " + row.getLong(0) % 3 + ">");
      // The first of each kind was computed, with what the prefix cache had for it.
      assertThat(result.<Integer>getAs("cached_tokens")).isEqualTo(row.getLong(0) < 3 ? 2 : 7);
      assertThat(result.<Integer>getAs("prompt_tokens")).isEqualTo(7);
      assertThat(result.<Integer>getAs("completion_tokens")).isEqualTo(3);
    }
    assertThat(session.models.requests()).isEqualTo(3);
    assertThat(PlanSession.metric(rows, "generatedRows")).isEqualTo(30);
    assertThat(PlanSession.metric(rows, "deduplicatedRows")).isEqualTo(27);
  }

  @Test
  void afterTheFirstTheyGetACopy() {
    session.spark.conf().set("spark.scriptorium.batch.rows-in-flight", "4");
    try {
      var rows = session.sql("SELECT try_ai_gen(concat('document ', id % 5)).text FROM range(0, 60, 1, 1)");
      assertThat(rows.collectAsList()).hasSize(60);
      assertThat(session.models.requests()).isEqualTo(5);
      assertThat(PlanSession.metric(rows, "deduplicatedRows")).isEqualTo(55);
    } finally {
      session.spark.conf().unset("spark.scriptorium.batch.rows-in-flight");
    }
  }

  @Test
  void otherCallsAndOptionsAreOtherRequests() {
    var rows = session.sql("""
        SELECT try_ai_gen(t), try_ai_gen(t, map('max_new_tokens', '9')), try_ai_summarize(t, 5), try_ai_gen(t, map('raw', 'true'))
        FROM (SELECT 'the same' t FROM range(0, 6, 1, 1))
        """);
    assertThat(rows.collectAsList()).hasSize(6);
    assertThat(session.models.requests()).isEqualTo(4);
    assertThat(PlanSession.metric(rows, "deduplicatedRows")).isEqualTo(20);
  }

  @Test
  void errorsAndSkippedRowsAreNoDuplicates() {
    session.spark.conf().set("spark.scriptorium.batch.rows-in-flight", "1");
    try {
      var rows = session.sql("SELECT try_ai_gen(CASE id % 4 WHEN 0 THEN 'too long' WHEN 1 THEN ' ' WHEN 2 THEN 'fine' END) r"
          + " FROM range(0, 40, 1, 1)");
      var reasons = rows.selectExpr("r.error_code", "r.finish_reason").collectAsList();
      assertThat(reasons).filteredOn(row -> "prompt_too_long".equals(row.getString(0))).hasSize(10);
      assertThat(reasons).filteredOn(row -> "stop".equals(row.getString(1))).hasSize(10);
      // An error may have had a reason of its moment: each later row asks again.
      assertThat(session.models.requests()).isEqualTo(10 + 1);
      rows.collectAsList();
      assertThat(PlanSession.metric(rows, "generatedRows")).isEqualTo(30);
      assertThat(PlanSession.metric(rows, "generationErrors")).isEqualTo(10);
      assertThat(PlanSession.metric(rows, "skippedRows")).isEqualTo(10);
      assertThat(PlanSession.metric(rows, "deduplicatedRows")).isEqualTo(9);
    } finally {
      session.spark.conf().unset("spark.scriptorium.batch.rows-in-flight");
    }
  }

  @Test
  void errorsOnTheirWayReachAllWhoWait() {
    session.models.latencyMilliseconds = 200;
    var rows = session.sql("SELECT try_ai_gen('too long').error_code FROM range(0, 20, 1, 1)");
    assertThat(PlanSession.column(rows)).hasSize(20).containsOnly("prompt_too_long");
    assertThat(session.models.requests()).isEqualTo(1);
    assertThat(PlanSession.metric(rows, "deduplicatedRows")).isZero();
    assertThat(PlanSession.metric(rows, "generationErrors")).isEqualTo(20);
  }

  @Test
  void aTaskKeepsABoundedMemory() throws Exception {
    try (var generator = new PlanGenerator(PLAN, 0)) {
      // An entry is 512 bytes and two for each character: of "a" times 100 and its answer of 102, 916.
      var requests = new EqualRequests(3 * 916);
      for (String letter : List.of("a", "b", "c")) assertThat(ask(requests, generator, letter.repeat(100)).isShared()).isFalse();
      for (String letter : List.of("b", "c", "a")) assertThat(ask(requests, generator, letter.repeat(100)).isShared()).isTrue();
      assertThat(generator.requests()).isEqualTo(3);
      // Room for a fourth is made where the longest unused one was.
      assertThat(ask(requests, generator, "d".repeat(100)).isShared()).isFalse();
      for (String letter : List.of("c", "a", "d")) assertThat(ask(requests, generator, letter.repeat(100)).isShared()).isTrue();
      assertThat(ask(requests, generator, "b".repeat(100)).isShared()).isFalse();
      // What is greater than the whole memory leaves nothing behind, neither itself nor a sum that is never paid back.
      assertThat(ask(requests, generator, "e".repeat(2000)).isShared()).isFalse();
      assertThat(ask(requests, generator, "e".repeat(2000)).isShared()).isFalse();
      assertThat(ask(requests, generator, "d".repeat(100)).isShared()).isFalse();
      assertThat(ask(requests, generator, "d".repeat(100)).isShared()).isTrue();
    }
  }

  @Test
  void aRefusedRequestLeavesNobodyWaiting() throws Exception {
    var generator = new PlanGenerator(PLAN, 0);
    generator.close();
    var requests = new EqualRequests(1000);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> ask(requests, generator, "text")).isInstanceOf(java.util.concurrent.RejectedExecutionException.class);
    }
    assertThat(generator.requests()).as("the second was asked too").isEqualTo(2);
  }

  private static Completion ask(EqualRequests requests, PlanGenerator generator, String text) throws Exception {
    var completion = new CompletableFuture<Completion>();
    Optional<?> ticket = requests.ask(generator, new Request(new Prompt.Raw(SourcedText.row(text)), GenerationConfig.DEFAULT),
        answer -> completion.complete(answer.completion()));
    Completion found = completion.get(30, TimeUnit.SECONDS);
    assertThat(ticket.isEmpty()).as("the engine is asked for what is not there").isEqualTo(found.isShared());
    return found;
  }
}
