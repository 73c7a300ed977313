package org.scriptorium.engine.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * The key/value cache's memory: blocks of {@link org.scriptorium.engine.kernel.Attention#BLOCK} tokens, allocated from the system when they are first
 * needed, up to a budget, and shared by reference count. Owner of their memory; one scheduler's own, not for several threads.
 */
public final class BlockPool implements AutoCloseable {
  private final CacheShape shape;
  private final int capacity;
  private final Arena arena = Arena.ofShared();
  private final ArrayDeque<Block> free = new ArrayDeque<>();
  private int allocated;

  /** @param budgetBytes of which as many whole blocks are used as fit */
  public BlockPool(CacheShape shape, long budgetBytes) {
    this.shape = shape;
    capacity = (int) Math.min(Integer.MAX_VALUE, budgetBytes / shape.blockBytes());
  }

  /** Blocks within the budget. */
  public int capacity() {
    return capacity;
  }

  /** Blocks that can be taken now. */
  public int available() {
    return capacity - allocated + free.size();
  }

  public CacheShape shape() {
    return shape;
  }

  /** A block with one reference, contents undefined. */
  public Block take() {
    Block block = free.pollLast();
    if (block == null) {
      if (allocated == capacity) throw new IllegalStateException("the key/value cache has no free block of " + capacity);
      block = new Block(this, arena.allocate(shape.blockBytes(), 64));
      allocated++;
    }
    block.references = 1;
    return block;
  }

  @Override
  public void close() {
    arena.close();
  }

  /** A block of the cache. */
  public static final class Block {
    private final BlockPool pool;
    private final MemorySegment memory;
    private int references;

    private Block(BlockPool pool, MemorySegment memory) {
      this.pool = pool;
      this.memory = memory;
    }

    MemorySegment memory() {
      return memory;
    }

    /** True if more than one holds it. */
    public boolean isShared() {
      return references > 1;
    }

    public Block retain() {
      references++;
      return this;
    }

    /** Gives up one reference; the last one's block is free. */
    public void release() {
      if (--references == 0) pool.free.addLast(this);
    }

    /** Takes over the contents of another block of the pool. */
    public void copyFrom(Block other) {
      memory.copyFrom(other.memory);
    }
  }
}
