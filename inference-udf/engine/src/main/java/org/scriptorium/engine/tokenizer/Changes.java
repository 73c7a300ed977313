package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/**
 * A text written anew, character by character: each with the number of characters that it adds (1), replaces (0), or replaces and
 * removes after it (-n). Offsets follow from these numbers as in Hugging Face's {@code tokenizers}. For one thread.
 */
final class Changes {
  private int[] codePoints;
  private int[] changes;
  private int size;

  Changes(int capacity) {
    codePoints = new int[Math.max(16, capacity)];
    changes = new int[codePoints.length];
  }

  void add(int codePoint, int change) {
    if (size == codePoints.length) {
      codePoints = Arrays.copyOf(codePoints, size * 2);
      changes = Arrays.copyOf(changes, size * 2);
    }
    codePoints[size] = codePoint;
    changes[size++] = change;
  }

  /** Puts {@code replacement} in place of {@code count} characters. */
  void replace(int count, int[] replacement) {
    int first = size, difference = replacement.length - count;
    for (int codePoint : replacement) add(codePoint, 0);
    if (difference > 0) for (int i = size - difference; i < size; i++) changes[Math.max(first, i)] = 1;
    // The reference books removed characters on the one before, and forgets them where there is none.
    if (difference < 0 && size > 0) changes[size - 1] += difference;
  }

  /** Books that the character just added removes one more. */
  void removeOne() {
    changes[size - 1]--;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Applies these to a text whose first {@code removed} characters go. */
  AlignedText apply(AlignedText source, int removed) {
    var builder = new AlignedText.Builder(source);
    byte[] bytes = source.bytes();
    int offset = skip(source, 0, removed), last = source.size() - 1;
    for (int i = 0; i < size; i++) {
      if (changes[i] > 0) {
        builder.append(codePoints[i], offset - 1);
        continue;
      }
      builder.append(codePoints[i], Math.min(offset, last));
      if (offset <= last) offset = CodePoints.after(bytes, offset);
      offset = skip(source, offset, -changes[i]);
    }
    return builder.build();
  }

  private static int skip(AlignedText source, int from, int characters) {
    int offset = from;
    for (int i = 0; i < characters && offset < source.size(); i++) offset = CodePoints.after(source.bytes(), offset);
    return offset;
  }
}
