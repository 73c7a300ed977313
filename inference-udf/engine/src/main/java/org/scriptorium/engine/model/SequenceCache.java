package org.scriptorium.engine.model;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool.Block;

/**
 * The cache of one sequence: its blocks in order. Blocks at the front may be shared with others and are never written then. Those that
 * no position to come sees can be given back while the sequence runs; positions and indices of blocks count from its beginning all the
 * same.
 */
public final class SequenceCache {
  private Block[] blocks = new Block[4];
  private MemorySegment[] memory = new MemorySegment[4];
  private int count;
  /** Blocks given back at the front. */
  private int released;
  private boolean spoiled;
  private int length;
  private int segment;
  private boolean isLong;
  private SequenceCache source;

  /**
   * Names what a decoder's cross-attention sees.
   *
   * @param cache borrowed: caches of one sequence share it, and whoever made it releases it
   */
  public void over(SequenceCache cache) {
    source = cache;
  }

  /** What a decoder's cross-attention sees; absent where no encoder reads. */
  SequenceCache source() {
    return source;
  }

  /** Adds a block at the end; takes over one reference. */
  public void append(Block block) {
    if (count == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * count);
      memory = Arrays.copyOf(memory, 2 * count);
    }
    blocks[count] = block;
    memory[count++] = block.memory();
  }

  /** Blocks up to the end, those given back included. */
  public int blocks() {
    return released + count;
  }

  /** Blocks that are held. */
  public int held() {
    return count;
  }

  /** A block that is held, by its place in the sequence. */
  public Block block(int index) {
    return blocks[index - released];
  }

  /** First position that is held. */
  public int start() {
    return released * Attention.BLOCK;
  }

  /** Tokens that the blocks up to the end have room for. */
  public int capacity() {
    return blocks() * Attention.BLOCK;
  }

  /**
   * Gives back the first block if it lies before a position as a whole.
   *
   * @return whether it did
   */
  public boolean releaseBefore(int position) {
    if (count == 0 || start() + Attention.BLOCK > position) return false;
    spoiled |= blocks[0].isSpoiled();
    blocks[0].release();
    System.arraycopy(blocks, 1, blocks, 0, --count);
    System.arraycopy(memory, 1, memory, 0, count);
    blocks[count] = null;
    memory[count] = null;
    released++;
    return true;
  }

  /** Tokens up to the last that a step brought. */
  int length() {
    return length;
  }

  /** A step brings the token at {@code position}. */
  void reach(int position) {
    length = Math.max(length, position + 1);
  }

  /** From now on all positions are turned as those of a long sequence ({@link Rotary}); only while nothing is cached. */
  public void becomeLong() {
    if (count > 0) throw new IllegalStateException("what was cached was turned otherwise; release it first");
    isLong = true;
  }

  public boolean isLong() {
    return isLong;
  }

  /** True if a block was to keep what it can't: nothing that is read from it means anything. */
  public boolean isSpoiled() {
    for (int i = 0; i < count; i++) if (blocks[i].isSpoiled()) return true;
    return spoiled;
  }

  /**
   * Rows that are added to steps from here on belong to the segment that begins at {@code position}: with the memory that recurrent models had
   * then, they see what comes of their segment. A prompt is one segment, each token that follows it another.
   */
  public void beginSegment(int position) {
    segment = position;
  }

  /** Where the segment begins that the rows of the running step belong to. */
  public int segment() {
    return segment;
  }

  /** Memory of the blocks that are held: the first has the tokens from {@link #start} on. */
  MemorySegment[] memory() {
    return memory;
  }

  /** Releases all blocks. */
  public void release() {
    for (int i = 0; i < count; i++) blocks[i].release();
    Arrays.fill(blocks, 0, count, null);
    Arrays.fill(memory, 0, count, null);
    count = 0;
    released = 0;
    spoiled = false;
    length = 0;
    segment = 0;
    isLong = false;
  }
}
