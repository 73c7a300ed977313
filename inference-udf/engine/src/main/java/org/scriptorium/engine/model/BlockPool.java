package org.scriptorium.engine.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * The key/value cache's memory: blocks of {@link org.scriptorium.engine.kernel.Attention#BLOCK} tokens, allocated from the system when they are first
 * needed, up to a budget, and shared by reference count. Owner of their memory; one scheduler's own, not for several threads.
 */
public final class BlockPool implements AutoCloseable {
  private static final long SLAB_BYTES = 32 << 20, SLAB_ALIGNMENT = 2 << 20;

  private final CacheShape shape;
  private final int capacity;
  private final Arena arena = Arena.ofShared();
  private final ArrayDeque<Block> free = new ArrayDeque<>();
  private MemorySegment slab = MemorySegment.NULL;
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
      block = new Block(this, allocate());
      allocated++;
    }
    block.references = 1;
    block.spoiled = false;
    return block;
  }

  /** The next part of a slab: the system is asked for much at a time, so that it may use large pages. */
  private MemorySegment allocate() {
    long bytes = (shape.blockBytes() + 63) / 64 * 64;
    if (slab.byteSize() < bytes) slab = arena.allocate(Math.max(1, Math.min(capacity - allocated, SLAB_BYTES / bytes)) * bytes, SLAB_ALIGNMENT);
    MemorySegment block = slab.asSlice(0, bytes);
    slab = slab.asSlice(bytes);
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
    private boolean spoiled;

    private Block(BlockPool pool, MemorySegment memory) {
      this.pool = pool;
      this.memory = memory;
    }

    MemorySegment memory() {
      return memory;
    }

    /** Marks it as holding a value that its type can't keep. */
    void spoil() {
      spoiled = true;
    }

    boolean isSpoiled() {
      return spoiled;
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
      spoiled = other.spoiled;
    }
  }
}
