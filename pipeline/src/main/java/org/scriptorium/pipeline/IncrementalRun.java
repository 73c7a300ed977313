package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_distinct;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.input_file_block_start;
import static org.apache.spark.sql.functions.input_file_name;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.Changes.Kind;
import org.scriptorium.pipeline.JobFile.Increments;
import org.scriptorium.pipeline.JobFile.OnDeleted;
import org.scriptorium.pipeline.JobFile.OnDuplicateId;

/**
 * Brings a published output up to its documents: compares them by key, computes the requests that no result is there for, and writes anew
 * the files that hold what changed. What a run has computed stays in {@link Pieces} until it is published, if not by it then by the next.
 */
final class IncrementalRun {
  private static final String ORDER = "_scriptorium_order";

  private final SparkSession spark;
  private final JobFile job;
  private final OutputFolder folder;
  private final Pieces pieces;
  private final Increments increments;

  IncrementalRun(SparkSession spark, JobFile job, OutputFolder folder, String run) {
    this.spark = spark;
    this.job = job;
    this.folder = folder;
    this.pieces = new Pieces(spark, folder, run);
    this.increments = job.write().increments();
  }

  /**
   * What a run has prepared.
   *
   * @param version what is to be published; empty where nothing has changed
   */
  record Outcome(Tally tally, Optional<Version> version) {}

  /** Computes what changed, and writes it aside. */
  Outcome prepare(Source opened, Results.Generation generation) throws IOException {
    Source source = uniquelyNamed(opened);
    PublishedRows published = published(source);
    KeptRows kept = KeptRows.of(spark, job, published);
    try (Changes changes = Changes.between(source, job, published, kept)) {
      refuseLimit(changes);
      Tally tally = Tally.of(changes, job);
      boolean isChanged = tally.added + tally.changed + tally.removed > 0 || published.files().isEmpty();
      if (isChanged) return new Outcome(tally, Optional.of(write(source, published, changes, kept, tally, generation)));
      if (job.read().limit().isEmpty()) pieces.discard();
      return new Outcome(tally, Optional.empty());
    }
  }

  /**
   * What a run would find and do.
   *
   * @param night the documents
   * @param requests for each task the rows that it would ask the model for
   */
  record Outlook(JobPlan.Night night, List<Source> requests) {}

  /** Looks ahead at a run, and writes nothing. The outlook is good while {@code use} runs. */
  <T> T foresee(Source opened, Function<Outlook, T> use) throws IOException {
    Source source = uniquelyNamed(opened);
    PublishedRows published = published(source);
    KeptRows kept = KeptRows.of(spark, job, published);
    try (Changes changes = Changes.between(source, job, published, kept)) {
      Source changed = source.with(kept.onDisk(Changes.named(source.with(changed(source, changes)), job)));
      try (var results = new Results(spark, job, changed, published, changes, pieces, kept)) {
        long retried = changes.retried();
        return use.apply(new Outlook(new JobPlan.Night(changes.count(Kind.ADDED), changes.count(Kind.CHANGED) - retried, retried,
            changes.count(Kind.REMOVED), changes.count(Kind.SAME)), results.requests()));
      } finally {
        changed.rows().unpersist();
      }
    }
  }

  private PublishedRows published(Source source) throws IOException {
    StructType schema = ResultPlan.of(source.with(spark.createDataFrame(List.of(), source.rows().schema())), job, 1).schema();
    List<String> files = OutputFolder.published(folder.files(), folder.root()).stream().map(Path::getName).sorted().toList();
    return PublishedRows.of(spark, job, schema, folder.root(), files);
  }

  private Version write(Source source, PublishedRows published, Changes changes, KeptRows kept, Tally tally,
      Results.Generation generation) throws IOException {
    Dataset<Row> named = kept.onDisk(Changes.named(source.with(changed(source, changes)), job));
    try (var results = new Results(spark, job, source.with(named), published, changes, pieces, kept)) {
      results.compute(generation);
      Dataset<Row> fresh = named;
      for (int i = 0; i < job.tasks().size(); i++) fresh = results.fill(fresh, i);
      fresh = kept.onDisk(fresh);
      for (int i = 0; i < job.tasks().size(); i++) tally.addFresh(fresh, i);
      Version version = files(published, changes, ResultPlan.output(fresh, job));
      fresh.unpersist();
      return version;
    } finally {
      named.unpersist();
    }
  }

  private static Dataset<Row> changed(Source source, Changes changes) {
    if (changes.count(Kind.SAME) == 0) return source.rows();
    Dataset<Row> identifiers = changes.of(Kind.ADDED, Kind.CHANGED).select(col(Changes.ID).as("_changed"));
    return source.rows().join(identifiers, col(Source.ID).eqNullSafe(col("_changed")), "left_semi");
  }

  /** Writes the changed rows, with those of the files that they replace. */
  private Version files(PublishedRows published, Changes changes, Dataset<Row> fresh) {
    FileChoice choice = FileChoice.of(changes, published);
    Dataset<Row> staying = staying(published, changes, choice);
    staying.unionByName(fresh).repartition(choice.parts()).sortWithinPartitions("id").write().parquet(folder.rows().toString());
    // Rows that are kept without their documents lack what tasks that came later would have given them.
    long open = increments.onDeleted() == OnDeleted.KEEP ? staying.where(isOpen(published)).count() : 0;
    requireWhole(published, choice.rows(), open);
    // A trial of a few rows leaves the work of a greater run to it.
    return new Version(folder.rows(), choice.replaced(), job.read().limit().isPresent() ? Version.Pieces.STAY : Version.Pieces.END);
  }

  /** The rows of replaced files that are not replaced themselves. */
  private Dataset<Row> staying(PublishedRows published, Changes changes, FileChoice choice) {
    Dataset<Row> same = changes.of(Kind.SAME).where(col(PublishedRows.FILE).isin(choice.replaced().toArray()))
        .select(col(Changes.ID).as("_same"), col(PublishedRows.FILE).as("_in")).distinct();
    Dataset<Row> rows = published.rows(choice.replaced());
    Dataset<Row> staying = rows.join(same, rows.col("id").eqNullSafe(same.col("_same")).and(rows.col(PublishedRows.FILE).equalTo(same.col("_in"))),
        "left_semi").drop(PublishedRows.FILE);
    if (increments.onDeleted() == OnDeleted.REMOVE) return staying;
    // Of a document that is gone a file may have several rows, one of which is kept.
    return staying.where(col("id").isNotNull()).dropDuplicates("id").unionByName(staying.where(col("id").isNull()));
  }

  /** True of rows that lack a task's result. */
  private Column isOpen(PublishedRows published) {
    Column isOpen = lit(false);
    for (int i = 0; i < job.tasks().size(); i++) isOpen = isOpen.or(published.field(i, "finish_reason").isNull());
    return isOpen;
  }

  /** Documents may change while they are read several times, and files may be lost: nothing but what was planned is published. */
  private void requireWhole(PublishedRows published, long rows, long open) {
    Dataset<Row> written = spark.read().parquet(folder.rows().toString());
    Row found = written.agg(count(lit(1)), count(col("id")), count_distinct(col("id")), count_if(isOpen(published))).head();
    if (found.getLong(0) == rows && found.getLong(1) == found.getLong(2) && found.getLong(3) == open) return;
    throw JobException.failed("write.path: %,d rows were to be written, and %,d were, of which %,d share an identifier and %,d have no"
        + " result: the documents changed while they were read; nothing was published and nothing is lost, run the job again", rows,
        found.getLong(0), found.getLong(1) - found.getLong(2), found.getLong(3));
  }

  /** What a limit leaves out is not gone. */
  private void refuseLimit(Changes changes) {
    if (job.read().limit().isEmpty() || changes.count(Kind.REMOVED) == 0) return;
    throw JobException.failed("read.limit: %,d published rows have no document among the first %,d, and would be removed; leave the limit out,"
        + " set write.on-deleted to keep, or write elsewhere", changes.count(Kind.REMOVED), job.read().limit().getAsInt());
  }

  /** Refuses documents that share an identifier or have none, before anything is computed; or takes the first of each. */
  private Source uniquelyNamed(Source source) {
    Column isSound = col(Source.PROBLEM).isNull();
    Dataset<Row> counted = source.rows().groupBy(col(Source.ID)).agg(sum(when(isSound, lit(1L)).otherwise(lit(0L))).as("sound"),
        sum(lit(1L)).as("all"));
    boolean mayShare = increments.onDuplicateId() == OnDuplicateId.FIRST;
    Column isNameless = col(Source.ID).isNull().and(col("sound").gt(0));
    Column isShared = col(Source.ID).isNotNull().and(col("all").gt(1));
    List<Row> wrong = counted.where(mayShare ? isNameless : isNameless.or(isShared)).orderBy(col(Source.ID).asc_nulls_first()).limit(4)
        .collectAsList();
    if (!wrong.isEmpty()) throw refusal(wrong);
    return mayShare ? firstOfEach(source) : source;
  }

  private JobException refusal(List<Row> wrong) {
    String column = job.read().id().orElse("id");
    if (wrong.getFirst().isNullAt(0)) {
      return JobException.failed("read.id: %,d documents have no \"%s\", by which write.mode incremental knows them; give them one,"
          + " or leave them out", wrong.getFirst().getLong(1), column);
    }
    String names = wrong.stream().limit(3).map(row -> "\"%s\" (%,d times)".formatted(row.getString(0), row.getLong(2)))
        .collect(Collectors.joining(", "));
    return JobException.failed("read.id: several documents have the same \"%s\": %s%s; write.mode incremental knows them by it:"
        + " make it unique, or set write.on-duplicate-id to first", column, names, wrong.size() > 3 ? " and more" : "");
  }

  private Source firstOfEach(Source source) {
    Dataset<Row> placed = source.rows().withColumn(ORDER + 0, input_file_name()).withColumn(ORDER + 1, input_file_block_start())
        .withColumn(ORDER + 2, monotonically_increasing_id());
    var each = Window.partitionBy(col(Source.ID)).orderBy(col(ORDER + 0), col(ORDER + 1), col(ORDER + 2));
    Dataset<Row> first = placed.withColumn(ORDER, row_number().over(each)).where(col(ORDER).equalTo(1).or(col(Source.ID).isNull()));
    return source.with(first.drop(ORDER, ORDER + 0, ORDER + 1, ORDER + 2));
  }
}
