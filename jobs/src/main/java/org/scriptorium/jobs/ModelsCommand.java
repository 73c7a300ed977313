package org.scriptorium.jobs;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.scriptorium.engine.catalog.Catalog;
import org.scriptorium.engine.catalog.CatalogEntry;
import org.scriptorium.engine.catalog.ModelPull;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The catalog. */
@Command(
    name = "models",
    description = "Lists, fetches and inspects models.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {ModelsCommand.List.class, ModelsCommand.Pull.class, InspectCommand.class})
final class ModelsCommand implements Runnable {
  @Mixin private Verbosity verbosity;
  @Spec private CommandSpec specification;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(specification.commandLine(), "no command is given");
  }

  /** Fetches a model if it is not there. */
  static Path pull(Console console, Path cacheDirectory, CatalogEntry entry) {
    var display = new PullDisplay(console);
    try {
      return new ModelPull(cacheDirectory, display).pull(entry);
    } finally {
      display.clear();
    }
  }

  /** {@code models list}. */
  @Command(name = "list", description = "Shows the models that are known by name, and which are in the cache.")
  static final class List implements Callable<Integer> {
    private final Console console;
    @Mixin private Verbosity verbosity;

    List(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() {
      for (var entry : Catalog.entries()) {
        console.out().println("%-24s %5d MB  %-16s %-10s  %s".formatted(
            entry.name(), entry.bytes() / 1_000_000, entry.license(),
            Catalog.pulled(Catalog.cacheDirectory(), entry.name()).isPresent() ? "in cache" : "not pulled", entry.description()));
      }
      return 0;
    }
  }

  /** {@code models pull NAME}. */
  @Command(name = "pull", description = "Fetches a model into the cache and checks it; continues what an earlier pull left.")
  static final class Pull implements Callable<Integer> {
    private final Console console;
    @Mixin private Verbosity verbosity;

    @Parameters(paramLabel = "NAME", description = "A name of the catalog; see: scriptorium models list.")
    private String name;

    Pull(Console console) {
      this.console = console;
    }

    @Override
    public Integer call() {
      console.out().println(ModelsCommand.pull(console, Catalog.cacheDirectory(), Catalog.named(name)));
      return 0;
    }
  }
}
