package org.scriptorium.pipeline;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import org.apache.spark.Success$;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import scala.collection.Iterable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What the generating operators of a run have done so far, from the metrics that executors send with each task's end and with
 * their heartbeats. Tasks that failed are not counted; the rows they did come again.
 */
final class RunMonitor extends SparkListener {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final String ROWS = "generated rows";
  private static final String FIRST_REQUEST = "time to first request";
  private static final String LAST_COMPLETION = "time to last completion";

  /**
   * Sums over all tasks. For people; the report counts the rows that were written.
   *
   * @param tokens that went through the model: prompts without what was cached, and completions
   */
  record Figures(long rows, long errors, long skipped, long tokens) {}

  private final Map<String, Long> finished = new HashMap<>();
  private final Map<Long, Map<String, Long>> running = new HashMap<>();
  private long firstRequest = Long.MAX_VALUE;
  private long lastCompletion = Long.MIN_VALUE;

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart event) {
    running.put(event.taskInfo().taskId(), new HashMap<>());
  }

  @Override
  public synchronized void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    for (var task : CollectionConverters.asJava(event.accumUpdates())) {
      Map<String, Long> values = running.get((Long) task._1());
      if (values != null) values.putAll(values(task._4()));
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    // Tasks that began before are of no concern here.
    if (running.remove(event.taskInfo().taskId()) == null) return;
    if (!(event.reason() instanceof Success$)) return;
    Map<String, Long> values = values(event.taskInfo().accumulables());
    values.forEach((name, value) -> finished.merge(name, value, Long::sum));
    notifyAll();
    if (!values.containsKey(FIRST_REQUEST) || !values.containsKey(LAST_COMPLETION)) return;
    firstRequest = Math.min(firstRequest, event.taskInfo().launchTime() + values.get(FIRST_REQUEST));
    lastCompletion = Math.max(lastCompletion, event.taskInfo().launchTime() + values.get(LAST_COMPLETION));
  }

  /** Waits, a little at most, until the events of tasks that have ended have arrived; they come after the job's own end. */
  synchronized void await(long rows) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (finished.getOrDefault(ROWS, 0L) < rows && System.nanoTime() < until) {
        TimeUnit.NANOSECONDS.timedWait(this, until - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  synchronized Figures figures() {
    // Engines tell of tokens as they go; models that only read texts tell with each result.
    long told = Math.max(0, sum("prompt tokens") - sum("cached tokens")) + sum("completion tokens");
    return new Figures(sum(ROWS), sum("generation errors"), sum("skipped rows"), Math.max(sum("model tokens"), told));
  }

  /** Tokens of what models thought before they answered, in the tasks that succeeded. */
  synchronized long reasoningTokens() {
    return finished.getOrDefault("reasoning tokens", 0L);
  }

  /** Seconds from the first request to the last completion, or {@code otherwise} where no operator told of them. */
  synchronized double generationSeconds(double otherwise) {
    return lastCompletion < firstRequest ? otherwise : (lastCompletion - firstRequest) / (double) TimeUnit.SECONDS.toMillis(1);
  }

  /** Share of the batches' slots that did useful work, or 0 where no operator told of any. */
  synchronized double utilization() {
    long offered = finished.getOrDefault("batch slots offered", 0L);
    return offered == 0 ? 0 : finished.getOrDefault("batch slots used", 0L) / (double) offered;
  }

  private long sum(String name) {
    long sum = finished.getOrDefault(name, 0L);
    for (Map<String, Long> values : running.values()) sum += values.getOrDefault(name, 0L);
    return sum;
  }

  private static Map<String, Long> values(Iterable<AccumulableInfo> accumulables) {
    Map<String, Long> values = new HashMap<>();
    for (AccumulableInfo info : CollectionConverters.asJava(accumulables)) {
      if (info.name().isEmpty() || info.update().isEmpty()) continue;
      // A metric that was never touched holds -1. Several operators in one task have metrics of the same name.
      if (info.update().get() instanceof Long value && value >= 0) values.merge(info.name().get(), value, joining(info.name().get()));
    }
    return values;
  }

  private static BinaryOperator<Long> joining(String name) {
    return switch (name) {
      case FIRST_REQUEST -> Math::min;
      case LAST_COMPLETION -> Math::max;
      default -> Long::sum;
    };
  }
}
