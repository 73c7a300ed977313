package org.scriptorium.pipeline.retrieval;

/** An index that can't be built or read; the message is one sentence for people. */
public final class IndexException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  IndexException(String format, Object... arguments) {
    super(format.formatted(arguments));
  }

  IndexException(Throwable cause, String format, Object... arguments) {
    super(format.formatted(arguments), cause);
  }
}
