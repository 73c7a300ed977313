package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/** Ids by a token's bytes: open addressing over the vocabulary's own arrays. Immutable. */
final class TokenIndex {
  private static final int FREE = -1;

  private final byte[][] tokens;
  private final int[] slots;

  /** @param ids the tokens that are found; of two with the same bytes the first */
  TokenIndex(byte[][] tokens, int[] ids) {
    this.tokens = tokens;
    slots = new int[Integer.highestOneBit(Math.max(8, ids.length)) * 4];
    Arrays.fill(slots, FREE);
    for (int id : ids) {
      int slot = slot(tokens[id], 0, tokens[id].length);
      if (slots[slot] == FREE) slots[slot] = id;
    }
  }

  /** The id of the token that is [from, to), -1 if there is none. */
  int find(byte[] text, int from, int to) {
    return slots[slot(text, from, to)];
  }

  private int slot(byte[] text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) hash = 31 * hash + text[i];
    hash *= 0x9E3779B1;
    int slot = (hash ^ hash >>> 15) & slots.length - 1;
    while (slots[slot] != FREE && !Arrays.equals(tokens[slots[slot]], 0, tokens[slots[slot]].length, text, from, to)) {
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }
}
