package org.scriptorium.engine.batch;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.SequenceCache;

/**
 * Lets a sequence in only when the blocks it may need until its end are there, so that a running sequence never waits for memory.
 * One scheduler's own.
 */
final class Admission {
  private final BlockPool pool;
  private final PrefixTree prefixes;
  /** Blocks that running sequences may still take. */
  private int promised;

  Admission(BlockPool pool, PrefixTree prefixes) {
    this.pool = pool;
    this.prefixes = prefixes;
  }

  static int blocks(int positions) {
    return (positions + Attention.BLOCK - 1) / Attention.BLOCK;
  }

  /** True if the sequence could run were it alone. */
  boolean fitsAlone(Sequence sequence) {
    return blocks(sequence.positions()) <= pool.capacity();
  }

  /** Gives the sequence what the prefix cache has for it and promises the rest; false if there is no room now. */
  boolean admit(Sequence sequence) {
    // Blocks found in the prefix cache are not counted on before they are held: eviction might take them.
    int needed = blocks(sequence.positions());
    while (pool.available() - promised < needed && prefixes.evictOne()) { }
    if (pool.available() - promised < needed) return false;
    sequence.cached(prefixes.adopt(sequence.tokens(), sequence.promptLength() - 1, sequence.cache()));
    sequence.promised(needed - sequence.cache().blocks());
    promised += sequence.promised();
    return true;
  }

  /** Takes blocks until the sequence's cache has room for {@code positions}. */
  void grow(Sequence sequence, int positions) {
    SequenceCache cache = sequence.cache();
    while (cache.capacity() < positions) {
      if (pool.available() == 0 && !prefixes.evictOne()) throw new IllegalStateException("a promised cache block is not there");
      cache.append(pool.take());
      sequence.promised(sequence.promised() - 1);
      promised--;
    }
  }

  /** Gives back all that a sequence holds or was promised. */
  void release(Sequence sequence) {
    promised -= sequence.promised();
    sequence.promised(0);
    sequence.cache().release();
  }
}
