package org.scriptorium.pipeline;

import static org.apache.spark.sql.functions.col;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.scriptorium.pipeline.JobFile.Task;
import org.scriptorium.pipeline.retrieval.IndexBuild;
import org.scriptorium.pipeline.retrieval.IndexResult;
import org.scriptorium.pipeline.retrieval.IndexSettings;

/** Runs a job that builds an index, or brings one up to date; one run at a time writes to a folder. */
final class IndexRun {
  private final SparkSession spark;
  private final JobFile job;
  private final Progress progress;
  private final Instant started = Instant.now();
  private final String run = HexFormat.of().toHexDigits(System.currentTimeMillis(), 11)
      + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt(), 5);

  private IndexRun(SparkSession spark, JobFile job, Progress progress) {
    this.spark = spark;
    this.job = job;
    this.progress = progress;
  }

  /** Reads, embeds what is new or changed, and publishes; readers see the index as it was, or as it is then. */
  static Report run(SparkSession spark, JobFile job, Progress progress) throws IOException {
    return new IndexRun(spark, job, progress).run();
  }

  private Report run() throws IOException {
    JobRun.requireFunctions(spark);
    IndexSettings settings = settings();
    Source source = Source.open(spark, job);
    OutputFolder.refuseOverlap(spark, job);
    IndexBuild.check(spark, settings);
    SparkContext context = spark.sparkContext();
    try (var interruption = new Interruption(context, run);
        var folder = OutputFolder.open(context.hadoopConfiguration(), job, run)) {
      context.setJobGroup(run, "scriptorium: " + job.name(), true);
      try {
        return build(source, settings, folder);
      } catch (Exception e) {
        context.cancelJobGroupAndFutureJobs(run);
        if (interruption.happened()) throw new JobException(JobException.Kind.FAILED, "the run was interrupted; nothing was published", e);
        throw e;
      } finally {
        context.clearJobGroup();
      }
    }
  }

  private Report build(Source source, IndexSettings settings, OutputFolder folder) throws IOException {
    RunMonitor monitor = new RunMonitor();
    var vectors = new KeptVectors(spark, job, new Pieces(spark, folder, run),
        (passages, embedding) -> watch(monitor, passages, embedding));
    IndexResult result = IndexBuild.run(spark, documents(source), settings, folder.work(), vectors);
    Report report = report(result, vectors, monitor);
    try (OutputStream out = folder.files().create(new Path(new Path(folder.root(), OutputFolder.PRIVATE), Publication.REPORT), true)) {
      out.write(report.toJson());
    }
    vectors.discard();
    String kept = vectors.kept() == 0 ? "" : String.format(Locale.ROOT, ", %,d of them by a run that did not publish", vectors.kept());
    progress.say(String.format(Locale.ROOT, "%,d passages of %,d documents: %,d embedded%s; %,d documents taken over, %,d removed",
        result.chunks(), result.documents(), result.chunksAdded(), kept, result.unchanged(), result.deleted()));
    return report;
  }

  private void watch(RunMonitor monitor, long passages, Runnable embedding) {
    SparkContext context = spark.sparkContext();
    context.addSparkListener(monitor);
    try (var session = progress.begin(job.name(), passages, "passages", monitor)) {
      embedding.run();
      monitor.await(passages);
    } finally {
      context.removeSparkListener(monitor);
    }
  }

  private Dataset<Row> documents(Source source) {
    return source.rows().select(col(Source.ID).as("id"), source.text(job.read().text()).as("text"), col(Source.PROBLEM).as("problem"));
  }

  private IndexSettings settings() {
    Task task = job.tasks().getFirst();
    String model = task.model().or(job::model).orElseGet(() -> spark.conf().get("spark.scriptorium.model.embedding", "all-minilm-l6-v2"));
    var search = task.arguments().search();
    return new IndexSettings(job.write().path(), model, search.shards(), search.chunkTokens(),
        job.read().limit().isEmpty(), job.maxErrorRate());
  }

  private Report report(IndexResult result, KeptVectors vectors, RunMonitor monitor) {
    Instant finished = Instant.now();
    double seconds = java.time.Duration.between(started, finished).toNanos() / 1e9;
    String kernels = Optional.ofNullable(spark.sparkContext().getLocalProperty("scriptorium.kernels"))
        .orElseGet(() -> spark.conf().get("spark.scriptorium.engine.kernels", "auto"));
    return new Report(job.name(), settings().model(), job.write().path(), started, finished, result.documents(),
        result.changed() - result.skipped(), result.unchanged(), 0, result.skipped(), Optional.empty(), result.errors(), vectors.tokens(),
        0, 0, OptionalLong.empty(), seconds, monitor.generationSeconds(seconds), monitor.utilization(), JobRun.peakMemory(),
        kernels, spark.version(), JobRun.version());
  }
}
