package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.util.ArrowUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import scala.jdk.javaapi.CollectionConverters;

/** What a task holds, how it ends, and how often a model opens. */
class TestStreaming {
  private static final int ROWS_IN_FLIGHT = 96;
  private static final AtomicLong READ = new AtomicLong();
  private static PlanSession session;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]",
        "spark.scriptorium.batch.rows", "16",
        "spark.scriptorium.batch.rows-in-flight", String.valueOf(ROWS_IN_FLIGHT),
        "spark.scriptorium.batch.bytes-in-flight", "1m", "spark.executor.heartbeatInterval", "500ms");
    session.spark.udf().register("counted", (Long id) -> {
      READ.incrementAndGet();
      return "document " + id;
    }, DataTypes.StringType);
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @BeforeEach
  void reset() {
    session.models.reset();
    READ.set(0);
  }

  @Test
  @Timeout(60)
  void rowsInFlightNeverExceedTheBound() {
    session.models.latencyMilliseconds = 0;
    var written = session.sql("SELECT id, ai_gen(concat('document ', id)) a FROM range(0, 20000, 1, 1)");
    written.foreachPartition((org.apache.spark.api.java.function.ForeachPartitionFunction<org.apache.spark.sql.Row>) rows -> {
      for (long expected = 0; rows.hasNext(); expected++) {
        var row = rows.next();
        assertThat(row.getLong(0)).isEqualTo(expected);
        assertThat(row.getString(1)).isEqualTo("<document " + expected + ">");
      }
    });
    assertThat(session.models.requests()).isEqualTo(20000);
    assertThat(session.models.generators.getFirst().mostWaiting()).isBetween(1, ROWS_IN_FLIGHT);
  }

  @Test
  @Timeout(60)
  void severalBatchesAreInFlight() {
    session.models.latencyMilliseconds = 300;
    session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 200, 1, 1)").collectAsList();
    assertThat(session.models.generators.getFirst().mostWaiting()).isEqualTo(ROWS_IN_FLIGHT);
  }

  @Test
  @Timeout(60)
  void longRowsAreBoundedByTheirBytes() {
    session.models.latencyMilliseconds = 20;
    var rows = session.sql("SELECT length(ai_gen(concat(char(65 + id), repeat('long ', 30000)))) n, id FROM range(0, 40, 1, 1)");
    assertThat(rows.collectAsList()).hasSize(40).allSatisfy(row -> assertThat(row.getInt(0)).isEqualTo(150003));
    assertThat(session.models.generators.getFirst().mostWaiting()).isBetween(1, 3);
    session.models.reset();
    assertThat(session.sql("SELECT length(ai_gen(concat(id, repeat('long ', 600000)))) n FROM range(0, 2, 1, 1)").collectAsList()).hasSize(2);
    assertThat(session.models.generators.getFirst().mostWaiting()).isEqualTo(1);
  }

  @Test
  @Timeout(60)
  void aReaderThatStopsLeavesTheRestUnread() {
    var rows = session.sql("SELECT counted(id) t FROM range(0, 20000, 1, 1)").selectExpr("ai_gen(t) a").toLocalIterator();
    assertThat(rows.next().getString(0)).isEqualTo("<document 0>");
    session.models.reset();
    READ.set(0);
    var found = session.sql("SELECT counted(id) t FROM range(0, 20000, 1, 1)").selectExpr("ai_gen(t) a").where("a LIKE '%7>'").limit(2);
    assertThat(found.collectAsList()).hasSize(2);
    assertThat(session.models.requests()).isLessThanOrEqualTo(2 * ROWS_IN_FLIGHT);
    assertThat(READ.get()).isLessThanOrEqualTo(2 * ROWS_IN_FLIGHT);
  }

  @Test
  @Timeout(60)
  void cancellingAJobCancelsItsRowsWithinASecond() throws Exception {
    for (boolean isInterrupting : new boolean[] {false, true}) {
      session.models.reset();
      session.models.latencyMilliseconds = 600_000;
      var job = CompletableFuture.runAsync(() -> {
        session.spark.sparkContext().setJobGroup("slow", "a job that never ends", isInterrupting);
        session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 1000, 1, 2)").collectAsList();
      });
      awaitTrue(() -> session.models.requests() == 2 * ROWS_IN_FLIGHT);
      long cancelledAt = System.nanoTime();
      session.spark.sparkContext().cancelJobGroup("slow");
      awaitTrue(() -> session.models.cancelled() == 2 * ROWS_IN_FLIGHT);
      assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - cancelledAt)).isLessThan(1000);
      assertThatThrownBy(job::get).hasMessageContaining("cancelled");
    }
  }

  @Test
  @Timeout(60)
  void heartbeatsTellOfTokensBeforeARowIsComplete() throws Exception {
    session.models.latencyMilliseconds = 600_000;
    var told = new ConcurrentHashMap<Long, Object>();
    var listener = new SparkListener() {
      @Override
      public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
        for (var task : CollectionConverters.asJava(event.accumUpdates())) {
          for (AccumulableInfo metric : CollectionConverters.asJava(task._4())) {
            if (metric.name().contains("model tokens")) told.put((Long) task._1(), metric.update().get());
          }
        }
      }
    };
    session.spark.sparkContext().addSparkListener(listener);
    var job = CompletableFuture.runAsync(() -> {
      session.spark.sparkContext().setJobGroup("slow", "a job that never ends", false);
      session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 1000, 1, 2)").collectAsList();
    });
    // Two tasks share one engine, and each counts what the other has not.
    awaitTrue(() -> told.values().stream().mapToLong(tokens -> (Long) tokens).sum() == 8 * 2 * ROWS_IN_FLIGHT);
    session.spark.sparkContext().cancelJobGroup("slow");
    assertThatThrownBy(job::get).hasMessageContaining("cancelled");
    session.spark.sparkContext().removeSparkListener(listener);
  }

  @Test
  @Timeout(60)
  void aFailingRowCancelsTheRest() throws Exception {
    session.models.latencyMilliseconds = 200;
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(if(id = 0, 'too long', concat('fine ', id))) a FROM range(0, 20000, 1, 1)").collectAsList())
        .hasMessageContaining("prompt_too_long");
    int requests = session.models.requests();
    assertThat(requests).isLessThanOrEqualTo(ROWS_IN_FLIGHT);
    awaitTrue(() -> ArrowUtils.rootAllocator().getChildAllocators().isEmpty());
  }

  @Test
  @Timeout(60)
  void vectorsAreFreedWhateverHappens() throws Exception {
    session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 500, 1, 4)").collectAsList();
    session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 500, 1, 4)").where("a LIKE '%3>'").limit(1).collectAsList();
    awaitTrue(() -> ArrowUtils.rootAllocator().getChildAllocators().isEmpty());
    assertThat(ArrowUtils.rootAllocator().getAllocatedMemory()).isZero();
  }

  @Test
  @Timeout(60)
  void aModelOpensOnceForAllTasksAndQueries() {
    session.models.openingMilliseconds = 300;
    long opens = 0;
    for (int query = 0; query < 3; query++) {
      var rows = session.sql("SELECT ai_gen(concat('document ', id)) a, try_ai_summarize('x', 3) FROM range(0, 80, 1, 8)");
      assertThat(rows.select(functions.col("a")).collectAsList()).hasSize(80);
      rows.collectAsList();
      opens += PlanSession.metric(rows, "modelOpens");
      opens += PlanSession.metric(rows.select("a"), "modelOpens");
    }
    assertThat(session.models.opened.get()).isEqualTo(1);
    assertThat(opens).isLessThanOrEqualTo(1);
  }

  @Test
  @Timeout(60)
  void aModelThatIsNoLongerUsableIsOpenedAnew() {
    var rows = session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 80, 1, 8)");
    rows.collectAsList();
    session.models.generators.getFirst().isUsable = false;
    assertThat(rows.collectAsList()).hasSize(80);
    assertThat(session.models.opened.get()).isEqualTo(2);
    assertThat(session.models.generators).first().matches(PlanGenerator::isClosed, "closed");
    assertThat(session.models.generators).last().matches(generator -> !generator.isClosed(), "open");
    rows.collectAsList();
    assertThat(session.models.opened.get()).isEqualTo(2);
  }

  @Test
  @Timeout(60)
  void theTaskThatOpensCountsIt() {
    session.models.openingMilliseconds = 300;
    var rows = session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 80, 1, 8)");
    rows.collectAsList();
    assertThat(PlanSession.metric(rows, "modelOpens")).isEqualTo(1);
    assertThat(PlanSession.metric(rows, "timeToFirstRequest")).isGreaterThanOrEqualTo(300);
    assertThat(PlanSession.metric(rows, "timeToLastCompletion")).isGreaterThanOrEqualTo(PlanSession.metric(rows, "timeToFirstRequest"));
  }

  @Test
  @Timeout(60)
  void aFailedOpeningFailsItsWaitersAndIsTriedAgain() {
    session.models.openingMilliseconds = 200;
    session.models.isOpeningBroken = true;
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 8, 1, 2)").collectAsList())
        .hasMessageContaining("plan: broken on purpose");
    session.models.isOpeningBroken = false;
    assertThat(session.sql("SELECT ai_gen(concat('document ', id)) a FROM range(0, 8, 1, 2)").collectAsList()).hasSize(8);
  }

  private static void awaitTrue(java.util.function.BooleanSupplier holds) throws InterruptedException {
    for (int i = 0; i < 1000 && !holds.getAsBoolean(); i++) Thread.sleep(20);
    assertThat(holds.getAsBoolean()).isTrue();
  }
}
