package org.scriptorium.jobs;

import picocli.CommandLine.Option;

/** What all commands have. */
final class Verbosity {
  @Option(names = "--verbose", description = "Show stack traces of failures.")
  private boolean verbose;

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help and end.")
  private boolean help;

  boolean isVerbose() {
    return verbose;
  }
}
