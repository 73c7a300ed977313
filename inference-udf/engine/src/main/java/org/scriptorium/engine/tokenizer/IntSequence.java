package org.scriptorium.engine.tokenizer;

import java.util.Arrays;

/** Ints that grow in number. For one thread. */
final class IntSequence {
  private int[] values;
  private int size;

  IntSequence(int capacity) {
    values = new int[Math.max(16, capacity)];
  }

  int size() {
    return size;
  }

  int at(int index) {
    return values[index];
  }

  void set(int index, int value) {
    values[index] = value;
  }

  void append(int value) {
    if (size == values.length) values = Arrays.copyOf(values, size * 2);
    values[size++] = value;
  }

  void append(int[] source, int count) {
    if (size + count > values.length) values = Arrays.copyOf(values, Math.max(size + count, values.length * 2));
    System.arraycopy(source, 0, values, size, count);
    size += count;
  }

  int[] from(int start) {
    return Arrays.copyOfRange(values, start, size);
  }
}
