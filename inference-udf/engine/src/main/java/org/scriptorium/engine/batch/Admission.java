package org.scriptorium.engine.batch;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.BlockPool.Block;
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

  /** Blocks that a sequence may hold, those of its source among them: beams share those that its prompt fills, and none of the others for certain. */
  static int blocks(Sequence sequence) {
    int all = blocks(sequence.positions()), shared = sequence.promptLength() / Attention.BLOCK;
    return blocks(sequence.source().length) + shared + sequence.width() * (all - shared);
  }

  /** True if the sequence could run were it alone. */
  boolean fitsAlone(Sequence sequence) {
    return blocks(sequence) <= pool.capacity();
  }

  /** Gives the sequence what the prefix cache has for it and promises the rest; false if there is no room now. */
  boolean admit(Sequence sequence) {
    // Blocks found in the prefix cache are not counted on before they are held: eviction might take them.
    int needed = blocks(sequence);
    while (pool.available() - promised < needed && prefixes.evictOne()) { }
    if (pool.available() - promised < needed) return false;
    // What a decoder has in its cache depends on its source: nobody else's begins alike.
    if (sequence.source().length == 0) sequence.cached(prefixes.adopt(sequence.tokens(), sequence.promptLength() - 1, sequence.cache()));
    sequence.promised(needed - sequence.cache().blocks());
    promised += sequence.promised();
    grow(sequence, sequence.sourceCache(), sequence.source().length);
    return true;
  }

  /** Takes blocks until one of the sequence's caches has room for {@code positions}. */
  void grow(Sequence sequence, SequenceCache cache, int positions) {
    while (cache.capacity() < positions) cache.append(take(sequence));
  }

  private Block take(Sequence sequence) {
    if (pool.available() == 0 && !prefixes.evictOne()) throw new IllegalStateException("a promised cache block is not there");
    promise(sequence, -1);
    return pool.take();
  }

  private void promise(Sequence sequence, int blocks) {
    sequence.promised(sequence.promised() + blocks);
    promised += blocks;
  }

  /** Gives an empty cache the first {@code positions} of another: whole blocks are shared, a last partial one is copied. */
  void share(Sequence sequence, SequenceCache from, SequenceCache to, int positions) {
    int whole = positions / Attention.BLOCK;
    for (int i = 0; i < whole; i++) to.append(from.block(i).retain());
    if (positions % Attention.BLOCK == 0) return;
    Block copy = take(sequence);
    copy.copyFrom(from.block(whole));
    to.append(copy);
  }

  /** Empties one of the sequence's caches; what it alone held may be taken again. */
  void drop(Sequence sequence, SequenceCache cache) {
    for (int i = 0; i < cache.blocks(); i++) if (!cache.block(i).isShared()) promise(sequence, 1);
    cache.release();
  }

  /** Gives back all that a sequence holds or was promised. */
  void release(Sequence sequence) {
    promised -= sequence.promised();
    sequence.promised(0);
    sequence.releaseCaches();
  }
}
