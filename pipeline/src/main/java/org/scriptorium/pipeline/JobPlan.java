package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.rand;
import static org.apache.spark.sql.functions.sum;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Mode;

/**
 * What a job would do, without doing it. Rows and bytes are counted; tokens and time are carried over from a few rows, chosen at
 * random, that the model really answers: tokens by the rows' bytes, time by their number. A full run batches better than so
 * few rows do, so the time is rather too long than too short.
 *
 * @param night how the documents differ from what is published; empty where the job is not incremental
 * @param rows of the output, one for each document
 * @param answered requests: rows that are neither blank nor unreadable, or what an incremental run has no results for
 * @param bytes of the answered rows' texts
 * @param sampleRows how many rows were tried; 0 when there are none
 * @param promptTokens of the whole run, estimated
 * @param completionTokens of the whole run, estimated
 * @param completionLimit the most that all rows together could generate; 0 where that is not known
 * @param seconds of the whole run, estimated
 * @param modelBytes of the model's weights, mapped and shared by the processes of a node; 0 when not known
 * @param memoryBytes peak of this process after the sample, in local mode what a run needs about; 0 when not known
 * @param partitions tasks that share the rows
 */
public record JobPlan(
    String name, Optional<Night> night, long rows, long answered, long bytes, int sampleRows, long promptTokens, long completionTokens,
    long completionLimit, double seconds, long modelBytes, long memoryBytes, int partitions) {
  private static final int SAMPLE = 16;

  /**
   * An incremental run's documents.
   *
   * @param changed with another request, or other values in the columns that the output repeats
   * @param retried whose last result was an error
   * @param removed rows that go, since their documents are gone
   * @param kept rows that stay as they are
   */
  public record Night(long added, long changed, long retried, long removed, long kept) {
    long rows() {
      return added + changed + retried + kept;
    }
  }

  /** What the requests of some rows, each for all tasks of a job, will take. */
  private record Share(
      long answered, long bytes, int sampleRows, double promptTokens, double completionTokens, long completionLimit, double seconds) {
    static final Share NONE = new Share(0, 0, 0, 0, 0, 0, 0);

    Share and(Share other) {
      return new Share(answered + other.answered, bytes + other.bytes, sampleRows + other.sampleRows, promptTokens + other.promptTokens,
          completionTokens + other.completionTokens, completionLimit + other.completionLimit, seconds + other.seconds);
    }
  }

  /** Checks a job as a run would, counts its rows and tries a few; nothing is written. {@code model} adds the weights' size. */
  public static JobPlan describe(SparkSession spark, JobFile job, Optional<ModelDescription> model) {
    try {
      return estimate(spark, job, model.map(ModelDescription::bytes).orElse(0L));
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names.
      throw Failures.explain(e);
    }
  }

  private static JobPlan estimate(SparkSession spark, JobFile job, long modelBytes) throws IOException {
    if (job.tasks().getFirst().kind() == Kind.INDEX)
      throw JobException.wrongUse("task.kind: an index can't be tried dry; run the job without --dry-run");
    Source source = JobRun.check(spark, job);
    if (job.write().mode() == Mode.INCREMENTAL) {
      var folder = OutputFolder.unclaimed(spark.sparkContext().hadoopConfiguration(), job.write().path());
      return new IncrementalRun(spark, job, folder, "").foresee(source, outlook -> estimate(spark, job, modelBytes, outlook));
    }
    Column usable = source.isBlank().or(col(Source.PROBLEM).isNotNull()).equalTo(false);
    return of(spark, job, modelBytes, Optional.empty(), source.rows().count(), share(spark, job, source.with(source.rows().where(usable))));
  }

  private static JobPlan estimate(SparkSession spark, JobFile job, long modelBytes, IncrementalRun.Outlook outlook) {
    Share all = Share.NONE;
    for (int i = 0; i < job.tasks().size(); i++) {
      all = all.and(share(spark, job.withTasks(List.of(job.tasks().get(i))), outlook.requests().get(i)));
    }
    return of(spark, job, modelBytes, Optional.of(outlook.night()), outlook.night().rows(), all);
  }

  private static JobPlan of(SparkSession spark, JobFile job, long modelBytes, Optional<Night> night, long rows, Share share) {
    int executors = Math.max(1, spark.sparkContext().statusTracker().getExecutorInfos().length - 1);
    long spread = night.isPresent() ? share.answered : rows;
    return new JobPlan(job.name(), night, rows, share.answered, share.bytes, share.sampleRows, Math.round(share.promptTokens),
        Math.round(share.completionTokens), share.completionLimit, share.seconds / executors, modelBytes, JobRun.peakMemory(),
        ResultPlan.partitions(job, spread, spark.sparkContext().defaultParallelism()));
  }

  private static Share share(SparkSession spark, JobFile job, Source source) {
    Row counts = source.rows().agg(count(lit(1)), coalesce(sum(source.bytes()), lit(0L))).head();
    long answered = counts.getLong(0), bytes = counts.getLong(1);
    if (answered == 0) return Share.NONE;
    List<Row> sample = source.rows().orderBy(rand(0)).limit(SAMPLE).collectAsList();
    Dataset<Row> sampled = spark.createDataFrame(sample, source.rows().schema());
    // The first row pays for opening the model.
    answer(spark, sampled.limit(1), source, job);
    long from = System.nanoTime();
    Tally tally = answer(spark, sampled, source, job);
    double seconds = (System.nanoTime() - from) / 1e9;
    double times = answered / (double) sample.size();
    long sampleBytes = sampled.agg(coalesce(sum(source.bytes()), lit(0L))).head().getLong(0);
    double share = sampleBytes == 0 ? times : bytes / (double) sampleBytes;
    // How many requests a parted document takes depends on its pieces.
    boolean isParted = job.tasks().stream().anyMatch(task -> task.longDocuments() instanceof LongDocuments.MapReduce);
    long each = job.tasks().stream().filter(task -> task.kind().generates()).mapToLong(task -> task.generate().room(0)).sum();
    long limit = isParted ? 0 : each * answered;
    return new Share(answered, bytes, sample.size(), tally.promptTokens * share, tally.completionTokens * times, limit, seconds * times);
  }

  private static Tally answer(SparkSession spark, Dataset<Row> rows, Source source, JobFile job) {
    Dataset<Row> results = ResultPlan.of(source.with(rows), job, 1);
    // Collected once and counted from there: counting the plan itself would ask the model again for each count.
    return Tally.of(spark.createDataFrame(results.collectAsList(), results.schema()), job);
  }

  /** A few lines for people. */
  public String summary() {
    String sampled = sampleRows == 0 ? "no row to try" : "estimated from %d rows tried".formatted(sampleRows);
    String model = modelBytes == 0 ? "" : String.format(Locale.ROOT, ", %,.0f MiB of it the mapped model", modelBytes / 1048576.0);
    String documents = night.map(found -> String.format(Locale.ROOT,
        "documents:     %,d new, %,d changed, %,d to try again, %,d deleted, %,d kept as they are%n",
        found.added, found.changed, found.retried, found.removed, found.kept)).orElse("");
    String most = completionLimit == 0 ? "" : String.format(Locale.ROOT, " (at most %,d)", completionLimit);
    String requests = night.isPresent() ? "%,d requests to compute" : "%,d of them to answer";
    return String.format(Locale.ROOT, """
            %s: dry run, nothing is written
            %srows:          %,d, %s (%,d bytes), in %,d partitions
            tokens:        about %,d of prompts and %,d of completions%s; %s
            memory:        about %,.0f MiB%s
            expected time: about %s""",
        name, documents, rows, String.format(Locale.ROOT, requests, answered), bytes, partitions, promptTokens, completionTokens,
        most, sampled, memoryBytes / 1048576.0, model, Report.duration(Math.round(seconds)));
  }
}
