package org.scriptorium.spark;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineStatistics;

/** What the operator counts; added to while rows complete, so that heartbeats carry it. Used by one task's thread. */
final class GenerationMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  private final SQLMetric rows;
  private final SQLMetric errors;
  private final SQLMetric skipped;
  private final SQLMetric deduplicated;
  private final SQLMetric promptTokens;
  private final SQLMetric cachedTokens;
  private final SQLMetric completionTokens;
  private final SQLMetric reasoningTokens;
  private final SQLMetric opens;
  private final SQLMetric firstRequest;
  private final SQLMetric lastCompletion;
  private final SQLMetric generation;
  private final SQLMetric steps;
  private final SQLMetric slotsUsed;
  private final SQLMetric slotsOffered;
  private final SQLMetric modelTokens;

  GenerationMetrics(Map<String, SQLMetric> named) {
    rows = named.get("generatedRows");
    errors = named.get("generationErrors");
    skipped = named.get("skippedRows");
    deduplicated = named.get("deduplicatedRows");
    promptTokens = named.get("promptTokens");
    cachedTokens = named.get("cachedTokens");
    completionTokens = named.get("completionTokens");
    reasoningTokens = named.get("reasoningTokens");
    opens = named.get("modelOpens");
    firstRequest = named.get("timeToFirstRequest");
    lastCompletion = named.get("timeToLastCompletion");
    generation = named.get("generationTime");
    steps = named.get("engineSteps");
    slotsUsed = named.get("batchSlotsUsed");
    slotsOffered = named.get("batchSlotsOffered");
    modelTokens = named.get("modelTokens");
  }

  static Map<String, SQLMetric> create(SparkContext context) {
    var metrics = new LinkedHashMap<String, SQLMetric>();
    metrics.put("generatedRows", SQLMetrics.createMetric(context, "generated rows"));
    metrics.put("generationErrors", SQLMetrics.createMetric(context, "generation errors"));
    metrics.put("skippedRows", SQLMetrics.createMetric(context, "skipped rows"));
    metrics.put("deduplicatedRows", SQLMetrics.createMetric(context, "deduplicated rows"));
    metrics.put("promptTokens", SQLMetrics.createMetric(context, "prompt tokens"));
    metrics.put("cachedTokens", SQLMetrics.createMetric(context, "cached tokens"));
    metrics.put("completionTokens", SQLMetrics.createMetric(context, "completion tokens"));
    metrics.put("reasoningTokens", SQLMetrics.createMetric(context, "reasoning tokens"));
    metrics.put("modelOpens", SQLMetrics.createMetric(context, "model opens"));
    metrics.put("timeToFirstRequest", SQLMetrics.createTimingMetric(context, "time to first request", -1));
    metrics.put("timeToLastCompletion", SQLMetrics.createTimingMetric(context, "time to last completion", -1));
    metrics.put("generationTime", SQLMetrics.createTimingMetric(context, "generation time", -1));
    metrics.put("engineSteps", SQLMetrics.createMetric(context, "engine steps"));
    metrics.put("batchSlotsUsed", SQLMetrics.createMetric(context, "batch slots used"));
    metrics.put("batchSlotsOffered", SQLMetrics.createMetric(context, "batch slots offered"));
    metrics.put("modelTokens", SQLMetrics.createMetric(context, "model tokens"));
    return metrics;
  }

  /** A result other than NULL. Skipped rows and rows in error count as rows too. */
  void count(Completion completion) {
    rows.add(1L);
    promptTokens.add((long) completion.promptTokens());
    cachedTokens.add((long) completion.cachedTokens());
    completionTokens.add((long) completion.completionTokens());
    reasoningTokens.add((long) completion.reasoningTokens());
    if (completion.isShared()) deduplicated.add(1L);
    switch (completion.finishReason()) {
      case ERROR -> errors.add(1L);
      case SKIPPED -> skipped.add(1L);
      case STOP, LENGTH, NO_ANSWER -> { }
    }
  }

  /** What an engine did meanwhile, for this task and others. */
  void worked(EngineStatistics statistics) {
    steps.add(statistics.steps());
    slotsUsed.add(statistics.slotsUsed());
    slotsOffered.add(statistics.slotsOffered());
    modelTokens.add(statistics.promptTokens() + statistics.completionTokens());
  }

  void opened() {
    opens.add(1L);
  }

  /** @param nanoseconds since the task began */
  void firstRequest(long nanoseconds) {
    firstRequest.add(TimeUnit.NANOSECONDS.toMillis(nanoseconds));
    lastCompletion.add(TimeUnit.NANOSECONDS.toMillis(nanoseconds));
  }

  /** Moves the last completion forward, from one time since the task began to another. */
  void lastCompletion(long fromNanoseconds, long toNanoseconds) {
    long milliseconds = TimeUnit.NANOSECONDS.toMillis(toNanoseconds) - TimeUnit.NANOSECONDS.toMillis(fromNanoseconds);
    lastCompletion.add(milliseconds);
    generation.add(milliseconds);
  }
}
