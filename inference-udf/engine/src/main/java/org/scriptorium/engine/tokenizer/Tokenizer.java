package org.scriptorium.engine.tokenizer;

import org.scriptorium.engine.api.SourcedText;

/** Text to token ids and back. Immutable, for any number of threads. */
public interface Tokenizer {

  /** Tokens with a meaning; a model may have logits for more ids, which stand for nothing. */
  int vocabularySize();

  /**
   * The ids of a text. Special tokens are recognized where none of their characters came from a row; the split into words
   * runs over the whole text between them. Adds no begin or end token of its own. An unpaired surrogate counts as U+FFFD.
   */
  int[] encode(SourcedText text);

  /** The tokens of one text as the model's input, with those that its template adds; recognizes special tokens as {@link #encode} does. */
  Encoding encodeInput(SourcedText text);

  /** The ids of {@link #encodeInput} alone, which takes less time. */
  int[] inputIds(SourcedText text);

  /** The tokens of two texts as one input, with those that the model's template for pairs adds. */
  Encoding encodePair(SourcedText first, SourcedText second);

  /**
   * Where the tokens of a text end: for every id that {@link #encode} gives for it, the UTF-16 position after the last character
   * that is complete with this token. A token that ends inside a character has the position of that character's start, so a cut at
   * any of these positions keeps characters (and surrogate pairs) whole. Positions never fall; the last one is the text's length.
   *
   * <p>Characters that the vocabulary has no token for belong to the token that follows them, at the text's end to the last.
   *
   * @throws IllegalArgumentException if the ids are not those of the text
   */
  int[] ends(SourcedText text, int[] ids);

  /** The ids' text; broken UTF-8 becomes U+FFFD, ids beyond the vocabulary nothing, special tokens what {@code special} says. */
  String decode(int[] ids, SpecialTokens special);

  /** The bytes that a token stands for; empty for special tokens and for ids beyond the vocabulary. Shared: not to be changed. */
  byte[] bytes(int id);

  /** How the tokenizer spells a token; empty for ids beyond the vocabulary. */
  String token(int id);

  /** True for markup: control tokens and the unknown token. Tokens that the model's authors added as text are not special. */
  boolean isSpecial(int id);

  /** A fresh incremental decoder, for one text and one thread. */
  Detokenizer detokenizer();

  /** Whether special tokens appear in decoded text. */
  enum SpecialTokens {
    KEEP,
    SKIP
  }
}
