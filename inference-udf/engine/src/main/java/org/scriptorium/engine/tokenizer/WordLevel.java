package org.scriptorium.engine.tokenizer;

/** A token a word. */
record WordLevel(TokenTrie trie, int unknown, String unknownText) implements Model {

  @Override
  public void encode(byte[] text, int from, int to, Tokens target) {
    int id = trie.find(text, from, to);
    if (id == TokenTrie.NONE) target.append(unknown, 0, to - from, unknownText);
    else target.append(id, 0, to - from);
  }
}
