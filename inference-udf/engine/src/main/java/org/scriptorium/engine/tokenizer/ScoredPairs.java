package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Byte-pair encoding as SentencePiece has it: any two neighbours merge that are a token together, of all pairs the one whose token has
 * the highest score, of equals the leftmost.
 */
final class ScoredPairs implements Model {
  private final MergeTable merges;
  private final CodePointIds symbols;
  private final TokenTrie whole;
  private final int vocabularySize;
  private final int stranger;
  private final int unknown;
  private final int[] bytes;

  /**
   * @param tokens by id
   * @param mergeable ids of the tokens that characters merge to
   * @param whole tokens that are one symbol wherever they stand and never merge
   * @param unknown what stands for characters without a token, several in a row
   * @param bytes tokens of bytes that stand for unknown characters instead; empty if there are none
   */
  ScoredPairs(String[] tokens, float[] scores, List<Integer> mergeable, TokenTrie whole, int unknown, int[] bytes) {
    this.whole = whole;
    this.unknown = unknown;
    this.bytes = bytes;
    vocabularySize = tokens.length;
    Map<String, Integer> ids = HashMap.newHashMap(mergeable.size() * 2);
    for (int id : mergeable) ids.putIfAbsent(tokens[id], id);
    // Characters that are no tokens but parts of some may merge too: they get ids of their own after the vocabulary's.
    int next = vocabularySize;
    for (int id : mergeable) {
      String token = tokens[id];
      for (int i = 0; i < token.length(); i += Character.charCount(token.codePointAt(i))) {
        if (ids.putIfAbsent(Character.toString(token.codePointAt(i)), next) == null) next++;
      }
    }
    stranger = next;
    symbols = new CodePointIds(ids);
    merges = merges(tokens, scores, mergeable, ids);
  }

  private record Merge(int left, int right, int result) {}

  private static MergeTable merges(String[] tokens, float[] scores, List<Integer> mergeable, Map<String, Integer> ids) {
    var found = new ArrayList<Merge>();
    for (int id : mergeable) {
      String token = tokens[id];
      if (ids.get(token).intValue() != id) continue;
      for (int i = Character.charCount(token.codePointAt(0)); i < token.length(); i += Character.charCount(token.codePointAt(i))) {
        Integer left = ids.get(token.substring(0, i)), right = ids.get(token.substring(i));
        if (left != null && right != null) found.add(new Merge(left, right, id));
      }
    }
    found.sort(Comparator.comparing((Merge merge) -> -scores[merge.result]));
    var table = new MergeTable(found.size());
    int rank = -1;
    float last = Float.NaN;
    for (Merge merge : found) {
      if (scores[merge.result] != last) rank++;
      last = scores[merge.result];
      table.put(merge.left, merge.right, rank, merge.result);
    }
    return table;
  }

  @Override
  public void encode(byte[] text, int from, int to, Tokens target) {
    Merger merger = target.merger(merges);
    merger.begin(to - from);
    int base = from;
    boolean afterUnknown = false;
    for (int i = from; i < to; ) {
      int end = wholeEnd(text, i, to);
      if (end > i) {
        write(merger, text, from, base, afterUnknown, target);
        target.append(whole.find(text, i, end), i - from, end - from);
        afterUnknown = false;
        merger.begin(to - end);
        base = end;
        i = end;
      } else {
        int next = CodePoints.after(text, i), id = symbols.of(CodePoints.at(text, i));
        merger.add(id < 0 ? stranger : id, next - base);
        i = next;
      }
    }
    write(merger, text, from, base, afterUnknown, target);
  }

  private void write(Merger merger, byte[] text, int from, int base, boolean afterUnknown, Tokens target) {
    int count = merger.merge(), start = base - from;
    boolean previous = afterUnknown;
    for (int i = 0; i < count; i++) {
      int id = merger.id(i), end = base - from + merger.end(i);
      boolean isUnknown = id >= vocabularySize;
      if (!isUnknown) {
        target.append(id, start, end);
      } else if (bytes.length > 0) {
        for (int unit = start; unit < end; unit++) target.append(bytes[text[from + unit] & 0xFF], start, end);
      } else if (previous) {
        target.extend(end);
      } else {
        target.append(unknown, start, end);
      }
      previous = isUnknown;
      start = end;
    }
  }

  private int wholeEnd(byte[] text, int from, int to) {
    int end = from, node = TokenTrie.ROOT;
    for (int i = from; i < to; i++) {
      node = whole.child(node, text[i]);
      if (node == TokenTrie.NONE) break;
      if (whole.id(node) != TokenTrie.NONE) end = i + 1;
    }
    return end;
  }
}
