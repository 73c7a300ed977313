package org.scriptorium.jobs;

import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command line's door, from the launcher and from spark-submit alike. */
@Command(
    name = "scriptorium",
    description = "Transformer models over document datasets on Apache Spark.",
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DemoCommand.class, RunCommand.class, GenerateCommand.class, ModelsCommand.class, BenchCommand.class, EvalCommand.class},
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:success", "1:failed job", "2:wrong use", "3:published with some rows in error"})
public final class Main implements Runnable {
  @Mixin private Verbosity verbosity;

  @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version and end.")
  private boolean version;

  @Spec private CommandSpec specification;

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    int status = run(Console.system(), arguments);
    // Spark leaves threads behind that are no daemons, so that a return alone would not end the process.
    System.exit(status);
  }

  /** Runs a command; returns its exit code. */
  static int run(Console console, String... arguments) {
    return new CommandLine(new Main(), new Commands(console))
        .setOut(console.writer())
        .setErr(console.errorWriter())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(new Failures())
        .setParameterExceptionHandler(Failures::wrongUse)
        .execute(arguments);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(specification.commandLine(), "no command is given");
  }

  /** The versions of the jar and of the Java that run: what a measurement or a report of a defect must name. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "scriptorium " + Objects.requireNonNullElse(Main.class.getPackage().getImplementationVersion(), "(development)"),
        "java " + Runtime.version()};
    }
  }

  /** Gives every command the console it talks to. */
  private record Commands(Console console) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      for (var constructor : type.getDeclaredConstructors()) {
        var parameters = constructor.getParameterTypes();
        if (parameters.length == 1 && parameters[0] == Console.class) return type.cast(constructor.newInstance(console));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
