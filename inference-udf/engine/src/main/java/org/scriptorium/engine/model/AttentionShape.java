package org.scriptorium.engine.model;

/**
 * Heads of an attention.
 *
 * @param heads of the queries, a multiple of keyHeads
 * @param keyHeads of keys and values (grouped queries: Ainslie et al. 2023, arXiv:2305.13245)
 * @param width of a head
 */
public record AttentionShape(int heads, int keyHeads, int width) {

  int group() {
    return heads / keyHeads;
  }

  /** Width of all queries of a row. */
  public int queryWidth() {
    return heads * width;
  }

  /** Width of all keys of a row, and of all values. */
  public int keyWidth() {
    return keyHeads * width;
  }
}
