package org.scriptorium.engine.api;

import java.util.List;
import java.util.function.Consumer;

/** A model that gives a text one or several of fixed labels, or a number. */
public interface Classifier extends Reader {

  /** All labels, in the model's order. */
  List<String> labels();

  /**
   * All labels with their scores for each text, in order, the best first.
   *
   * @param truncation what is left out of a text that is too long for the model
   */
  List<Reading<List<Label>>> classify(List<TextPair> texts, Truncation truncation);

  /**
   * As {@link #classify}, but tokenizes the texts on the calling thread and returns.
   *
   * @param listener told once, on an engine's thread or the calling one; must not block
   */
  Ticket submit(List<TextPair> texts, Truncation truncation, Consumer<List<Reading<List<Label>>>> listener);

  /**
   * A label.
   *
   * @param score a probability, or the number itself where the model is a regression
   */
  record Label(String name, float score) {}
}
