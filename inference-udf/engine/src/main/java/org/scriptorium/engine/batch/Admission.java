package org.scriptorium.engine.batch;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.BlockPool.Block;
import org.scriptorium.engine.model.SequenceCache;

/**
 * Lets a sequence in only when the blocks it may hold at a time until its end are there, so that a running sequence never waits for memory.
 * Blocks that none of its rows to come sees it gives back while it runs. One scheduler's own.
 */
final class Admission {
  private final BlockPool pool;
  private final PrefixTree prefixes;
  private final Sight sight;
  private final int chunk;
  private final int shortLength;
  /** Blocks that running sequences may still take. */
  private int promised;

  /** How far back a model sees. */
  @FunctionalInterface
  interface Sight {
    /** All that came before. */
    Sight WHOLE = (position, segment) -> 0;

    /** First position that a row at {@code position} sees whose segment begins at {@code segment}. */
    int from(int position, int segment);
  }

  /**
   * @param chunk most rows of a prompt in a step
   * @param shortLength longest sequence whose cache serves others and is never computed anew
   */
  Admission(BlockPool pool, PrefixTree prefixes, Sight sight, int chunk, int shortLength) {
    this.pool = pool;
    this.prefixes = prefixes;
    this.sight = sight;
    this.chunk = chunk;
    this.shortLength = shortLength;
  }

  static int blocks(int positions) {
    return Math.ceilDiv(positions, Attention.BLOCK);
  }

  /**
   * Most blocks that the sequence holds at a time, or leaves to the prefix tree on its way. A row sees most behind the prompt's end or at
   * its own; before it the rows of its chunk see as much, so the blocks of all of them reach from the first one's sight to the last.
   */
  private long ofOne(Sequence sequence) {
    int all = sequence.positions(), prompt = restarts(sequence) ? shortLength + 1 : sequence.promptLength(), last = all - 1;
    int ofPrompt = prompt - 1 - sight.from(prompt - 1, 0) + Math.min(chunk, prompt), later = all - sight.from(last, last);
    long tokens = Math.max(ofPrompt, all > prompt ? later : 0);
    // Tokens that begin anywhere in a block touch one more than if they began with it.
    long held = (tokens + Attention.BLOCK - 2) / Attention.BLOCK + 1;
    if (sight.from(last, last) > 0) held += Math.min(prefixes.depth(), blocks(prompt));
    return Math.min(blocks(all), held);
  }

  /** Most blocks that a sequence holds at a time, those of its source among them. */
  int needed(Sequence sequence) {
    long all = blocks(sequence.source().length) + (sequence.width() > 1 ? ofBeams(sequence) : ofOne(sequence));
    return (int) Math.min(Integer.MAX_VALUE, all);
  }

  /**
   * Beams share the blocks that their prompt fills, and none of the others for certain; they give none back on the way. Those that are computed
   * anew share none.
   */
  private long ofBeams(Sequence sequence) {
    int all = blocks(sequence.positions()), shared = restarts(sequence) ? 0 : sequence.promptLength() / Attention.BLOCK;
    return shared + (long) sequence.width() * (all - shared);
  }

  /** True if the sequence could run were it alone. */
  boolean fitsAlone(Sequence sequence) {
    return needed(sequence) <= pool.capacity();
  }

  /** Gives the sequence what the prefix cache has for it and promises the rest; false if there is no room now. */
  boolean admit(Sequence sequence) {
    // Blocks found in the prefix cache are not counted on before they are held: eviction might take them.
    int needed = needed(sequence);
    while (pool.available() - promised < needed && prefixes.evictOne()) { }
    if (pool.available() - promised < needed) return false;
    if (isShared(sequence)) sequence.cached(prefixes.adopt(sequence.tokens(), sequence.promptLength() - 1, sequence.cache()));
    sequence.promised(needed - sequence.cache().blocks());
    promised += sequence.promised();
    grow(sequence, sequence.sourceCache(), sequence.source().length);
    return true;
  }

  /**
   * True if the sequence may share blocks with others. What a decoder has in its cache depends on its source: nobody else's begins alike. Nor
   * does one that may become long, whose blocks are turned otherwise then, or are to be given back for others that were promised to it alone.
   */
  boolean isShared(Sequence sequence) {
    return sequence.source().length == 0 && sequence.positions() <= shortLength;
  }

  /** True if the sequence becomes long on its way. */
  private boolean restarts(Sequence sequence) {
    return sequence.promptLength() <= shortLength && sequence.positions() > shortLength;
  }

  /** True if the sequence has become longer than what is in its caches was turned for. */
  boolean isOutgrown(Sequence sequence) {
    return sequence.length() > shortLength && !sequence.isLong();
  }

  /** Gives back what no row from the next one on sees, and promises it anew as far as the sequence will take blocks. */
  private void releaseUnseen(Sequence sequence) {
    SequenceCache cache = sequence.cache();
    int from = sight.from(sequence.computed(), cache.segment());
    while (cache.held() > 0 && cache.start() + Attention.BLOCK <= from) {
      // What the prefix tree shares stays taken: it was promised with the rest.
      boolean frees = !cache.block(cache.start() / Attention.BLOCK).isShared();
      cache.releaseBefore(from);
      boolean isEnough = sequence.promised() >= blocks(sequence.positions()) - cache.blocks();
      if (!frees || isEnough && (cache.isLong() || !restarts(sequence))) continue;
      promise(sequence, 1);
    }
  }

  /** Takes blocks until one of the sequence's caches has room for {@code positions}. */
  void grow(Sequence sequence, SequenceCache cache, int positions) {
    if (cache == sequence.cache() && sequence.width() == 1) releaseUnseen(sequence);
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
    if (from.isLong()) to.becomeLong();
    for (int i = 0; i < whole; i++) to.append(from.block(i).retain());
    if (positions % Attention.BLOCK == 0) return;
    Block copy = take(sequence);
    copy.copyFrom(from.block(whole));
    to.append(copy);
  }

  /** Empties one of the sequence's caches; what it alone held may be taken again. */
  void drop(Sequence sequence, SequenceCache cache) {
    for (int i = cache.blocks() - cache.held(); i < cache.blocks(); i++) if (!cache.block(i).isShared()) promise(sequence, 1);
    cache.release();
  }

  /** Gives back all that a sequence holds or was promised. */
  void release(Sequence sequence) {
    promised -= sequence.promised();
    sequence.promised(0);
    sequence.releaseCaches();
  }
}
