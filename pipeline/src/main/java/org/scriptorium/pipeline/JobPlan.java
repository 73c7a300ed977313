package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.rand;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.pipeline.JobFile.Kind;

/**
 * What a job would do, without doing it. Rows and bytes are counted; tokens and time are carried over from a few rows, chosen at
 * random, that the model really answers: tokens by the rows' bytes, time by their number. A full run batches better than so
 * few rows do, so the time is rather too long than too short.
 *
 * @param rows documents
 * @param answered of them that are neither blank nor unreadable
 * @param bytes of the answered rows' texts
 * @param sampleRows how many rows were tried; 0 when there are none
 * @param promptTokens of the whole run, estimated
 * @param completionTokens of the whole run, estimated
 * @param completionLimit the most that all rows together could generate
 * @param seconds of the whole run, estimated
 * @param modelBytes of the model's weights, mapped and shared by the processes of a node; 0 when not known
 * @param memoryBytes peak of this process after the sample, in local mode what a run needs about; 0 when not known
 * @param partitions tasks that share the rows
 */
public record JobPlan(
    String name, long rows, long answered, long bytes, int sampleRows, long promptTokens, long completionTokens, long completionLimit,
    double seconds, long modelBytes, long memoryBytes, int partitions) {
  private static final int SAMPLE = 16;

  /** Checks a job as a run would, counts its rows and tries a few; nothing is written. {@code model} adds the weights' size. */
  public static JobPlan describe(SparkSession spark, JobFile job, Optional<ModelDescription> model) {
    try {
      return estimate(spark, job, model.map(ModelDescription::bytes).orElse(0L));
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names.
      throw Failures.explain(e);
    }
  }

  private static JobPlan estimate(SparkSession spark, JobFile job, long modelBytes) {
    if (job.tasks().getFirst().kind() == Kind.INDEX)
      throw JobException.wrongUse("task.kind: an index can't be tried dry; run the job without --dry-run");
    Source source = JobRun.check(spark, job);
    Column usable = source.isBlank().or(col(Source.PROBLEM).isNotNull()).equalTo(false);
    Row counts = source.rows().agg(count(lit(1)), count_if(usable), coalesce(sum(source.bytes()), lit(0L))).head();
    long rows = counts.getLong(0);
    long answered = counts.getLong(1);
    long bytes = counts.getLong(2);

    List<Row> sample = source.rows().where(usable).orderBy(rand(0)).limit(SAMPLE).collectAsList();
    Dataset<Row> sampled = spark.createDataFrame(sample, source.rows().schema());
    var tally = Optional.<Tally>empty();
    double seconds = 0;
    if (!sample.isEmpty()) {
      // The first row pays for opening the model.
      answer(spark, sampled.limit(1), source, job);
      long from = System.nanoTime();
      tally = Optional.of(answer(spark, sampled, source, job));
      seconds = (System.nanoTime() - from) / 1e9;
    }
    double times = sample.isEmpty() ? 0 : answered / (double) sample.size();
    long sampleBytes = sampled.agg(coalesce(sum(source.bytes()), lit(0L))).head().getLong(0);
    double share = sampleBytes == 0 ? times : bytes / (double) sampleBytes;
    int executors = Math.max(1, spark.sparkContext().statusTracker().getExecutorInfos().length - 1);
    long limit = job.tasks().stream().filter(task -> task.kind().generates()).mapToLong(task -> task.generate().room(0)).sum() * answered;
    return new JobPlan(job.name(), rows, answered, bytes, sample.size(),
        tally.map(found -> Math.round(found.promptTokens * share)).orElse(0L),
        tally.map(found -> Math.round(found.completionTokens * times)).orElse(0L), limit,
        seconds * times / executors, modelBytes, JobRun.peakMemory(),
        ResultPlan.partitions(job, rows, spark.sparkContext().defaultParallelism()));
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
    return String.format(Locale.ROOT, """
            %s: dry run, nothing is written
            rows:          %,d, %,d of them to answer (%,d bytes), in %,d partitions
            tokens:        about %,d of prompts and %,d of completions (at most %,d); %s
            memory:        about %,.0f MiB%s
            expected time: about %s""",
        name, rows, answered, bytes, partitions, promptTokens, completionTokens, completionLimit, sampled, memoryBytes / 1048576.0, model,
        Report.duration(Math.round(seconds)));
  }
}
