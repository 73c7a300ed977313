package org.scriptorium.engine.tokenizer;

/** Cuts one word into tokens. Immutable, for any number of threads. */
interface Model {

  /** Appends the tokens of the word [from, to), which is not empty; their places count from {@code from}. */
  void encode(byte[] text, int from, int to, Tokens target);
}
