package org.scriptorium.engine.sampler;

import java.util.Arrays;

/**
 * Memory that sampling reuses from step to step and row to row: one a thread. It grows to the largest vocabulary it has met
 * (24 bytes a token at most) and stays empty while only greedy rows without penalties pass.
 */
public final class Scratch {
  private static final int[] NO_INTEGERS = {};
  private static final float[] NO_SCORES = {};

  /** The row's scores: {@code size} of them at {@code from}; borrowed during a step. */
  float[] logits = NO_SCORES;
  int from;
  int size;

  /** The sequence so far: {@code length} ids, the first {@code promptLength} of them the prompt; borrowed during a step. */
  int[] tokens = NO_INTEGERS;
  int promptLength;
  int length;

  /** Tokens that may still be drawn, in ascending order, with weights in proportion to their probabilities. */
  int[] candidates = NO_INTEGERS;
  double[] weights = {};
  int candidateCount;

  /** A rank in the upper half and a position in {@link #candidates} in the lower one; sorted where an order is needed. */
  long[] keys = {};

  private int[] counts = NO_INTEGERS;
  private float[] heap = NO_SCORES;

  void begin(float[] logits, int from, int size, int[] tokens, int promptLength, int length) {
    this.logits = logits;
    this.from = from;
    this.size = size;
    this.tokens = tokens;
    this.promptLength = promptLength;
    this.length = length;
  }

  /** Lets go of the borrowed arrays. */
  void end() {
    logits = NO_SCORES;
    tokens = NO_INTEGERS;
  }

  /** Room for {@code size} candidates. */
  void reserveCandidates() {
    if (candidates.length < size) {
      candidates = new int[size];
      weights = new double[size];
      keys = new long[size];
    }
    candidateCount = 0;
  }

  /** One counter a token, all 0; who counts sets them back to 0. */
  int[] counts() {
    if (counts.length < size) counts = new int[size];
    return counts;
  }

  /** {@code size} values of minus infinity. */
  float[] emptyHeap(int size) {
    if (heap.length < size) heap = new float[size];
    Arrays.fill(heap, 0, size, Float.NEGATIVE_INFINITY);
    return heap;
  }
}
