package org.scriptorium.pipeline;

import java.io.Console;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Tells people how a run goes: one line that is written over and over on a terminal, a line every 30 seconds elsewhere. */
public final class Progress {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm");

  private enum Manner {
    SILENT,
    TERMINAL,
    LOG
  }

  private final Manner manner;
  private final PrintStream out;
  private final Duration interval;
  private final Clock clock;
  private int width;

  private Progress(Manner manner, PrintStream out, Duration interval, Clock clock) {
    this.manner = manner;
    this.out = out;
    this.interval = interval;
    this.clock = clock;
  }

  /** Nothing is told. */
  public static Progress silent() {
    return new Progress(Manner.SILENT, System.err, Duration.ofDays(1), Clock.systemDefaultZone());
  }

  /** One rewritten line a second. */
  public static Progress terminal(PrintStream out) {
    return new Progress(Manner.TERMINAL, out, Duration.ofSeconds(1), Clock.systemDefaultZone());
  }

  /** A line every 30 seconds. */
  public static Progress log(PrintStream out) {
    return log(out, Duration.ofSeconds(30));
  }

  static Progress log(PrintStream out, Duration interval) {
    return new Progress(Manner.LOG, out, interval, Clock.systemDefaultZone());
  }

  /** What suits the process: a terminal or not. */
  public static Progress suited(PrintStream out) {
    Console console = System.console();
    return console != null && console.isTerminal() ? terminal(out) : log(out);
  }

  /**
   * Tells of a run until it is closed.
   *
   * @param total 0 where nobody knows before the end
   * @param unit what is counted, such as {@code rows}
   */
  Session begin(String name, long total, String unit, RunMonitor monitor) {
    return new Session(name, total, unit, monitor);
  }

  /** A line of its own, such as a summary's. */
  synchronized void say(String line) {
    if (manner == Manner.SILENT) return;
    clear();
    out.println(line);
    out.flush();
  }

  final class Session implements AutoCloseable {
    private final String name;
    private final long total;
    private final String unit;
    private final RunMonitor monitor;
    private final ScheduledExecutorService timer;
    private long firstMillis;

    private Session(String name, long total, String unit, RunMonitor monitor) {
      this.name = name;
      this.total = total;
      this.unit = unit;
      this.monitor = monitor;
      this.firstMillis = clock.millis();
      this.timer = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("scriptorium-progress").factory());
      if (manner != Manner.SILENT) timer.scheduleAtFixedRate(this::tell, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void tell() {
      String line = line(monitor.figures());
      synchronized (Progress.this) {
        if (timer.isShutdown()) return;
        if (manner == Manner.TERMINAL) {
          out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
          width = line.length();
        } else {
          out.println(line);
        }
        out.flush();
      }
    }

    private String line(RunMonitor.Figures now) {
      long millis = clock.millis();
      if (now.rows() == 0 && now.tokens() == 0) {
        // Opening the model and reading belong to no row; rates count from the first tokens on.
        firstMillis = millis;
        return total == 0 ? name + ": starting" : String.format(Locale.ROOT, "%s: %,d %s, starting", name, total, unit);
      }
      double seconds = Math.max(0.001, (millis - firstMillis) / 1000.0);
      String share = total == 0 ? "" : String.format(Locale.ROOT, " of %,d", total);
      String percent = total == 0 ? "" : " (%d %%)".formatted(100 * now.rows() / total);
      String line = String.format(Locale.ROOT, "%s: %,d%s %s%s, %,.0f tokens/s", name, now.rows(), share, unit, percent,
          now.tokens() / seconds);
      if (now.errors() > 0) line += String.format(Locale.ROOT, ", %,d in error", now.errors());
      if (total == 0 || now.rows() == 0) return line;
      long left = total - now.rows();
      if (left <= 0) return line + ", finishing";
      Duration remaining = Duration.ofSeconds(Math.round(left * seconds / now.rows()));
      return line + ", about %s left, until %s".formatted(Report.duration(remaining.toSeconds()), 
          LocalTime.now(clock).plus(remaining).format(TIME));
    }

    @Override
    public void close() {
      synchronized (Progress.this) {
        timer.shutdownNow();
        clear();
      }
    }
  }

  private void clear() {
    if (width > 0) out.print("\r" + " ".repeat(width) + "\r");
    width = 0;
  }
}
