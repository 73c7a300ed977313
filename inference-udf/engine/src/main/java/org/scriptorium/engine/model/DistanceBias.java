package org.scriptorium.engine.model;

/**
 * What is added to the score of a query and a key by how far apart they are, in place of positions (Raffel et al. 2019,
 * arXiv:1910.10683, 2.1). Scores are not scaled then.
 *
 * @param values [heads, behind + 1 + ahead], of each head from the farthest key behind a query to the farthest ahead
 * @param behind most tokens between a query and a key before it; {@code ahead} likewise after it
 */
public record DistanceBias(float[] values, int behind, int ahead) {
  /** Of models with positions. */
  public static final DistanceBias NONE = new DistanceBias(new float[0], 0, 0);

  boolean isNone() {
    return values.length == 0;
  }

  /** Values of one head. */
  int stride() {
    return behind + 1 + ahead;
  }

  /** Place of a head's value for a query and a key at their positions. */
  int place(int head, int query, int key) {
    return head * stride() + behind + key - query;
  }
}
