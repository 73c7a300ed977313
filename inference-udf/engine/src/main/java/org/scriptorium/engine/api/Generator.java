package org.scriptorium.engine.api;

/**
 * A model, ready to generate. One serves all threads of a process: requests of any of them share the batches.
 *
 * <p>Requests of one thread may be submitted at any rate; they wait in memory until the scheduler admits them, so callers
 * bound what they have in flight.
 */
public interface Generator extends AutoCloseable {

  ModelDescription model();

  /**
   * Hands over a request. Renders and tokenizes it on the calling thread, then returns.
   *
   * <p>A request that equals one on its way ({@link RequestKey}) is not computed: it hears of the same text, from its beginning,
   * and of the same end, with {@link Completion#shared}. Cancelling either leaves the other as it is.
   *
   * @param listener told of the text and of the completion, once, on an engine's thread (or the calling one when the request
   *     fails at once); must not block
   */
  Ticket submit(Request request, Listener listener);

  /** What the engine has done so far; from any thread. */
  default EngineStatistics statistics() {
    return EngineStatistics.NONE;
  }

  /** False once further requests would all fail: the engine has ended, or a file was cut short under it. Then close it, and open another. */
  default boolean isUsable() {
    return true;
  }

  /** Tokens that {@code text} has in this model, without special tokens. */
  int countTokens(String text);

  /** Ends all requests with {@link ErrorCode#CANCELLED} and frees the memory; idempotent. */
  @Override
  void close();

  /** Hears of one request. */
  @FunctionalInterface
  interface Listener {
    void completed(Completion completion);

    /** A further piece of text, whole characters only; all of it at once where beams were searched. */
    default void text(String piece) {}

    /** A further piece of what the model thinks before it answers, likewise; none of it is in the text. */
    default void reasoning(String piece) {}
  }

  /** A submitted request. */
  interface Ticket {
    /** Ends it after the running step with {@link ErrorCode#CANCELLED}; without effect when it has completed. */
    void cancel();
  }
}
