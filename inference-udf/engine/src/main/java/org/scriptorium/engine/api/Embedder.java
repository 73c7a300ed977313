package org.scriptorium.engine.api;

import java.util.List;
import java.util.function.Consumer;

/** A model that turns a text into a vector, texts of similar meaning into similar ones (Reimers and Gurevych 2019, arXiv:1908.10084). */
public interface Embedder extends Reader {

  /** Values of a vector. */
  int dimensions();

  /** Most tokens of a text, special tokens included; what goes beyond is left out at the end. */
  int maxTokens();

  /** A vector [dimensions] for each text, in order. Returns when all are done; when interrupted, those that wait are cancelled. */
  List<Reading<float[]>> embed(List<String> texts);

  /**
   * As {@link #embed}, but tokenizes the texts on the calling thread and returns.
   *
   * @param listener told once, on an engine's thread or the calling one; must not block
   */
  Ticket submit(List<String> texts, Consumer<List<Reading<float[]>>> listener);
}
