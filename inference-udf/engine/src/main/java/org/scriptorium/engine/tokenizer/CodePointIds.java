package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.Map;

/** Ids of tokens that are one code point: an array for the first planes' letters, open addressing for the rest. Immutable. */
final class CodePointIds {
  private static final int DIRECT = 0x3000;

  private final int[] direct = new int[DIRECT];
  private final int[] keys;
  private final int[] values;

  CodePointIds(Map<String, Integer> tokens) {
    Arrays.fill(direct, -1);
    int[] single = tokens.keySet().stream().filter(token -> !token.isEmpty() && Character.charCount(token.codePointAt(0)) == token.length())
        .mapToInt(token -> token.codePointAt(0)).toArray();
    keys = new int[Integer.highestOneBit(Math.max(4, single.length)) * 4];
    values = new int[keys.length];
    Arrays.fill(keys, -1);
    for (int codePoint : single) {
      int id = tokens.get(Character.toString(codePoint));
      if (codePoint < DIRECT) {
        direct[codePoint] = id;
      } else {
        int slot = slot(codePoint);
        keys[slot] = codePoint;
        values[slot] = id;
      }
    }
  }

  /** The id of a code point, -1 if it has none. */
  int of(int codePoint) {
    if (codePoint < DIRECT) return direct[codePoint];
    int slot = slot(codePoint);
    return keys[slot] < 0 ? -1 : values[slot];
  }

  private int slot(int codePoint) {
    int hash = codePoint * 0x9E3779B1, slot = (hash ^ hash >>> 15) & keys.length - 1;
    while (keys[slot] >= 0 && keys[slot] != codePoint) slot = slot + 1 & keys.length - 1;
    return slot;
  }
}
