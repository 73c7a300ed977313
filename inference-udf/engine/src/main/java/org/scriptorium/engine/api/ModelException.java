package org.scriptorium.engine.api;

/** A model, request or machine that can't be used as asked; the message says what, where, expected, found and remedy. */
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public ModelException(ErrorCode code, String message) {
    super(message);
    this.code = code;
  }

  public ModelException(ErrorCode code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }
}
