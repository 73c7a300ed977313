package org.scriptorium.engine.tokenizer;

/** Turns a stream of ids into text that never holds half a character. */
public interface Detokenizer {

  /** Takes one id; returns what is now certain, often a word, sometimes nothing. Special tokens give nothing. */
  String append(int id);

  /** Ends the text: what is left of an incomplete character becomes one U+FFFD for each ill-formed part, as in {@link Tokenizer#decode}. */
  String finish();
}
