package org.scriptorium.pipeline;

/** A job that can't be run, or that failed; the message is one sentence for people, or a few lines when a job file has several problems. */
public final class JobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is; the command line's exit code. */
  public enum Kind {
    /** Something outside the job file: data, model, output, machine. Exit code 1. */
    FAILED(1),
    /** The job file or the command line is wrong in itself, whatever the data. Exit code 2. */
    WRONG_USE(2);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }

    public int exitCode() {
      return exitCode;
    }
  }

  private final Kind kind;

  public JobException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public JobException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  static JobException failed(String format, Object... arguments) {
    return new JobException(Kind.FAILED, format.formatted(arguments));
  }

  static JobException wrongUse(String format, Object... arguments) {
    return new JobException(Kind.WRONG_USE, format.formatted(arguments));
  }

  public Kind kind() {
    return kind;
  }
}
