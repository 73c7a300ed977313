package org.scriptorium.engine.api;

/**
 * A model that reads texts and generates none. One serves all threads of a process: what they ask for at the same time shares the passes
 * over the weights. Calls return when all their texts are done. What a text gets depends on the model and the text alone, bit for bit.
 */
public interface Reader extends AutoCloseable {

  ModelDescription model();

  /** False once further texts would all fail: a file was cut short under it. Then close it, and open another. */
  default boolean isUsable() {
    return true;
  }

  /** Tokens that {@code text} has in this model, without special tokens. */
  int countTokens(String text);

  /** Texts that were handed over. */
  interface Ticket {
    /** Ends those that wait with {@link ErrorCode#CANCELLED}; without effect on those that are read or in a step. */
    void cancel();
  }

  /**
   * Ends what waits with {@link ErrorCode#CANCELLED} and frees the memory; idempotent.
   *
   * @throws IllegalStateException if a listener calls it, which it would wait for; nothing is closed then
   */
  @Override
  void close();
}
