package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/**
 * The ids of words seen before. A fixed number of places, each holding the last word that fell on it, so its memory is
 * bounded whatever the texts are. Threads share it without locks: an entry is immutable, and one that another thread has
 * just replaced is merely a word that is merged again.
 */
final class WordCache {
  /** Longer words are too rare to keep. */
  static final int LONGEST = 32;
  private static final int PLACES = 1 << 15;

  private final Entry[] entries = new Entry[PLACES];

  private record Entry(byte[] word, int[] ids) {}

  /** The ids of the word [from, to), null if it is not kept; not to be changed. */
  int[] find(byte[] text, int from, int to, int place) {
    var entry = entries[place];
    return entry != null && Arrays.equals(entry.word, 0, entry.word.length, text, from, to) ? entry.ids : null;
  }

  void keep(byte[] text, int from, int to, int place, int[] ids) {
    entries[place] = new Entry(Arrays.copyOfRange(text, from, to), ids);
  }

  /** The place that a word falls on. */
  static int place(byte[] text, int from, int to) {
    int hash = to - from;
    for (int i = from; i < to; i++) hash = 31 * hash + text[i];
    hash *= 0x9E3779B1;
    return hash >>> 32 - Integer.numberOfTrailingZeros(PLACES);
  }
}
