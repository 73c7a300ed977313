package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.BlockPool.Block;
import org.scriptorium.engine.model.SequenceCache;

/**
 * Cache blocks of prompts that were computed, found again by their tokens: a tree whose nodes are whole blocks. The least recently
 * used leaves go first. Holds one reference to each of its blocks; one scheduler's own.
 */
final class PrefixTree {
  private final BlockPool pool;
  private final int limit;
  private final int depth;
  private final Node root = new Node(null, new int[0], null);
  /** Ends of the list of nodes by use: {@code root.newer} is the least recently used. A parent is always newer than its children. */
  private int size;

  /** @param limit most blocks that are kept */
  PrefixTree(BlockPool pool, int limit) {
    this(pool, limit, Integer.MAX_VALUE);
  }

  /**
   * @param limit most blocks that are kept
   * @param depth most blocks of one prompt
   */
  PrefixTree(BlockPool pool, int limit, int depth) {
    this.pool = pool;
    this.limit = limit;
    this.depth = depth;
    root.newer = root;
    root.older = root;
  }

  /** How many tokens of a prompt, from its start, can be had from here; at most {@code most}. */
  int match(int[] tokens, int most) {
    Node node = root;
    int matched = 0;
    while (true) {
      Node next = node.whole(tokens, matched, most);
      if (next == null) return matched + (int) (node.best(tokens, matched, most) >>> 32);
      node = next;
      matched += Attention.BLOCK;
    }
  }

  /**
   * Gives a sequence what it can have: whole blocks are shared, a last partial one is copied into a block of its own.
   *
   * @return tokens that the cache then holds
   */
  int adopt(int[] tokens, int most, SequenceCache cache) {
    Node node = root;
    int matched = 0;
    for (Node next = node.whole(tokens, 0, most); next != null; next = node.whole(tokens, matched, most)) {
      node = next;
      cache.append(node.block.retain());
      matched += Attention.BLOCK;
    }
    long best = node.best(tokens, matched, most);
    int partial = (int) (best >>> 32);
    if (partial > 0) {
      Node donor = node.children.get((int) best);
      Block copy = pool.take();
      copy.copyFrom(donor.block);
      cache.append(copy);
      touch(donor);
    } else {
      touch(node);
    }
    return matched + partial;
  }

  /** Most blocks of one prompt that are kept. */
  int depth() {
    return depth;
  }

  /** Remembers the whole blocks among the first {@code computed} tokens of a prompt: as many as one prompt may keep, and are held. */
  void remember(int[] tokens, int computed, SequenceCache cache) {
    Node node = root;
    for (int at = 0; at + Attention.BLOCK <= computed && at / Attention.BLOCK < depth; at += Attention.BLOCK) {
      Node next = node.whole(tokens, at, tokens.length);
      if (next == null) {
        if (at < cache.start()) break;
        next = new Node(node, Arrays.copyOfRange(tokens, at, at + Attention.BLOCK), cache.block(at / Attention.BLOCK).retain());
        node.children.add(next);
        next.insertAfter(root);
        size++;
      }
      node = next;
    }
    touch(node);
    while (size > limit && evictOne()) { }
  }

  /** Frees one block that no sequence uses; false if there is none. */
  boolean evictOne() {
    for (Node node = root.newer; node != root; node = node.newer) {
      if (!node.children.isEmpty() || node.block.isShared()) continue;
      remove(node);
      return true;
    }
    return false;
  }

  /** Blocks that eviction could free. */
  int evictable() {
    int count = 0;
    for (Node node = root.newer; node != root; node = node.newer) if (!node.block.isShared()) count++;
    return count;
  }

  void clear() {
    for (Node node = root.newer; node != root; ) {
      Node newer = node.newer;
      node.block.release();
      node = newer;
    }
    root.children.clear();
    root.newer = root;
    root.older = root;
    size = 0;
  }

  private void remove(Node node) {
    node.unlink();
    node.parent.children.remove(node);
    node.block.release();
    size--;
  }

  /** Marks a node and all above it as used, the root's child last. */
  private void touch(Node node) {
    for (Node each = node; each != root; each = each.parent) {
      each.unlink();
      each.insertBefore(root);
    }
  }

  private static final class Node {
    final Node parent;
    final int[] tokens;
    final Block block;
    final List<Node> children = new ArrayList<>();
    Node older;
    Node newer;

    Node(Node parent, int[] tokens, Block block) {
      this.parent = parent;
      this.tokens = tokens;
      this.block = block;
    }

    /** The child that holds the whole next block of tokens, or null. */
    Node whole(int[] prompt, int at, int most) {
      if (at + Attention.BLOCK > most) return null;
      for (Node child : children) {
        if (Arrays.equals(child.tokens, 0, Attention.BLOCK, prompt, at, at + Attention.BLOCK)) return child;
      }
      return null;
    }

    /** The child that begins with most of the next tokens: their number in the upper half, its index in the lower. */
    long best(int[] prompt, int at, int most) {
      int longest = 0, index = 0;
      for (int i = 0; i < children.size(); i++) {
        int end = Math.min(most, at + Attention.BLOCK);
        int differs = Arrays.mismatch(children.get(i).tokens, 0, end - at, prompt, at, end);
        int common = differs < 0 ? end - at : differs;
        if (common > longest) {
          longest = common;
          index = i;
        }
      }
      return (long) longest << 32 | index;
    }

    void unlink() {
      older.newer = newer;
      newer.older = older;
    }

    void insertAfter(Node other) {
      older = other;
      newer = other.newer;
      newer.older = this;
      other.newer = this;
    }

    void insertBefore(Node other) {
      insertAfter(other.older);
    }
  }
}
