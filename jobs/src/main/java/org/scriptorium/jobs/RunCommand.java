package org.scriptorium.jobs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.scriptorium.pipeline.JobFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a job file on Spark. */
@Command(name = "run", description = "Runs a job file on Spark.")
final class RunCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private Verbosity verbosity;

  @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Override a key of the job file, as in --set read.limit=100; may be repeated.")
  private List<String> overrides = new ArrayList<>();

  @Option(names = "--master", paramLabel = "M", description = "Spark master, such as local[4] or spark://host:7077 (default: what spark-submit got, or local[*]).")
  private Optional<String> master = Optional.empty();

  @Option(names = "--conf", paramLabel = "KEY=VALUE", description = "A setting of Spark or Scriptorium, as for spark-submit; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  @Option(names = "--dry-run", description = "Print rows, tokens, memory and expected time, from a few rows that are tried; write nothing.")
  private boolean dryRun;

  @Parameters(paramLabel = "JOB.yaml", description = "The job file.")
  private Path file;

  RunCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    // Before Spark starts, so that a wrong file is told at once.
    var job = JobFile.load(file, overrides);
    var jobs = new SparkJobs(console, master, settings);
    return dryRun ? jobs.describe(job) : jobs.run(job);
  }
}
