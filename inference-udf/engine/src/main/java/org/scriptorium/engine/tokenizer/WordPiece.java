package org.scriptorium.engine.tokenizer;

/** The longest token that begins a word, then the longest continuing one, and so on (Schuster and Nakajima 2012). */
final class WordPiece implements Model {
  private final TokenTrie trie;
  private final int continuing;
  private final int unknown;
  private final String unknownText;
  private final int longest;

  /**
   * @param prefix what continuing tokens begin with in the vocabulary
   * @param unknown what stands for words that can't be cut
   * @param longest longer words, in characters, are unknown
   */
  WordPiece(TokenTrie trie, String prefix, int unknown, String unknownText, int longest) {
    this.trie = trie;
    byte[] label = Utf8.encode(prefix, 0, prefix.length());
    continuing = trie.child(TokenTrie.ROOT, label, 0, label.length);
    this.unknown = unknown;
    this.unknownText = unknownText;
    this.longest = longest;
  }

  @Override
  public void encode(byte[] text, int from, int to, Tokens target) {
    int count = 0;
    if (to - from > longest) for (int i = from; i < to; i = CodePoints.after(text, i)) count++;
    if (count > longest || !cut(text, from, to, null)) target.append(unknown, 0, to - from, unknownText);
    else cut(text, from, to, target);
  }

  /** Appends the word's tokens; false if it can't be cut. */
  private boolean cut(byte[] text, int from, int to, Tokens target) {
    for (int start = from; start < to; ) {
      int node = start == from ? TokenTrie.ROOT : continuing, id = TokenTrie.NONE, end = start;
      for (int i = start; i < to && node != TokenTrie.NONE; i++) {
        node = trie.child(node, text[i]);
        if (node == TokenTrie.NONE || trie.id(node) == TokenTrie.NONE) continue;
        id = trie.id(node);
        end = i + 1;
      }
      if (id == TokenTrie.NONE) return false;
      if (target != null) target.append(id, start - from, end - from);
      start = end;
    }
    return true;
  }
}
