package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/**
 * Merges the symbols of one word at a time: of all pairs of neighbours the one of lowest rank, of equals the leftmost, until none
 * merges. Short words look for it along the word, long ones keep a heap, so that n symbols cost at most O(n log n). For one thread.
 */
final class Merger {
  /** Up to this many symbols, a look along the word costs less than the heap's upkeep. */
  private static final int SHORT = 40;

  private final MergeTable merges;
  private int[] ids = new int[SHORT];
  /** Where the bytes of a symbol end, counted from the word's start. */
  private int[] ends = new int[SHORT];
  /** Rank of the pair that begins at an index. */
  private int[] ranks = new int[SHORT];
  private int[] before = {};
  private int[] after = {};
  private long[] heap = {};
  private int heapSize;
  private int count;
  private long steps;

  Merger(MergeTable merges) {
    this.merges = merges;
  }

  /** Begins a word of at most so many symbols. */
  void begin(int most) {
    reserve(most);
    count = 0;
  }

  /** Adds a symbol whose bytes end {@code end} bytes after the word's start. */
  void add(int id, int end) {
    if (count == ids.length) reserve(count + 1);
    ids[count] = id;
    ends[count++] = end;
  }

  /** Merges the word and tells the number of its tokens. */
  int merge() {
    if (count <= SHORT) mergeShort();
    else mergeLong();
    return count;
  }

  int id(int index) {
    return ids[index];
  }

  int end(int index) {
    return ends[index];
  }

  /** Merges the word and appends its tokens. */
  void finish(Tokens target) {
    merge();
    int start = 0;
    for (int i = 0; i < count; i++) {
      target.append(ids[i], start, ends[i]);
      start = ends[i];
    }
  }

  /** How many pairs were looked at so far: what this merger's work is proportional to. */
  long steps() {
    return steps;
  }

  private void mergeShort() {
    for (int i = 0; i + 1 < count; i++) ranks[i] = merges.rank(ids[i], ids[i + 1]);
    while (count > 1) {
      int best = 0;
      for (int i = 1; i + 1 < count; i++) if (ranks[i] < ranks[best]) best = i;
      steps += count;
      if (ranks[best] == MergeTable.NONE) break;
      ids[best] = merges.result(ids[best], ids[best + 1]);
      ends[best] = ends[best + 1];
      count--;
      System.arraycopy(ids, best + 2, ids, best + 1, count - best - 1);
      System.arraycopy(ends, best + 2, ends, best + 1, count - best - 1);
      if (best + 1 < count) {
        System.arraycopy(ranks, best + 2, ranks, best + 1, count - best - 2);
        ranks[best] = merges.rank(ids[best], ids[best + 1]);
      }
      if (best > 0) ranks[best - 1] = merges.rank(ids[best - 1], ids[best]);
    }
  }

  private void mergeLong() {
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
    for (int i = 0; i + 1 < count; i++) rankAgain(i);
    while (heapSize > 0) {
      long best = poll();
      int rank = (int) (best >>> 32), left = (int) best;
      // An entry whose pair has changed or gone since; its place has another rank now.
      if (ranks[left] != rank) continue;
      int right = after[left], next = after[right];
      ids[left] = merges.result(ids[left], ids[right]);
      ends[left] = ends[right];
      ranks[right] = MergeTable.NONE;
      after[left] = next;
      if (next < count) before[next] = left;
      rankAgain(left);
      if (left > 0) rankAgain(before[left]);
    }
    int size = 0;
    for (int i = 0; i < count; i = after[i]) {
      ids[size] = ids[i];
      ends[size++] = ends[i];
    }
    count = size;
  }

  private void rankAgain(int left) {
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

  private void reserve(int most) {
    if (ids.length >= most) return;
    int capacity = Math.max(most, ids.length * 2);
    ids = Arrays.copyOf(ids, capacity);
    ends = Arrays.copyOf(ends, capacity);
    ranks = Arrays.copyOf(ranks, capacity);
  }
}
