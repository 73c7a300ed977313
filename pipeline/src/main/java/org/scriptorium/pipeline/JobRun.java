package org.scriptorium.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Mode;
import org.scriptorium.pipeline.JobFile.Shape;

/** Runs a job: reads, asks the model once for each row, writes aside, checks the errors, publishes. */
public final class JobRun {
  /** Of the reports that are kept: they sort by it. */
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final SparkSession spark;
  private final JobFile job;
  private final Progress progress;
  private final Consumer<Publication.Step> observer;
  private final Instant started = Instant.now();
  private final long startedNanos = System.nanoTime();
  private final String run = HexFormat.of().toHexDigits(System.currentTimeMillis(), 11)
      + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt(), 5);

  private JobRun(SparkSession spark, JobFile job, Progress progress, Consumer<Publication.Step> observer) {
    this.spark = spark;
    this.job = job;
    this.progress = progress;
    this.observer = observer;
  }

  /**
   * Runs a job in a session that has the functions of Scriptorium's extension.
   *
   * @throws JobException if nothing was published; the output is then as it was
   */
  public static Report run(SparkSession spark, JobFile job, Progress progress) {
    return run(spark, job, progress, step -> {});
  }

  static Report run(SparkSession spark, JobFile job, Progress progress, Consumer<Publication.Step> observer) {
    try {
      Report report = job.tasks().getFirst().kind() == Kind.INDEX ? IndexRun.run(spark, job, progress)
          : new JobRun(spark, job, progress, observer).run();
      progress.say(report.summary());
      return report;
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names, AnalysisException among them.
      throw Failures.explain(e);
    }
  }

  /** Opens and checks everything that can be checked before the first row: data, columns, functions, options, models, output. */
  static Source check(SparkSession spark, JobFile job) {
    requireFunctions(spark);
    Source source = Source.open(spark, job);
    Source none = source.with(spark.createDataFrame(List.of(), source.rows().schema()));
    for (JobFile.Task task : job.tasks()) checkTask(none, job, task);
    OutputFolder.check(spark, job, ResultPlan.of(none, job, 1).schema());
    return source;
  }

  static void requireFunctions(SparkSession spark) {
    if (spark.catalog().functionExists("try_ai_gen")) return;
    throw JobException.failed("this Spark session has no ai functions; set"
        + " spark.sql.extensions=org.scriptorium.spark.ScriptoriumExtensions");
  }

  /** Over no rows a plan costs nothing, yet to run it is to plan it, which is where models and settings are checked. */
  private static void checkTask(Source none, JobFile job, JobFile.Task task) {
    try {
      ResultPlan.of(none, job.withTasks(List.of(task)), 1).collectAsList();
    } catch (Exception e) {
      // Spark throws checked exceptions that no signature names.
      String key = job.shape() == Shape.FLAT ? "task" : "tasks[%d]".formatted(job.tasks().indexOf(task));
      throw new JobException(JobException.Kind.FAILED, "%s: %s".formatted(key, Failures.sentence(e)), e);
    }
  }

  private Report run() throws IOException {
    Source source = check(spark, job);
    SparkContext context = spark.sparkContext();
    try (var interruption = new Interruption(context, run);
        var folder = OutputFolder.open(context.hadoopConfiguration(), job, run)) {
      context.setJobGroup(run, "scriptorium: " + job.name(), true);
      try {
        return generateAndPublish(source, folder, interruption);
      } catch (Exception e) {
        context.cancelJobGroupAndFutureJobs(run);
        if (interruption.happened()) throw new JobException(JobException.Kind.FAILED, "the run was interrupted; nothing was published", e);
        throw e;
      } finally {
        context.clearJobGroup();
      }
    }
  }

  private Report generateAndPublish(Source source, OutputFolder folder, Interruption interruption) throws IOException {
    RunMonitor monitor = new RunMonitor();
    if (job.write().mode() == Mode.INCREMENTAL) {
      var writing = new double[1];
      var outcome = new IncrementalRun(spark, job, folder, run).prepare(source,
          (results, task) -> writing[0] = watched(monitor, results, task));
      checkErrors(outcome.tally());
      Report report = report(outcome.tally(), monitor, writing[0]);
      // Without changes there is a report, and nothing else.
      Version none = new Version(folder.rows(), List.of(), Version.Pieces.STAY);
      publish(folder, outcome.version().orElse(none), report, interruption);
      return report;
    }
    long rows = source.rows().select(Source.ID).count();
    Dataset<Row> results = ResultPlan.of(source, job, ResultPlan.partitions(job, rows, spark.sparkContext().defaultParallelism()));
    double writingSeconds = watched(monitor, rows * job.tasks().size(), () -> results.write().parquet(folder.rows().toString()));
    Tally tally = Tally.of(spark.read().schema(results.schema()).parquet(folder.rows().toString()), job);
    if (tally.rows != rows) {
      throw JobException.failed("write.path: %,d rows were to be written, and %,d were: the documents changed while they were read, or another"
          + " run on this output took this one for dead; nothing was published", rows, tally.rows);
    }
    checkErrors(tally);
    Report report = report(tally, monitor, writingSeconds);
    List<String> old = job.write().mode() == Mode.APPEND ? List.of()
        : OutputFolder.published(folder.files(), folder.root()).stream().map(file -> file.getName()).toList();
    publish(folder, new Version(folder.rows(), old, Version.Pieces.END), report, interruption);
    return report;
  }

  /** Runs what asks the model while progress is told, and returns the seconds that it took. */
  private double watched(RunMonitor monitor, long results, Runnable generation) {
    SparkContext context = spark.sparkContext();
    JobFile.Task first = job.tasks().getFirst();
    boolean hasSteps = first.arguments().search().hasPassages();
    String unit = job.partsDocuments() ? "requests" : hasSteps ? "steps" : job.tasks().size() == 1 ? "rows" : "results";
    // How many pieces documents have is known when they are there.
    long total = job.partsDocuments() ? 0 : hasSteps ? results * RetrievalPlan.steps(first) : results;
    context.addSparkListener(monitor);
    long from = System.nanoTime();
    try (var session = progress.begin(job.name(), total, unit, monitor)) {
      generation.run();
      monitor.await(results);
      return (System.nanoTime() - from) / 1e9;
    } finally {
      context.removeSparkListener(monitor);
    }
  }

  private void publish(OutputFolder folder, Version version, Report report, Interruption interruption) {
    interruption.beginPublishing();
    String dated = job.write().mode() == Mode.INCREMENTAL ? "%s-%s.json".formatted(DATE.format(started), run) : "";
    try {
      Publication.publish(folder, version, report.toJson(), new Publication.Names(Publication.added(job), dated), observer);
    } catch (IOException e) {
      throw new JobException(JobException.Kind.FAILED,
          "write.path: publishing to %s failed: %s; %s".formatted(job.write().path(), Failures.sentence(e), remedy(folder)), e);
    }
  }

  private static String remedy(OutputFolder folder) {
    try {
      boolean begun = folder.files().exists(Publication.journal(folder.root()));
      return begun ? "the next run on this output completes the publication" : "nothing was published";
    } catch (IOException e) {
      return "the next run on this output completes what was begun";
    }
  }

  private void checkErrors(Tally tally) {
    if (tally.errorCount() <= job.maxErrorRate() * tally.results) return;
    String code = tally.errors.firstKey();
    throw JobException.failed("%s of %,d results, %.1f %%, and quality.max-error-rate allows %s %%: nothing was published; %s: %s",
        Report.errorText(tally.errors), tally.results, 100.0 * tally.errorCount() / tally.results, percent(job.maxErrorRate()), code,
        tally.examples.get(code));
  }

  private static String percent(double rate) {
    return java.math.BigDecimal.valueOf(rate * 100).setScale(4, java.math.RoundingMode.HALF_UP).stripTrailingZeros().toPlainString();
  }

  private Report report(Tally tally, RunMonitor monitor, double writingSeconds) {
    Instant finished = started.plus(Duration.ofNanos(System.nanoTime() - startedNanos));
    String models = tally.models.isEmpty() ? job.model().orElse("") : String.join(", ", tally.models);
    String kernels = Optional.ofNullable(spark.sparkContext().getLocalProperty("scriptorium.kernels"))
        .orElseGet(() -> spark.conf().get("spark.scriptorium.engine.kernels", "auto"));
    boolean thinks = job.tasks().stream().anyMatch(task -> task.reasoning() == JobFile.Reasoning.SHOWN);
    var changes = job.write().mode() == Mode.INCREMENTAL
        ? Optional.of(new Report.DocumentChanges(tally.added, tally.changed, tally.removed)) : Optional.<Report.DocumentChanges>empty();
    return new Report(job.name(), models, job.write().path(), started, finished, tally.rows, tally.computed(), tally.reused,
        tally.deduplicated, tally.skipped, changes, tally.errors, tally.promptTokens, tally.cachedTokens, tally.completionTokens,
        thinks ? OptionalLong.of(monitor.reasoningTokens()) : OptionalLong.empty(),
        Duration.between(started, finished).toNanos() / 1e9, monitor.generationSeconds(writingSeconds),
        monitor.utilization(), peakMemory(), kernels, spark.version(), version());
  }

  /** The most memory that this process ever had, where the system is Linux. */
  static long peakMemory() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst().orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0;
    }
  }

  static String version() {
    return Optional.ofNullable(JobRun.class.getPackage().getImplementationVersion()).orElse("development");
  }
}
