package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Tokens by their bytes, one byte at a time: a double array (Aoe 1989), which finds all tokens that begin at a place. Immutable. */
final class TokenTrie {
  /** No node, no token. */
  static final int NONE = -1;
  static final int ROOT = 0;

  /** Where a node's children are: child = base + byte + 1. */
  private int[] bases = new int[1024];
  /** By node, its parent; NONE if the place is free. */
  private int[] parents = new int[1024];
  private int[] ids = new int[1024];
  private int firstFree = 1;

  /**
   * @param tokens by id
   * @param included ids of the tokens to find; of equal ones the last is found
   */
  TokenTrie(byte[][] tokens, int[] included) {
    Arrays.fill(parents, NONE);
    Arrays.fill(ids, NONE);
    parents[ROOT] = ROOT;
    Comparator<Integer> byBytes = (first, second) -> Arrays.compareUnsigned(tokens[first], tokens[second]);
    int[] sorted = IntStream.of(included).boxed().sorted(byBytes).mapToInt(id -> id).toArray();
    insert(tokens, sorted, 0, sorted.length, 0, ROOT);
  }

  /** The node that a byte leads to, NONE if no token goes on like that. */
  int child(int node, byte label) {
    int child = bases[node] + (label & 0xFF) + 1;
    return child < parents.length && parents[child] == node ? child : NONE;
  }

  /** The node that bytes lead to. */
  int child(int node, byte[] labels, int from, int to) {
    int child = node;
    for (int i = from; i < to && child != NONE; i++) child = child(child, labels[i]);
    return child;
  }

  /** The token that ends at a node, NONE if none does. */
  int id(int node) {
    return ids[node];
  }

  /** The token that is [from, to). */
  int find(byte[] text, int from, int to) {
    int node = child(ROOT, text, from, to);
    return node == NONE ? NONE : ids[node];
  }

  private void insert(byte[][] tokens, int[] sorted, int from, int to, int depth, int node) {
    int first = from;
    while (first < to && tokens[sorted[first]].length == depth) ids[node] = sorted[first++];
    if (first == to) return;
    var labels = new IntSequence(16);
    var starts = new IntSequence(16);
    for (int i = first; i < to; i++) {
      int label = tokens[sorted[i]][depth] & 0xFF;
      if (labels.size() > 0 && labels.at(labels.size() - 1) == label) continue;
      labels.append(label);
      starts.append(i);
    }
    int base = place(labels);
    bases[node] = base;
    for (int i = 0; i < labels.size(); i++) parents[base + labels.at(i) + 1] = node;
    for (int i = 0; i < labels.size(); i++) {
      int end = i + 1 < labels.size() ? starts.at(i + 1) : to;
      insert(tokens, sorted, starts.at(i), end, depth + 1, base + labels.at(i) + 1);
    }
  }

  /** A base with all children's places free. */
  private int place(IntSequence labels) {
    while (firstFree < parents.length && parents[firstFree] != NONE) firstFree++;
    int tries = 0;
    for (int base = Math.max(0, firstFree - labels.at(0) - 1); ; base++) {
      reserve(base + 258);
      boolean free = true;
      for (int i = 0; i < labels.size() && free; i++) free = parents[base + labels.at(i) + 1] == NONE;
      if (free) return base;
      // Nearly full stretches are given up, so that building stays linear.
      if (++tries == 512) firstFree = base + labels.at(0);
    }
  }

  private void reserve(int capacity) {
    if (capacity <= parents.length) return;
    int before = parents.length, after = Math.max(capacity, before * 2);
    bases = Arrays.copyOf(bases, after);
    parents = Arrays.copyOf(parents, after);
    ids = Arrays.copyOf(ids, after);
    Arrays.fill(parents, before, after, NONE);
    Arrays.fill(ids, before, after, NONE);
  }
}
