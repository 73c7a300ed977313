package org.scriptorium.engine.api;

/**
 * Tells the {@linkplain RequestKey keys} of requests without answering them: renders and tokenizes as a {@link Generator} does, and needs
 * no weights in memory. One serves all threads of a process.
 */
public interface RequestKeys extends AutoCloseable {

  ModelDescription model();

  /**
   * The key that the completion of a request would have.
   *
   * @throws ModelException where the request would fail before it is computed, with the code and message of its completion
   */
  String key(Request request);

  /** Tokens that {@code text} has in this model, without special tokens. */
  int countTokens(String text);

  /** Idempotent. */
  @Override
  void close();
}
