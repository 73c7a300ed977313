package org.scriptorium.engine.tokenizer;

/**
 * What a model file says of a byte-level vocabulary, as plain values.
 *
 * @param where the file's name, for messages
 * @param tokens {@code tokenizer.ggml.tokens}: the tokens by id, normal ones in GPT-2's alphabet of bytes; borrowed, not to be changed
 * @param types {@code tokenizer.ggml.token_type}: {@link TokenType#number()} by id; empty if all are normal; borrowed, not to be changed
 * @param merges {@code tokenizer.ggml.merges}: the pairs to merge, {@code "left right"}, the first to be merged first;
 *     borrowed, not to be changed
 * @param preTokenizer {@code tokenizer.ggml.pre}: the name of the split into words; empty if the file has none
 */
public record Vocabulary(String where, String[] tokens, int[] types, String[] merges, String preTokenizer) {

  int size() {
    return tokens.length;
  }
}
