package org.scriptorium.engine.model;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool.Block;

/** The cache of one sequence: its blocks in order. Blocks at the front may be shared with others and are never written then. */
public final class SequenceCache {
  private Block[] blocks = new Block[4];
  private MemorySegment[] memory = new MemorySegment[4];
  private int count;
  private int length;
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

  public int blocks() {
    return count;
  }

  public Block block(int index) {
    return blocks[index];
  }

  /** Tokens that the blocks hold. */
  public int capacity() {
    return count * Attention.BLOCK;
  }

  /** Tokens up to the last that a step brought. */
  int length() {
    return length;
  }

  /** A step brings the token at {@code position}. */
  void reach(int position) {
    length = Math.max(length, position + 1);
  }

  /** True if a block was to keep what it can't: nothing that is read from it means anything. */
  boolean isSpoiled() {
    for (int i = 0; i < count; i++) if (blocks[i].isSpoiled()) return true;
    return false;
  }

  MemorySegment[] memory() {
    return memory;
  }

  /** Releases all blocks. */
  public void release() {
    for (int i = 0; i < count; i++) blocks[i].release();
    Arrays.fill(blocks, 0, count, null);
    Arrays.fill(memory, 0, count, null);
    count = 0;
    length = 0;
  }
}
