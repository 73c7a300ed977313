package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Matmul.Store;

/** What works on each position by itself. */
public sealed interface FeedForward permits GatedFeedForward, PlainFeedForward, Experts {

  /**
   * Composes the block's phases; each ends before the next begins.
   *
   * @param source [rows, width]; may be {@code target}
   * @param target [rows, width]
   */
  Runnable bind(Machine machine, Workspace workspace, float[] source, float[] target, Store store);
}
