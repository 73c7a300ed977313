package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/**
 * Merges the bytes of one word at a time: of all pairs of neighbours the one of lowest rank, of equals the leftmost, until none
 * merges. Short words look for it along the word, long ones keep a heap, so that n bytes cost at most O(n log n). For one thread.
 */
final class Merger {
  /** Up to this many bytes, a look along the word costs less than the heap's upkeep. */
  private static final int SHORT = 40;

  private final MergeTable merges;
  private int[] ids = new int[SHORT];
  /** Rank of the pair that begins at an index. */
  private int[] ranks = new int[SHORT];
  private int[] before = {};
  private int[] after = {};
  private long[] heap = {};
  private int heapSize;
  private long steps;

  Merger(MergeTable merges) {
    this.merges = merges;
  }

  /** Appends the ids of the bytes [from, to); bytes without an id are left out before anything merges. */
  void merge(byte[] text, int from, int to, int[] idOfByte, IntSequence target) {
    reserve(to - from);
    int count = 0;
    for (int i = from; i < to; i++) {
      int id = idOfByte[text[i] & 0xFF];
      if (id >= 0) ids[count++] = id;
    }
    if (count <= SHORT) mergeShort(count, target);
    else mergeLong(count, target);
  }

  /** How many pairs were looked at so far: what this merger's work is proportional to. */
  long steps() {
    return steps;
  }

  private void mergeShort(int length, IntSequence target) {
    int count = length;
    for (int i = 0; i + 1 < count; i++) ranks[i] = merges.rank(ids[i], ids[i + 1]);
    while (count > 1) {
      int best = 0;
      for (int i = 1; i + 1 < count; i++) if (ranks[i] < ranks[best]) best = i;
      steps += count;
      if (ranks[best] == MergeTable.NONE) break;
      ids[best] = merges.result(ranks[best]);
      count--;
      System.arraycopy(ids, best + 2, ids, best + 1, count - best - 1);
      if (best + 1 < count) {
        System.arraycopy(ranks, best + 2, ranks, best + 1, count - best - 2);
        ranks[best] = merges.rank(ids[best], ids[best + 1]);
      }
      if (best > 0) ranks[best - 1] = merges.rank(ids[best - 1], ids[best]);
    }
    target.append(ids, count);
  }

  private void mergeLong(int count, IntSequence target) {
    if (before.length < count) {
      before = new int[ids.length];
      after = new int[ids.length];
    }
    heapSize = 0;
    for (int i = 0; i < count; i++) {
      before[i] = i - 1;
      after[i] = i + 1;
    }
    ranks[count - 1] = MergeTable.NONE;
    for (int i = 0; i + 1 < count; i++) rankAgain(i, count);
    while (heapSize > 0) {
      long best = poll();
      int rank = (int) (best >>> 32), left = (int) best;
      // An entry whose pair has changed or gone since; its place has another rank now.
      if (ranks[left] != rank) continue;
      int right = after[left], next = after[right];
      ids[left] = merges.result(rank);
      ranks[right] = MergeTable.NONE;
      after[left] = next;
      if (next < count) before[next] = left;
      rankAgain(left, count);
      if (left > 0) rankAgain(before[left], count);
    }
    for (int i = 0; i < count; i = after[i]) target.append(ids[i]);
  }

  private void rankAgain(int left, int count) {
    int right = after[left];
    ranks[left] = right < count ? merges.rank(ids[left], ids[right]) : MergeTable.NONE;
    steps++;
    if (ranks[left] != MergeTable.NONE) offer((long) ranks[left] << 32 | left);
  }

  private void offer(long entry) {
    if (heapSize == heap.length) heap = Arrays.copyOf(heap, Math.max(64, heapSize * 2));
    int hole = heapSize++;
    while (hole > 0 && heap[hole - 1 >>> 1] > entry) {
      heap[hole] = heap[hole - 1 >>> 1];
      hole = hole - 1 >>> 1;
      steps++;
    }
    heap[hole] = entry;
  }

  private long poll() {
    long top = heap[0], last = heap[--heapSize];
    int hole = 0;
    for (int child = 1; child < heapSize; child = 2 * hole + 1) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= last) break;
      heap[hole] = heap[child];
      hole = child;
      steps++;
    }
    heap[hole] = last;
    return top;
  }

  private void reserve(int count) {
    if (ids.length >= count) return;
    int capacity = Math.max(count, ids.length * 2);
    ids = new int[capacity];
    ranks = new int[capacity];
  }
}
