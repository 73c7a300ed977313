package org.scriptorium.jobs;

import java.util.concurrent.Callable;
import org.scriptorium.engine.Inspection;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code models inspect MODEL}: one {@code key: value} a line, so that scripts can read it. */
@Command(name = "inspect", description = "Shows what a model says of itself, one key a line.")
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private Verbosity verbosity;

  @Parameters(paramLabel = "MODEL", description = "Catalog name, .gguf file or model folder.")
  private String model;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var located = Models.locate(model);
    var values = Inspection.of(located);
    values.forEach(this::show);
    if ("encoder".equals(values.get("kind"))) ReaderLines.of(located).forEach(this::show);
    return 0;
  }

  /** A value stays on its line, whatever it holds; an empty one is left out. */
  private void show(String key, String value) {
    if (!value.isEmpty()) console.out().println(key + ": " + value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n"));
  }
}
