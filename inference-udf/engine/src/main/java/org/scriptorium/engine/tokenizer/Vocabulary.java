package org.scriptorium.engine.tokenizer;

import java.util.Optional;

/**
 * What a model file says of its vocabulary, as plain values.
 *
 * @param where the file's name, for messages
 * @param tokens {@code tokenizer.ggml.tokens}: the tokens by id, normal ones of byte-level vocabularies in GPT-2's alphabet of bytes;
 *     borrowed, not to be changed
 * @param types {@code tokenizer.ggml.token_type}: {@link TokenType#number()} by id; empty if all are normal; borrowed, not to be changed
 * @param merges {@code tokenizer.ggml.merges}: the pairs to merge, {@code "left right"}, the first to be merged first;
 *     borrowed, not to be changed
 * @param preTokenizer {@code tokenizer.ggml.pre}: the name of the split into words; empty if the file has none
 * @param scores {@code tokenizer.ggml.scores}: by id; empty if the file has none; borrowed, not to be changed
 * @param flags what else the file says
 */
public record Vocabulary(String where, String[] tokens, int[] types, String[] merges, String preTokenizer, float[] scores, Flags flags) {

  /** A byte-level vocabulary without tokens before and after texts. */
  public Vocabulary(String where, String[] tokens, int[] types, String[] merges, String preTokenizer) {
    this(where, tokens, types, merges, preTokenizer, new float[0], Flags.NONE);
  }

  /**
   * Flags and special ids; what a file does not say is empty, and has the meaning that llama.cpp gives it.
   *
   * @param addBegin {@code tokenizer.ggml.add_bos_token}
   * @param addEnd {@code tokenizer.ggml.add_eos_token}
   * @param addSeparator {@code tokenizer.ggml.add_sep_token}
   * @param spacePrefix {@code tokenizer.ggml.add_space_prefix}
   * @param tidyBlanks {@code tokenizer.ggml.remove_extra_whitespaces}
   * @param begin {@code tokenizer.ggml.bos_token_id}
   * @param end {@code tokenizer.ggml.eos_token_id}
   * @param unknown {@code tokenizer.ggml.unknown_token_id}
   * @param separator {@code tokenizer.ggml.seperator_token_id}, spelled as GGUF has it
   * @param classification {@code tokenizer.ggml.cls_token_id}
   * @param characterMap {@code tokenizer.ggml.precompiled_charsmap}; empty if there is none; borrowed, not to be changed
   */
  public record Flags(Optional<Boolean> addBegin, Optional<Boolean> addEnd, Optional<Boolean> addSeparator, Optional<Boolean> spacePrefix,
      Optional<Boolean> tidyBlanks, Optional<Integer> begin, Optional<Integer> end, Optional<Integer> unknown, Optional<Integer> separator,
      Optional<Integer> classification, byte[] characterMap) {
    public static final Flags NONE = new Flags(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), new byte[0]);
  }

  int size() {
    return tokens.length;
  }
}
