package org.scriptorium.engine.api;

import java.util.List;

/** A model that marks the answer to a question in a text (Rajpurkar et al. 2016, arXiv:1606.05250). */
public interface SpanReader extends Reader {

  /** The best answers to each question, in order, the best first. */
  List<Reading<List<Span>>> answer(List<Question> questions, SpanConfig config);

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
