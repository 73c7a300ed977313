package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/**
 * Well-formed UTF-8 on its way through normalization that can tell which part of the source each byte comes from. A source's bytes
 * stand for their whole character, as in Hugging Face's {@code tokenizers}, whose offsets these are.
 *
 * @param bytes the text, in [0, size); shared, not to be changed
 * @param starts by byte, the UTF-16 position in the source where the characters begin that it stands for; empty where nobody asks
 * @param ends by byte, the position where they end; empty where nobody asks
 * @param origin the position in the source where this text begins
 * @param leading true if the first byte stands for the source's first character
 */
record AlignedText(byte[] bytes, int size, int[] starts, int[] ends, int origin, boolean leading) {
  private static final int[] NOT_TRACKED = {};

  /** A source without offsets. */
  static AlignedText untracked(byte[] bytes) {
    return new AlignedText(bytes, bytes.length, NOT_TRACKED, NOT_TRACKED, 0, true);
  }

  /** A source with the offsets of its characters. */
  static AlignedText tracked(byte[] bytes) {
    var starts = new int[bytes.length];
    var ends = new int[bytes.length];
    int position = 0;
    for (int i = 0; i < bytes.length; ) {
      int next = CodePoints.after(bytes, i), units = next - i == 4 ? 2 : 1;
      for (; i < next; i++) {
        starts[i] = position;
        ends[i] = position + units;
      }
      position += units;
    }
    return new AlignedText(bytes, bytes.length, starts, ends, 0, true);
  }

  boolean isTracked() {
    return starts != NOT_TRACKED;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** True if the byte stands for the source's first character. */
  boolean isAtStart(int position) {
    return isTracked() ? starts[position] == 0 : position == 0 && leading;
  }

  boolean isAscii() {
    for (int i = 0; i < size; i++) if (bytes[i] < 0) return false;
    return true;
  }

  /** The part [from, to) as a text of its own. */
  AlignedText slice(int from, int to) {
    if (from == 0 && to == size) return this;
    byte[] part = Arrays.copyOfRange(bytes, from, to);
    boolean first = from < to && isAtStart(from);
    if (!isTracked()) return new AlignedText(part, to - from, NOT_TRACKED, NOT_TRACKED, from < to && first ? 0 : 1, first);
    return new AlignedText(part, to - from, Arrays.copyOfRange(starts, from, to), Arrays.copyOfRange(ends, from, to),
        from < size ? starts[from] : origin, first);
  }

  /** The part [from, to) as characters. */
  String text(int from, int to) {
    return Utf8.decode(bytes, from, to);
  }

  /** Writes a text that is made of another one. For one thread. */
  static final class Builder {
    private final AlignedText source;
    private byte[] bytes;
    private int[] starts = NOT_TRACKED;
    private int[] ends = NOT_TRACKED;
    private int size;
    private boolean leading;

    Builder(AlignedText source) {
      this.source = source;
      bytes = new byte[source.size + source.size / 8 + 16];
      if (source.isTracked()) {
        starts = new int[bytes.length];
        ends = new int[bytes.length];
      }
    }

    /** Appends a code point that stands for what the source's byte {@code like} does; -1 is the place before the text. */
    void append(int codePoint, int like) {
      int width = Utf8.width(codePoint);
      reserve(width);
      if (size == 0) leading = like < 0 ? source.leading : like < source.size && source.isAtStart(Utf8.startOf(source.bytes, like));
      if (source.isTracked()) {
        Arrays.fill(starts, size, size + width, like < 0 ? source.origin : source.starts[like]);
        Arrays.fill(ends, size, size + width, like < 0 ? source.origin : source.ends[like]);
      }
      if (codePoint < 0x80) bytes[size++] = (byte) codePoint;
      else size = Utf8.put(codePoint, bytes, size);
    }

    /** Appends the source's bytes [from, to). */
    void copy(int from, int to) {
      if (from == to) return;
      reserve(to - from);
      if (size == 0) leading = source.isAtStart(from);
      System.arraycopy(source.bytes, from, bytes, size, to - from);
      if (source.isTracked()) {
        System.arraycopy(source.starts, from, starts, size, to - from);
        System.arraycopy(source.ends, from, ends, size, to - from);
      }
      size += to - from;
    }

    /** Takes a code point away from the end as often as it stands there. */
    void trimEnd(int codePoint) {
      int width = Utf8.width(codePoint);
      while (size >= width && CodePoints.at(bytes, size - width) == codePoint) size -= width;
    }

    AlignedText build() {
      return new AlignedText(bytes, size, starts, ends, source.origin, leading);
    }

    private void reserve(int more) {
      if (size + more <= bytes.length) return;
      int capacity = Math.max(size + more, bytes.length * 2);
      bytes = Arrays.copyOf(bytes, capacity);
      if (!source.isTracked()) return;
      starts = Arrays.copyOf(starts, capacity);
      ends = Arrays.copyOf(ends, capacity);
    }
  }
}
