package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lead;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.pipeline.JobFile.OnDeleted;

/**
 * How documents differ from what is published, found by identifiers and keys alone: no text takes part, and no model is asked. Each row of
 * {@link #rows} is a document, a published row, or both, with {@link #ID}, {@link #KIND} and the file of the published one.
 */
final class Changes implements AutoCloseable {
  static final String ID = "id";
  static final String KIND = "kind";
  private static final String HERE = "here";
  private static final String THERE = "there";
  /** What a request fails by however often it is tried. */
  private static final List<String> LASTING = Stream.of(ErrorCode.PROMPT_TOO_LONG, ErrorCode.MALFORMED_TEXT, ErrorCode.TEMPLATE_ERROR)
      .map(ErrorCode::code).toList();
  private static final List<String> STANDING = List.of("finish_reason", "error_code", "error", "request_key");

  enum Kind {
    /** Nothing is to be done for it; that may be because its document is gone and the job keeps such rows. */
    SAME,
    ADDED,
    /** The request is another one, the last one failed, or a column that the output repeats has changed. */
    CHANGED,
    /** Published, but no document any more, and not to be kept. */
    REMOVED;

    String code() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Dataset<Row> rows;
  private final Dataset<Row> compared;
  private final int tasks;
  private final Map<String, Map<Kind, Long>> files = new TreeMap<>();
  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);

  private Changes(Dataset<Row> compared, PublishedRows published, int tasks) {
    this.compared = compared;
    this.rows = published.isOutdated() ? compared : withNamelessOnes(compared);
    this.tasks = tasks;
    for (Row row : rows.groupBy(col(PublishedRows.FILE), col(KIND)).count().collectAsList()) {
      Kind kind = Kind.valueOf(row.getString(1).toUpperCase(Locale.ROOT));
      counts.merge(kind, row.getLong(2), Long::sum);
      if (!row.isNullAt(0)) files.computeIfAbsent(row.getString(0), file -> new EnumMap<>(Kind.class)).put(kind, row.getLong(2));
    }
  }

  /** Compares; the documents' requests are rendered once, to be named. */
  static Changes between(Source source, JobFile job, PublishedRows published, KeptRows kept) {
    Column stays = lit(job.write().increments().onDeleted() == OnDeleted.KEEP).and(col("was_id").isNotNull());
    List<Column> here = new ArrayList<>(List.of(col(Source.ID).as(ID), lit(true).as(HERE)));
    List<Column> repeated = new ArrayList<>();
    for (int i = 0; i < job.read().keep().size(); i++) repeated.add(col(Source.keep(i)));
    here.add(PublishedRows.kept(repeated));
    List<Column> there = new ArrayList<>(List.of(col(ID).as("was_id"), lit(true).as(THERE), col(PublishedRows.FILE)));
    there.add((published.isOutdated() ? lit(null).cast("long") : published.kept()).as("was_kept"));
    // Outputs of other modes may hold an identifier twice.
    var copies = Window.partitionBy(col("id")).orderBy(col(PublishedRows.FILE));
    there.add(row_number().over(copies).as("copy"));
    there.add(lead(lit(true), 1, false).over(copies).as("recurs"));
    Column settled = col(PublishedRows.KEPT).equalTo(col("was_kept")).and(not(col("recurs")));
    for (int i = 0; i < job.tasks().size(); i++) {
      int task = i;
      here.add(struct(STANDING.stream().map(name -> ResultPlan.field(task, name).as(name)).toArray(Column[]::new)).as(due(i)));
      there.add(struct(STANDING.stream().map(name -> standing(published, task, name).as(name)).toArray(Column[]::new)).as(was(i)));
      settled = settled.and(isSettled(i));
    }
    Column kind = when(col("copy").gt(1).and(col("was_id").isNotNull()), lit(Kind.REMOVED.code()))
        .when(col(HERE).isNull(), when(stays, lit(Kind.SAME.code())).otherwise(lit(Kind.REMOVED.code())))
        .when(col(THERE).isNull(), lit(Kind.ADDED.code()))
        .when(coalesce(settled, lit(false)), lit(Kind.SAME.code())).otherwise(lit(Kind.CHANGED.code()));
    Dataset<Row> documents = named(source, job).select(here.toArray(Column[]::new));
    Dataset<Row> results = published.rows().select(there.toArray(Column[]::new));
    Dataset<Row> compared = documents.join(results, col(ID).equalTo(col("was_id")), "full_outer")
        .withColumn(KIND, kind).withColumn(ID, coalesce(col(ID), col("was_id")));
    return new Changes(kept.inMemory(compared), published, job.tasks().size());
  }

  /**
   * Rows without an identifier are of documents that could not be read. Where as many with the same errors are published as there are now,
   * these stay; else those of now replace them, all of them.
   */
  private static Dataset<Row> withNamelessOnes(Dataset<Row> compared) {
    Column isNameless = col(ID).isNull();
    Column error = coalesce(col(due(0)).getField("error"), col(was(0)).getField("error"));
    Column others = coalesce(col(PublishedRows.KEPT), col("was_kept"));
    boolean areOthers = !compared.where(isNameless).groupBy(error, others).agg(count_if(col(HERE).isNotNull()).as(HERE), count_if(col(THERE).isNotNull()).as(THERE))
        .where(col(HERE).notEqual(col(THERE))).isEmpty();
    if (areOthers) return compared;
    return compared.where(not(isNameless.and(col(THERE).isNull()))).withColumn(KIND, when(isNameless, lit(Kind.SAME.code())).otherwise(col(KIND)));
  }

  /** Results that lack a field are nobody's, so that they are computed anew. */
  private static Column standing(PublishedRows published, int task, String name) {
    return name.equals("request_key") && !published.isWhole(task) ? lit("") : published.field(task, name);
  }

  /** The documents with what is known of their results before they are computed, in the results' columns. */
  static Dataset<Row> named(Source source, JobFile job) {
    List<Column> columns = new ArrayList<>(List.of(col("*")));
    for (int i = 0; i < job.tasks().size(); i++) columns.add(ResultPlan.key(job, i, source).as(ResultPlan.result(i)));
    return source.rows().select(columns.toArray(Column[]::new));
  }

  private static Column isSettled(int task) {
    Column due = col(due(task)), was = col(was(task));
    Column hasAnswer = was.getField("finish_reason").notEqual(FinishReason.ERROR.code()).or(was.getField("error_code").isin(LASTING.toArray()));
    Column asked = was.getField("request_key").equalTo(due.getField("request_key")).and(hasAnswer);
    Column unasked = lit(true);
    for (String name : STANDING) unasked = unasked.and(was.getField(name).equalTo(due.getField(name)));
    return when(due.getField("request_key").equalTo(""), unasked).otherwise(asked);
  }

  private static String due(int task) {
    return "due_" + task;
  }

  private static String was(int task) {
    return "was_" + task;
  }

  long count(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** Those of the changed ones whose requests are the same, and of which one failed. */
  long retried() {
    Column isRetried = lit(false), isSame = lit(true);
    for (int i = 0; i < tasks; i++) {
      isRetried = isRetried.or(col(was(i)).getField("finish_reason").equalTo(FinishReason.ERROR.code()));
      isSame = isSame.and(col(was(i)).getField("request_key").equalTo(col(due(i)).getField("request_key")));
    }
    return of(Kind.CHANGED).where(isRetried.and(isSame)).count();
  }

  /** The published files, with the rows of each by what becomes of them. */
  Map<String, Map<Kind, Long>> files() {
    return files;
  }

  Dataset<Row> of(Kind... kinds) {
    List<String> codes = new ArrayList<>();
    for (Kind kind : kinds) codes.add(kind.code());
    return rows.where(col(KIND).isin(codes.toArray()));
  }

  /** Keys of published results that are good for any equal request, with the file of one such row. */
  Dataset<Row> publishedKeys(int task) {
    return rows.where(col(THERE).isNotNull().and(col(was(task)).getField("finish_reason").notEqual(FinishReason.ERROR.code()))
            .and(col(was(task)).getField("request_key").notEqual("")))
        .select(col(was(task)).getField("request_key").as("key"), col(PublishedRows.FILE)).dropDuplicates("key");
  }

  /** What is known of a task's results that stay. */
  Dataset<Row> staying(int task) {
    return of(Kind.SAME).select(col(was(task)).as("was")).selectExpr("was.*");
  }

  @Override
  public void close() {
    compared.unpersist();
  }
}
