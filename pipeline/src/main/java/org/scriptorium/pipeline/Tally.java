package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.pipeline.JobFile.Shape;

/** Counts what was written: each row once, however often its task ran. */
final class Tally {
  long rows;
  long results;
  long skipped;
  long deduplicated;
  long promptTokens;
  long cachedTokens;
  long completionTokens;
  final SortedMap<String, Long> errors = new TreeMap<>();
  /** One sentence for each code. */
  final SortedMap<String, String> examples = new TreeMap<>();
  final Set<String> models = new LinkedHashSet<>();

  private Tally() {}

  static Tally of(Dataset<Row> written, JobFile job) {
    Tally tally = new Tally();
    for (JobFile.Task task : job.tasks()) {
      String prefix = job.shape() == Shape.FLAT ? "" : "`" + task.name() + "`.";
      long before = tally.results;
      written.groupBy(col(prefix + "finish_reason"), col(prefix + "error_code"))
          .agg(count(lit(1)), tokens(prefix + "prompt_tokens"), tokens(prefix + "cached_tokens"), tokens(prefix + "completion_tokens"),
              first(col(prefix + "error"), true), first(col(prefix + "model"), true),
              count_if(isShared(prefix)))
          .collectAsList().forEach(tally::add);
      tally.rows = tally.results - before;
    }
    return tally;
  }

  /** Results that the model was asked for. */
  long computed() {
    return results - skipped - deduplicated;
  }

  long errorCount() {
    return errors.values().stream().mapToLong(Long::longValue).sum();
  }

  /** The prefix cache never has a prompt's last token: a prompt that was cached whole was an equal request's. */
  private static Column isShared(String prefix) {
    return col(prefix + "cached_tokens").equalTo(col(prefix + "prompt_tokens")).and(col(prefix + "prompt_tokens").gt(0))
        .and(col(prefix + "finish_reason").notEqual(FinishReason.ERROR.code()));
  }

  private static Column tokens(String column) {
    return coalesce(sum(col(column)), lit(0L));
  }

  private void add(Row group) {
    String reason = group.getString(0);
    String code = group.getString(1);
    long count = group.getLong(2);
    results += count;
    promptTokens += group.getLong(3);
    cachedTokens += group.getLong(4);
    completionTokens += group.getLong(5);
    deduplicated += group.getLong(8);
    if (FinishReason.SKIPPED.code().equals(reason)) skipped += count;
    if (FinishReason.ERROR.code().equals(reason)) {
      errors.merge(code, count, Long::sum);
      examples.putIfAbsent(code, group.getString(6));
    }
    if (group.getString(7) != null && !group.getString(7).isEmpty()) models.add(group.getString(7));
  }
}
