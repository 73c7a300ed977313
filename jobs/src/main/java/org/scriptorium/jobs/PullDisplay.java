package org.scriptorium.jobs;

import org.scriptorium.engine.catalog.PullProgress;

/** Shows a pull: one line that is rewritten on a terminal, a line each tenth elsewhere. */
final class PullDisplay implements PullProgress {
  private static final long REWRITE_NANOSECONDS = 100_000_000L;

  private final Console console;
  private long shownAt;
  private long shownTenth;
  private int width;

  PullDisplay(Console console) {
    this.console = console;
  }

  @Override
  public void says(String sentence) {
    clear();
    console.error().println(sentence);
    shownTenth = 0;
  }

  @Override
  public void arrived(long bytes, long total) {
    var line = "%,d of %,d MB (%d %%)".formatted(bytes / 1_000_000, total / 1_000_000, 100 * bytes / total);
    if (console.kind() == Console.Kind.TERMINAL) {
      if (System.nanoTime() - shownAt < REWRITE_NANOSECONDS && bytes < total) return;
      shownAt = System.nanoTime();
      console.error().print("\r" + line);
      console.error().flush();
      width = line.length();
    } else if (10 * bytes / total > shownTenth) {
      shownTenth = 10 * bytes / total;
      console.error().println(line);
    }
  }

  /** Takes the rewritten line away. */
  void clear() {
    if (width > 0) console.error().print("\r" + " ".repeat(width) + "\r");
    width = 0;
  }
}
