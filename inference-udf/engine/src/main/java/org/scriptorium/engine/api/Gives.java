package org.scriptorium.engine.api;

/** What a model was trained to make of a text. Vectors are to be had of all that read. */
public enum Gives {
  /** Another text, which it writes. */
  TEXTS,
  VECTORS,
  /** One or several of its own labels. */
  LABELS,
  /** A part of the text, which answers a question. */
  ANSWERS,
  MASKED_WORDS
}
