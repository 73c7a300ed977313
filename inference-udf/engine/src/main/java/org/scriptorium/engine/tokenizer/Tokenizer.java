package org.scriptorium.engine.tokenizer;

import org.scriptorium.engine.api.SourcedText;

/** Text to token ids and back. Immutable, for any number of threads. */
public interface Tokenizer {

  int vocabularySize();

  /**
   * The ids of a text. Special tokens are recognized where none of their characters came from a row; the split into words
   * runs over the whole text between them. Adds no begin or end token of its own.
   */
  int[] encode(SourcedText text);

  /**
   * For every id that {@link #encode} gives for a text, the UTF-16 position after its last character that is complete; a token that ends inside a
   * character has the position of that character's start.
   */
  int[] ends(SourcedText text, int[] ids);

  /** The ids' text; broken UTF-8 becomes U+FFFD. Special tokens are left out if {@code special} says so. */
  String decode(int[] ids, SpecialTokens special);

  /** The bytes that a token stands for; empty for special tokens. Shared: not to be changed. */
  byte[] bytes(int id);

  boolean isSpecial(int id);

  /** A fresh incremental decoder, for one text and one thread. */
  Detokenizer detokenizer();

  /** Whether special tokens appear in decoded text. */
  enum SpecialTokens {
    KEEP,
    SKIP
  }
}
