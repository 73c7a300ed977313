package org.scriptorium.pipeline.retrieval;

import java.io.Serializable;

/**
 * How questions find passages.
 *
 * @param root folder of the index, a Hadoop URI
 * @param top passages for a question at most
 * @param model of the questions' vectors, of the same bytes as the passages'; empty for the one that the index names
 * @param comparedAll up to so many vectors of a shard all are compared; a graph is searched among more
 */
public record SearchSettings(String root, int top, Mode mode, String model, int comparedAll) implements Serializable {
  private static final int LEAST_DEPTH = 100, DEPTH_FACTOR = 10;

  /** What makes a passage a good one. */
  public enum Mode {
    /** Words and vectors, fused by the ranks that passages have in both. */
    HYBRID,
    /** Words alone. */
    BM25,
    /** Vectors alone. */
    VECTOR
  }

  public SearchSettings(String root, int top, Mode mode, String model) {
    this(root, top, mode, model, Shard.COMPARED_ALL);
  }

  /** How many passages of each list count when lists are fused. */
  int depth() {
    return Math.max(LEAST_DEPTH, DEPTH_FACTOR * top);
  }

  boolean usesWords() {
    return mode != Mode.VECTOR;
  }

  boolean usesVectors() {
    return mode != Mode.BM25;
  }
}
