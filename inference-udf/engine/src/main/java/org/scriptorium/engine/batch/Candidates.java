package org.scriptorium.engine.batch;

/** The best continuations of beams, the best first: each a score, the beam that it continues and the token. One thread's own. */
final class Candidates {
  private final float[] scores;
  private final int[] parents;
  private final int[] tokens;
  private int size;

  /** @param most that are kept */
  Candidates(int most) {
    scores = new float[most];
    parents = new int[most];
    tokens = new int[most];
  }

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  float score(int rank) {
    return scores[rank];
  }

  /** Index of the beam that is continued. */
  int parent(int rank) {
    return parents[rank];
  }

  int token(int rank) {
    return tokens[rank];
  }

  /** Adds one if it is among the best: of equal ones those that came first. What has no probability at all is never added. */
  void add(float score, int parent, int token) {
    if (score == Float.NEGATIVE_INFINITY) return;
    if (size == scores.length) {
      if (score <= scores[size - 1]) return;
      size--;
    }
    int rank = size++;
    for (; rank > 0 && scores[rank - 1] < score; rank--) {
      scores[rank] = scores[rank - 1];
      parents[rank] = parents[rank - 1];
      tokens[rank] = tokens[rank - 1];
    }
    scores[rank] = score;
    parents[rank] = parent;
    tokens[rank] = token;
  }
}
