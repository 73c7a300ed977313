package org.scriptorium.engine.api;

import java.util.List;

/** A model that guesses the words that a text leaves open with its mask, such as {@code [MASK]}. */
public interface MaskFiller extends Reader {

  /** What stands for a word that is left open. */
  String mask();

  /**
   * For each text, in order, and each mask in it, the best guesses, the best first.
   *
   * @param topK guesses for a mask at most
   */
  List<Reading<List<List<Guess>>>> fill(List<String> texts, int topK);

  /**
   * A guess.
   *
   * @param token the vocabulary's id
   * @param text the token's text
   * @param score a probability
   * @param sequence the whole text with the guess in the mask's place; other masks stay
   */
  record Guess(int token, String text, float score, String sequence) {}
}
