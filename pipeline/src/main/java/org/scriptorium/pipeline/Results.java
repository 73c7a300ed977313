package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.hash;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min_by;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.pipeline.JobFile.Increments;

/** Where changed documents have their results from: what is published, what earlier runs have committed, and what this one computes. */
final class Results implements AutoCloseable {
  /** Of a result whose request is not sent to a model. */
  static final String UNASKED = "";
  static final String COMPUTED = "computed";
  /** The result of an equal request of this run. */
  static final String SHARED = "shared";
  static final String REUSED = "reused";

  private static final String KEY = Pieces.KEY;
  /** Of documents that are parted together, about: some minutes of work. */
  private static final long WAVE_BYTES = 1 << 19;
  private static final List<String> STANDING = List.of("finish_reason", "error_code", "error", "model", "request_key");

  private final SparkSession spark;
  private final JobFile job;
  private final Source changed;
  private final PublishedRows published;
  private final Changes changes;
  private final Pieces pieces;
  /** For each task one row of each request that no result is there for. */
  private final List<Dataset<Row>> pending = new ArrayList<>();

  /** Runs what asks the model. */
  @FunctionalInterface
  interface Generation {
    /** @param results that come of it */
    void run(long results, Runnable writing) throws IOException;
  }

  /** @param changed documents with what {@link Changes#named} knows of their results */
  Results(SparkSession spark, JobFile job, Source changed, PublishedRows published, Changes changes, Pieces pieces, KeptRows kept)
      throws IOException {
    this.spark = spark;
    this.job = job;
    this.changed = changed;
    this.published = published;
    this.changes = changes;
    this.pieces = pieces;
    for (int i = 0; i < job.tasks().size(); i++) {
      Dataset<Row> known = changes.publishedKeys(i).select(KEY).union(pieces.earlier(i, published.resultType(i)).select(KEY));
      Dataset<Row> requests = changed.rows().withColumn(KEY, key(i)).where(col(KEY).notEqual("")).dropDuplicates(KEY);
      pending.add(kept.onDisk(requests.join(known.withColumnRenamed(KEY, "_known"), col(KEY).equalTo(col("_known")), "left_anti")));
    }
  }

  private static Column key(int task) {
    return ResultPlan.field(task, "request_key");
  }

  /** The column that says where a task's result comes from. */
  static String origin(int task) {
    return "_scriptorium_origin_" + task;
  }

  /** For each task the rows that the model is to be asked for. */
  List<Source> requests() {
    return pending.stream().map(changed::with).toList();
  }

  /** Computes what is missing, all tasks one after the other, and commits it piece by piece. */
  void compute(Generation generation) throws IOException {
    List<Long> counts = pending.stream().map(Dataset::count).toList();
    long all = counts.stream().mapToLong(Long::longValue).sum();
    if (all == 0) return;
    generation.run(all, () -> {
      for (int i = 0; i < pending.size(); i++) if (counts.get(i) > 0) compute(i, counts.get(i));
    });
  }

  private void compute(int task, long count) {
    if (job.tasks().get(task).longDocuments() instanceof LongDocuments.MapReduce how) {
      computeParted(task, how);
      return;
    }
    var context = spark.sparkContext();
    int partitions = ResultPlan.partitions(job, count, context.defaultParallelism());
    var hadoop = new SerializableConfiguration(context.hadoopConfiguration());
    Dataset<Row> spread = ResultPlan.spread(changed.with(pending.get(task)), partitions);
    Dataset<Row> remaining = spread.mapPartitions(new RemainingRows(hadoop, pieces.folder(task).toString()), Encoders.row(spread.schema()));
    Dataset<Row> answered = remaining.select(col(KEY), col(Source.ID), ResultPlan.answer(job, task, changed).as(Pieces.RESULT));
    Increments increments = job.write().increments();
    int atOnce = Math.min(partitions, Math.max(1, context.defaultParallelism()));
    int rows = Math.max(1, increments.commitRows() / atOnce);
    answered.select(Pieces.line(col(KEY), col(Source.ID), col(Pieces.RESULT)))
        .foreachPartition(new PieceWriter(hadoop, pieces.folder(task), rows, increments.commitSeconds()));
  }

  /** Documents that may be parted are computed some at a time: a document's result is there when its last round is. */
  private void computeParted(int task, LongDocuments.MapReduce how) {
    var context = spark.sparkContext();
    Row total = pending.get(task).agg(sum(changed.bytes())).head();
    int waves = (int) Math.max(1, Math.min(Integer.MAX_VALUE, (total.isNullAt(0) ? 0 : total.getLong(0)) / WAVE_BYTES));
    int cores = Math.max(1, context.defaultParallelism());
    var increments = job.write().increments();
    var writer = new PieceWriter(new SerializableConfiguration(context.hadoopConfiguration()), pieces.folder(task),
        Math.max(1, increments.commitRows() / cores), increments.commitSeconds());
    for (int wave = 0; wave < waves; wave++) {
      Dataset<Row> some = pending.get(task).where(pmod(hash(col(KEY)), lit(waves)).equalTo(wave));
      new PiecePlan(changed, job, job.tasks().get(task), how, cores).answered(some, Pieces.RESULT)
          .select(Pieces.line(col(KEY), col(Source.ID), col(Pieces.RESULT))).foreachPartition(writer);
    }
  }

  /** Puts a task's results, and where they come from, in the place of what was known of them. */
  Dataset<Row> fill(Dataset<Row> rows, int task) throws IOException {
    StructType type = published.resultType(task);
    Column isOwner = col("_found.origin").equalTo(COMPUTED).and(col("_found.owner").equalTo(col(Source.ID)));
    Column origin = when(col(KEY).equalTo(""), lit(UNASKED)).when(isOwner, lit(COMPUTED))
        .when(col("_found.origin").equalTo(COMPUTED), lit(SHARED)).otherwise(lit(REUSED));
    // A row that was answered with another has all its tokens from there.
    Column shared = col("_found.result").withField("cached_tokens", col("_found.result.prompt_tokens"));
    Column isShared = col(origin(task)).equalTo(SHARED).and(col("_found.result.finish_reason").notEqual(FinishReason.ERROR.code()));
    Column result = when(col(KEY).equalTo(""), unasked(task, type)).when(isShared, shared).otherwise(col("_found.result"));
    return rows.withColumn(KEY, key(task)).join(found(task, type), col(KEY).equalTo(col("_found_key")), "left")
        .withColumn(origin(task), origin).withColumn(ResultPlan.result(task), result).drop(KEY, "_found_key", "_found");
  }

  /** One result for each key, whichever is there; one in error only where there is no other. */
  private Dataset<Row> found(int task, StructType type) throws IOException {
    Dataset<Row> own = results(pieces.own(task, type), COMPUTED);
    Dataset<Row> earlier = results(pieces.earlier(task, type), REUSED);
    Dataset<Row> wanted = changed.rows().select(key(task).as("_wanted")).distinct();
    Column isWanted = col(KEY).equalTo(col("_wanted"));
    Set<String> files = Set.copyOf(changes.publishedKeys(task).join(wanted, isWanted, "left_semi").select(PublishedRows.FILE).distinct()
        .as(Encoders.STRING()).collectAsList());
    Dataset<Row> before = published.rows(files).where(published.field(task, "finish_reason").notEqual(FinishReason.ERROR.code()))
        .select(published.field(task, "request_key").as(KEY), col("id").as(Pieces.ID), published.result(task).cast(type).as(Pieces.RESULT))
        .join(wanted, isWanted, "left_semi");
    Dataset<Row> all = own.union(earlier).union(results(before, REUSED));
    Column rank = when(col("found.result.finish_reason").equalTo(FinishReason.ERROR.code()), lit(1)).otherwise(lit(0));
    return all.groupBy(col(KEY).as("_found_key")).agg(min_by(col("found"), rank).as("_found"));
  }

  private static Dataset<Row> results(Dataset<Row> rows, String origin) {
    return rows.select(col(KEY), struct(col(Pieces.ID).as("owner"), col(Pieces.RESULT).as("result"), lit(origin).as("origin")).as("found"));
  }

  /** The result of a row that needs no model: the same as a model's task would give it. */
  private static Column unasked(int task, StructType type) {
    return struct(Arrays.stream(type.fields()).map(field -> unasked(task, field).as(field.name())).toArray(Column[]::new)).cast(type);
  }

  private static Column unasked(int task, StructField field) {
    if (STANDING.contains(field.name())) return ResultPlan.field(task, field.name());
    return switch (field.dataType()) {
      case IntegerType _ -> lit(0);
      case StringType _ -> lit("");
      default -> lit(null).cast(field.dataType());
    };
  }

  @Override
  public void close() {
    pending.forEach(Dataset::unpersist);
  }
}
