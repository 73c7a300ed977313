package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
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
  long reused;
  /** Rows, of an incremental run. */
  long added;
  long changed;
  long removed;
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

  /** Of an incremental run, as far as nothing is to be done; its other rows are {@linkplain #addFresh added} when they are there. */
  static Tally of(Changes changes, JobFile job) {
    Tally tally = new Tally();
    for (int i = 0; i < job.tasks().size(); i++) {
      long before = tally.results;
      changes.staying(i).groupBy("finish_reason", "error_code").agg(count(lit(1)), first(col("error"), true)).collectAsList()
          .forEach(row -> tally.add(new Group(row.getString(0), row.getString(1), row.getLong(2)), Results.REUSED, row.getString(3)));
      tally.rows = tally.results - before;
    }
    tally.added = changes.count(Changes.Kind.ADDED);
    tally.changed = changes.count(Changes.Kind.CHANGED);
    tally.removed = changes.count(Changes.Kind.REMOVED);
    return tally;
  }

  /** Adds a task's results of rows that have changed; tokens are counted where a model was asked in this run. */
  void addFresh(Dataset<Row> fresh, int task) {
    Column isReused = col(Results.origin(task)).equalTo(Results.REUSED);
    List<Column> agg = new ArrayList<>(List.of(first(ResultPlan.field(task, "error"), true), first(ResultPlan.field(task, "model"), true)));
    for (String tokens : List.of("prompt_tokens", "cached_tokens", "completion_tokens")) {
      agg.add(coalesce(sum(when(isReused, lit(0)).otherwise(ResultPlan.field(task, tokens))), lit(0L)));
    }
    long before = results;
    fresh.groupBy(ResultPlan.field(task, "finish_reason"), ResultPlan.field(task, "error_code"), col(Results.origin(task)))
        .agg(count(lit(1)), agg.toArray(Column[]::new)).collectAsList().forEach(row -> {
          if (row.isNullAt(0)) throw JobException.failed("%,d results are missing; please report it", row.getLong(3));
          add(new Group(row.getString(0), row.getString(1), row.getLong(3)), row.getString(2), row.getString(4));
          addModel(row.getString(5));
          promptTokens += row.getLong(6);
          cachedTokens += row.getLong(7);
          completionTokens += row.getLong(8);
        });
    if (task == 0) rows += results - before;
  }

  /** Rows of like results. */
  private record Group(String reason, String code, long count) {}

  private void add(Group group, String origin, String error) {
    results += group.count;
    boolean isError = FinishReason.ERROR.code().equals(group.reason);
    if (FinishReason.SKIPPED.code().equals(group.reason)) skipped += group.count;
    else if (origin.equals(Results.SHARED)) deduplicated += group.count;
    else if (origin.equals(Results.REUSED)) reused += group.count;
    if (isError) addErrors(group.code, group.count, error);
  }

  /** Results that the model was asked for, or that failed before it was. */
  long computed() {
    return results - skipped - deduplicated - reused;
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
    if (FinishReason.ERROR.code().equals(reason)) addErrors(code, count, group.getString(6));
    addModel(group.getString(7));
  }

  private void addErrors(String code, long count, String example) {
    errors.merge(code, count, Long::sum);
    examples.putIfAbsent(code, example);
  }

  private void addModel(String name) {
    if (name != null && !name.isEmpty()) models.add(name);
  }
}
