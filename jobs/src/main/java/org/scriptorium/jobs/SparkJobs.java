package org.scriptorium.jobs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.catalog.Catalog;
import org.scriptorium.pipeline.JobFile;
import org.scriptorium.pipeline.JobPlan;
import org.scriptorium.pipeline.JobRun;
import org.scriptorium.pipeline.Progress;
import org.scriptorium.pipeline.evaluation.Evaluation;

/** Jobs on a session. Apart from the commands, whose classes are also read where no Spark is on the class path. */
final class SparkJobs {
  private static final String EXTENSIONS = "spark.sql.extensions";
  private static final String OURS = "org.scriptorium.spark.ScriptoriumExtensions";
  private static final String CACHE_DIRECTORY = "spark.scriptorium.model.cache-dir";
  private static final int SHOWN_ROWS = 5;
  private static final int SHOWN_CHARACTERS = 300;

  private final Console console;
  private final Optional<String> master;
  private final Map<String, String> settings;

  /** {@code settings} are of Spark and Scriptorium. */
  SparkJobs(Console console, Optional<String> master, Map<String, String> settings) {
    this.console = console;
    this.master = master;
    this.settings = Map.copyOf(settings);
  }

  /** Runs a job; returns the exit code. */
  int run(JobFile job) {
    return onSession(job.name(), spark -> JobRun.run(spark, job, progress()).exitCode());
  }

  /** Says what a job would do. */
  int describe(JobFile job) {
    return onSession(job.name(), spark -> {
      console.out().println(JobPlan.describe(spark, job, description(job)).summary());
      return 0;
    });
  }

  /** Where models are kept: what spark-submit was told, else what the environment says. */
  static Path cacheDirectory() {
    var configured = new SparkConf().get(CACHE_DIRECTORY, "");
    return configured.isBlank() ? Catalog.cacheDirectory() : Path.of(configured);
  }

  /** Of a model on this machine; one at another place has its size counted on the executors only. */
  private static Optional<ModelDescription> description(JobFile job) {
    var model = job.tasks().getFirst().model().or(job::model).orElseGet(() -> defaultModel(job.tasks().getFirst().kind()));
    var file = Catalog.find(model).isPresent() ? Catalog.pulled(cacheDirectory(), model) : Optional.of(model).filter(name -> !name.contains(":")).map(Path::of);
    return file.filter(Files::exists).map(path -> Engine.describe(path, model));
  }

  private static String defaultModel(JobFile.Kind kind) {
    return new SparkConf().get("spark.scriptorium.model." + (kind == JobFile.Kind.EMBED ? "embedding" : "default"),
        kind == JobFile.Kind.EMBED ? Models.EMBEDDING : Models.DEFAULT);
  }

  /** Runs a job and shows its first rows; documents in error are part of what it shows, so that they are no failure. */
  int demonstrate(JobFile job) {
    return onSession(job.name(), spark -> {
      JobRun.run(spark, job, progress());
      var results = spark.read().parquet(job.write().path());
      var rows = results.filter(functions.col("finish_reason").isin("stop", "length")).orderBy("id").limit(SHOWN_ROWS).collectAsList();
      console.out().println();
      for (var row : rows) show(row);
      console.out().println("all of them: " + Path.of(job.write().path()).toAbsolutePath());
      return 0;
    });
  }

  private void show(Row row) {
    String text = row.getAs("text");
    console.out().println(row.<Object>getAs("id") + ":");
    console.out().println("  " + shortened(text.strip().replaceAll("\\s+", " ")));
    console.out().println();
  }

  private static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= SHOWN_CHARACTERS ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN_CHARACTERS)) + "…";
  }

  private Progress progress() {
    return switch (console.kind()) {
      case TERMINAL -> Progress.terminal(console.out());
      case FILE -> Progress.log(console.out());
    };
  }

  /** Compares files or folders of predictions and references. */
  Evaluation.Result evaluate(Evaluation evaluation, String predictions, String references) {
    return onSession("eval", spark -> evaluation.compare(spark, predictions, references));
  }

  /** Opens a session with the functions, and closes it whatever happens. */
  private <T> T onSession(String name, Function<SparkSession, T> work) {
    // What spark-submit was given.
    var given = new SparkConf();
    var builder = SparkSession.builder().appName("scriptorium " + name).config(EXTENSIONS, withOurs(given.get(EXTENSIONS, "")));
    settings.forEach(builder::config);
    master.or(() -> given.contains("spark.master") ? Optional.empty() : Optional.of("local[*]")).ifPresent(builder::master);
    var spark = builder.getOrCreate();
    try {
      return work.apply(spark);
    } finally {
      spark.stop();
    }
  }

  private static String withOurs(String extensions) {
    if (Arrays.stream(extensions.split(",")).map(String::strip).anyMatch(OURS::equals)) return extensions;
    return extensions.isBlank() ? OURS : extensions + "," + OURS;
  }
}
