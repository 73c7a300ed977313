package org.scriptorium.engine.kernel;

/**
 * One set of kernels, chosen once per job. Stateless, for any number of threads.
 *
 * <p>Within a provider every sum has one order, whatever the batch, the slice and the vectors' width, so that a row's bits
 * depend on the row alone.
 */
public interface Kernels {

  /** Such as {@code vector-512} or {@code scalar}. */
  String name();

  /** Names the layout of packed weights; two providers with the same one read each other's. */
  String layout();

  Matmul matmul();

  Rows rows();

  /** Attention over a cache of this type. */
  Attention attention(CacheType type);
}
