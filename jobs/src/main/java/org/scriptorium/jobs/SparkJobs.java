package org.scriptorium.jobs;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.scriptorium.pipeline.JobFile;
import org.scriptorium.pipeline.JobRun;
import org.scriptorium.pipeline.Progress;

/** Jobs on a session. Apart from the commands, whose classes are also read where no Spark is on the class path. */
final class SparkJobs {
  private static final String EXTENSIONS = "spark.sql.extensions";
  private static final String OURS = "org.scriptorium.spark.ScriptoriumExtensions";
  private static final int SHOWN_ROWS = 5;
  private static final int SHOWN_CHARACTERS = 300;

  private SparkJobs() {}

  /** Runs a job; returns the exit code. */
  static int run(Console console, JobFile job, Optional<String> master) {
    return onSession(job, master, spark -> JobRun.run(spark, job, progress(console)).exitCode());
  }

  /** Runs a job and shows its first rows; documents in error are part of what it shows, so that they are no failure. */
  static int demonstrate(Console console, JobFile job, Optional<String> master) {
    return onSession(job, master, spark -> {
      JobRun.run(spark, job, progress(console));
      var results = spark.read().parquet(job.write().path());
      var rows = results.filter(functions.col("finish_reason").isin("stop", "length")).orderBy("id").limit(SHOWN_ROWS).collectAsList();
      console.out().println();
      for (var row : rows) show(console, row);
      console.out().println("all of them: " + Path.of(job.write().path()).toAbsolutePath());
      return 0;
    });
  }

  private static void show(Console console, Row row) {
    String text = row.getAs("text");
    console.out().println(row.<Object>getAs("id") + ":");
    console.out().println("  " + shortened(text.strip().replaceAll("\\s+", " ")));
    console.out().println();
  }

  private static String shortened(String text) {
    return text.codePointCount(0, text.length()) <= SHOWN_CHARACTERS ? text : text.substring(0, text.offsetByCodePoints(0, SHOWN_CHARACTERS)) + "…";
  }

  private static Progress progress(Console console) {
    return switch (console.kind()) {
      case TERMINAL -> Progress.terminal(console.out());
      case FILE -> Progress.log(console.out());
    };
  }

  /** Opens a session with the functions, and closes it whatever happens. */
  private static int onSession(JobFile job, Optional<String> master, ToIntFunction<SparkSession> work) {
    // What spark-submit was given.
    var given = new SparkConf();
    var builder = SparkSession.builder().appName("scriptorium " + job.name()).config(EXTENSIONS, withOurs(given.get(EXTENSIONS, "")));
    master.or(() -> given.contains("spark.master") ? Optional.empty() : Optional.of("local[*]")).ifPresent(builder::master);
    var spark = builder.getOrCreate();
    try {
      return work.applyAsInt(spark);
    } finally {
      spark.stop();
    }
  }

  private static String withOurs(String extensions) {
    if (Arrays.stream(extensions.split(",")).map(String::strip).anyMatch(OURS::equals)) return extensions;
    return extensions.isBlank() ? OURS : extensions + "," + OURS;
  }
}
