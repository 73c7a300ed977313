package org.scriptorium.engine.api;

import java.util.List;
import java.util.function.Consumer;

/** A model that marks the answer to a question in a text (Rajpurkar et al. 2016, arXiv:1606.05250). */
public interface SpanReader extends Reader {

  /** The best answers to each question, in order, the best first. */
  List<Reading<List<Span>>> answer(List<Question> questions, SpanConfig config);

  /**
   * As {@link #answer}, but tokenizes the questions on the calling thread and returns.
   *
   * @param listener told once, on an engine's thread or the calling one; must not block
   */
  Ticket submit(List<Question> questions, SpanConfig config, Consumer<List<Reading<List<Span>>>> listener);

  /** A question and the text that its answer is a part of. */
  record Question(String question, String context) {}

  /**
   * An answer.
   *
   * @param text the context's characters from {@code start} to {@code end}; empty where the context holds no answer
   * @param start in UTF-16 units
   * @param end exclusive
   * @param score a probability; where several windows or spellings give the same text, their sum
   */
  record Span(String text, int start, int end, float score) {}
}
