package org.scriptorium.jobs;

import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.pipeline.JobException;
import picocli.CommandLine;

/** Turns what a command throws into one sentence and an exit code; {@code --verbose} adds the stack trace. */
final class Failures implements CommandLine.IExecutionExceptionHandler {
  static final int FAILED = 1;
  static final int WRONG_USE = 2;

  @Override
  public int handleExecutionException(Exception exception, CommandLine commandLine, CommandLine.ParseResult parsed) {
    commandLine.getErr().println("scriptorium: " + sentence(exception));
    if (isVerbose(commandLine)) exception.printStackTrace(commandLine.getErr());
    return exitCode(exception);
  }

  static int wrongUse(CommandLine.ParameterException exception, String[] arguments) {
    var commandLine = exception.getCommandLine();
    commandLine.getErr().println("scriptorium: " + exception.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(exception, commandLine.getErr())) {
      commandLine.getErr().println("Try '%s --help'.".formatted(commandLine.getCommandSpec().qualifiedName()));
    }
    return WRONG_USE;
  }

  /** What is known to be written for people is shown as it stands; anything else is named by its type too. */
  private static String sentence(Exception exception) {
    return switch (exception) {
      case JobException job -> job.getMessage();
      case ModelException model -> model.getMessage();
      default -> "unexpected %s: %s (--verbose shows where)".formatted(exception.getClass().getSimpleName(), exception.getMessage());
    };
  }

  private static int exitCode(Exception exception) {
    return switch (exception) {
      case JobException job -> job.kind().exitCode();
      case ModelException model when model.code() == ErrorCode.INVALID_PARAMETER -> WRONG_USE;
      default -> FAILED;
    };
  }

  private static boolean isVerbose(CommandLine commandLine) {
    return commandLine.getCommandSpec().mixins().values().stream()
        .map(mixin -> mixin.userObject())
        .anyMatch(object -> object instanceof Verbosity verbosity && verbosity.isVerbose());
  }
}
