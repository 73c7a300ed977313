package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/** The most probable way to cut a text into tokens of a unigram model (Kudo 2018, arXiv:1804.10959), by Viterbi's algorithm. */
final class Unigram implements Model {
  /** An unknown character scores so much less than the least probable token. */
  private static final double UNKNOWN_PENALTY = 10;

  private final TokenTrie trie;
  private final double[] scores;
  private final double unknownScore;
  private final int unknown;
  private final int[] bytes;
  private final Precision precision;

  /** How sums of scores are rounded, which decides between ways that are nearly equal. */
  enum Precision {
    /** Hugging Face's {@code tokenizers}. */
    DOUBLE,
    /** SentencePiece. */
    SINGLE
  }

  /**
   * @param scores logarithms of probabilities by id; borrowed, not to be changed
   * @param least the least of all scores, those of tokens that the trie lacks included
   * @param unknown what stands for characters without a token
   * @param bytes the tokens of bytes that stand for unknown characters, -1 where there is none; empty for no such thing
   */
  Unigram(TokenTrie trie, double[] scores, double least, int unknown, int[] bytes, Precision precision) {
    this.trie = trie;
    this.scores = scores;
    unknownScore = rounded(precision, least - UNKNOWN_PENALTY);
    this.unknown = unknown;
    this.bytes = bytes;
    this.precision = precision;
  }

  @Override
  public void encode(byte[] text, int from, int to, Tokens target) {
    int size = to - from;
    var best = new double[size + 1];
    var before = new int[size + 1];
    var ids = new int[size + 1];
    Arrays.fill(before, -1);
    for (int start = 0; start < size; ) {
      int width = CodePoints.after(text, from + start) - from - start;
      double here = best[start];
      boolean single = false;
      int node = TokenTrie.ROOT;
      for (int i = start; i < size; i++) {
        node = trie.child(node, text[from + i]);
        if (node == TokenTrie.NONE) break;
        int id = trie.id(node);
        if (id == TokenTrie.NONE) continue;
        offer(start, i + 1, id, rounded(precision, scores[id] + here), best, before, ids);
        single |= i + 1 - start == width;
      }
      if (!single) offer(start, start + width, unknown, rounded(precision, unknownScore + here), best, before, ids);
      start += width;
    }
    write(text, from, size, before, ids, target);
  }

  private static void offer(int start, int end, int id, double score, double[] best, int[] before, int[] ids) {
    if (before[end] >= 0 && score <= best[end]) return;
    best[end] = score;
    before[end] = start;
    ids[end] = id;
  }

  /** Walks the links back, then writes; unknown characters in a row are one token. */
  private void write(byte[] text, int from, int size, int[] before, int[] ids, Tokens target) {
    int count = 0;
    for (int end = size; end > 0; end = before[end]) count++;
    var cuts = new int[count + 1];
    for (int i = count, end = size; i > 0; i--, end = before[end]) cuts[i] = end;
    for (int i = 0; i < count; ) {
      int start = cuts[i], id = ids[cuts[++i]];
      while (id == unknown && i < count && ids[cuts[i + 1]] == unknown) i++;
      if (id == unknown) unknown(text, from, start, cuts[i], target);
      else target.append(id, start, cuts[i]);
    }
  }

  private void unknown(byte[] text, int from, int start, int end, Tokens target) {
    int known = precision == Precision.DOUBLE ? trie.find(text, from + start, from + end) : TokenTrie.NONE;
    if (known != TokenTrie.NONE) {
      target.append(known, start, end);
    } else if (bytes.length > 0 && allKnown(text, from + start, from + end)) {
      for (int i = start; i < end; i++) target.append(bytes[text[from + i] & 0xFF], start, end);
    } else {
      target.append(unknown, start, end, target.hasPositions() ? Utf8.decode(text, from + start, from + end) : null);
    }
  }

  private boolean allKnown(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) if (bytes[text[i] & 0xFF] < 0) return false;
    return true;
  }

  private static double rounded(Precision precision, double sum) {
    return precision == Precision.SINGLE ? (float) sum : sum;
  }
}
