package org.scriptorium.engine.tokenizer;

import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Makes models that look their tokens up in a trie. */
record TrieModels(byte[][] contents, Function<TokenTrie, Model> maker) implements TokenizerParts.Models {

  static TrieModels of(Map<String, Integer> vocabulary, Function<TokenTrie, Model> maker) {
    var tokens = new String[vocabulary.values().stream().mapToInt(id -> id).max().orElse(-1) + 1];
    vocabulary.forEach((token, id) -> tokens[id] = token);
    return of(tokens, maker);
  }

  /** @param tokens by id; null where an id has none or its token is not to be found */
  static TrieModels of(String[] tokens, Function<TokenTrie, Model> maker) {
    var contents = new byte[tokens.length][];
    for (int id = 0; id < tokens.length; id++) contents[id] = tokens[id] == null ? null : Utf8.encode(tokens[id], 0, tokens[id].length());
    return new TrieModels(contents, maker);
  }

  @Override
  public Model over(IntPredicate allowed) {
    return maker.apply(new TokenTrie(contents, included(allowed)));
  }

  @Override
  public boolean reaches(IntPredicate tokens) {
    return included(tokens).length > 0;
  }

  private int[] included(IntPredicate condition) {
    IntPredicate found = id -> contents[id] != null && contents[id].length > 0 && condition.test(id);
    return IntStream.range(0, contents.length).filter(found).toArray();
  }
}
