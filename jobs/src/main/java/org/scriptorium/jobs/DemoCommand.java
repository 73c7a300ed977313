package org.scriptorium.jobs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.scriptorium.engine.catalog.Catalog;
import org.scriptorium.pipeline.JobException;
import org.scriptorium.pipeline.JobFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job on the documents that ship with the project. */
@Command(name = "demo", description = "Summarizes the documents that ship with the project and shows the first rows; fetches the model when needed.")
final class DemoCommand implements Callable<Integer> {
  private static final Path JOB = Path.of("conf", "demo.yaml");

  private final Console console;

  @Mixin private Verbosity verbosity;

  @Option(names = "--master", paramLabel = "M", description = "Spark master (default: local[*]).")
  private Optional<String> master = Optional.empty();

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!Files.isRegularFile(JOB)) {
      throw new JobException(JobException.Kind.WRONG_USE,
          "%s: there is no such file; the demo runs in the project's folder: start it there, or as ./scriptorium demo".formatted(JOB.toAbsolutePath()));
    }
    var job = JobFile.load(JOB, List.of());
    job.model().flatMap(Catalog::find).ifPresent(entry -> ModelsCommand.pull(console, SparkJobs.cacheDirectory(), entry));
    return new SparkJobs(console, master, Map.of()).demonstrate(job);
  }
}
