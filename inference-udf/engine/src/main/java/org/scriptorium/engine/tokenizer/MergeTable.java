package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/** Which pairs of ids merge, in what order, to what: open addressing over primitives. Not to be changed once it is shared. */
final class MergeTable {
  /** The rank of a pair that does not merge: after all others. */
  static final int NONE = Integer.MAX_VALUE;
  private static final long FREE = -1;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] results;
  private final int shift;

  /** @param count the most merges that will be put */
  MergeTable(int count) {
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(count));
    pairs = new long[1 << bits];
    Arrays.fill(pairs, FREE);
    ranks = new int[1 << bits];
    results = new int[1 << bits];
    shift = 64 - bits;
  }

  /** Notes that a pair merges to {@code result}; of two ranks for one pair the lower stays. */
  void put(int left, int right, int rank, int result) {
    int slot = slot(pair(left, right));
    if (pairs[slot] != FREE && ranks[slot] <= rank) return;
    pairs[slot] = pair(left, right);
    ranks[slot] = rank;
    results[slot] = result;
  }

  /** The rank of a pair, {@link #NONE} if it does not merge. */
  int rank(int left, int right) {
    int slot = slot(pair(left, right));
    return pairs[slot] == FREE ? NONE : ranks[slot];
  }

  /** What a pair that merges merges to. */
  int result(int left, int right) {
    return results[slot(pair(left, right))];
  }

  /** Where a pair is or would be; the table is at most half full, so there is always a free slot to end at. */
  private int slot(long pair) {
    int slot = (int) (pair * GOLDEN >>> shift);
    while (pairs[slot] != FREE && pairs[slot] != pair) slot = slot + 1 & pairs.length - 1;
    return slot;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}
