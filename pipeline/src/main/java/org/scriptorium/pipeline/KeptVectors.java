package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min_by;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.pipeline.JobFile.Increments;
import org.scriptorium.pipeline.retrieval.PassageVectors;

/**
 * Vectors of passages that are committed in {@link Pieces} while they are computed. A build that dies, or publishes nothing, leaves them to
 * the next one, which computes what is missing.
 */
final class KeptVectors implements PassageVectors {
  private final SparkSession spark;
  private final JobFile job;
  private final Pieces pieces;
  private final Watch watch;
  private long kept;
  private long tokens;

  /** Runs what asks the model, and tells of its progress. */
  @FunctionalInterface
  interface Watch {
    void run(long passages, Runnable embedding);
  }

  KeptVectors(SparkSession spark, JobFile job, Pieces pieces, Watch watch) {
    this.spark = spark;
    this.job = job;
    this.pieces = pieces;
    this.watch = watch;
  }

  /** Passages that a run before has embedded. */
  long kept() {
    return kept;
  }

  /** Tokens that went through the model. */
  long tokens() {
    return tokens;
  }

  /** Forgets them all: what a published index has it has. */
  void discard() throws IOException {
    pieces.discard();
  }

  @Override
  public Dataset<Row> of(Dataset<Row> passages, Column embedding) throws IOException {
    StructType type = (StructType) passages.limit(0).select(embedding).schema().fields()[0].dataType();
    Dataset<Row> earlier = pieces.earlier(0, type).select(KEY, Pieces.RESULT);
    Dataset<Row> missing = passages.join(earlier.select(col(KEY).as("_known")), col(KEY).equalTo(col("_known")), "left_anti")
        .persist(StorageLevel.DISK_ONLY());
    try {
      long count = missing.count();
      kept = earlier.isEmpty() ? 0 : passages.count() - count;
      if (count > 0) watch.run(count, () -> compute(missing, count, embedding));
    } finally {
      missing.unpersist();
    }
    Dataset<Row> own = pieces.own(0, type).select(KEY, Pieces.RESULT);
    tokens = own.agg(coalesce(sum(col(Pieces.RESULT).getField("prompt_tokens")), lit(0L))).head().getLong(0);
    // An attempt of a task that was repeated may have committed a passage too.
    Column rank = when(col(Pieces.RESULT).getField("finish_reason").equalTo(FinishReason.ERROR.code()), lit(1)).otherwise(lit(0));
    return own.union(earlier).groupBy(KEY).agg(min_by(col(Pieces.RESULT), rank).as(EMBEDDED));
  }

  private void compute(Dataset<Row> missing, long count, Column embedding) {
    SparkContext context = spark.sparkContext();
    var hadoop = new SerializableConfiguration(context.hadoopConfiguration());
    int partitions = ResultPlan.partitions(job, count, context.defaultParallelism());
    int atOnce = Math.min(partitions, Math.max(1, context.defaultParallelism()));
    Increments increments = job.write().increments();
    var writer = new PieceWriter(hadoop, pieces.folder(0), Math.max(1, increments.commitRows() / atOnce), increments.commitSeconds());
    missing.repartition(partitions).mapPartitions(new RemainingRows(hadoop, pieces.folder(0).toString()), Encoders.row(missing.schema()))
        .select(col(KEY), embedding.as(Pieces.RESULT)).select(Pieces.line(col(KEY), lit(""), col(Pieces.RESULT))).foreachPartition(writer);
  }
}
