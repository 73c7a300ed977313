package org.scriptorium.engine.template;

/**
 * What one rendering may still use: evaluated nodes, characters read or written, nesting. A template comes with a model, so
 * it must not be able to hold a thread, fill the heap or overflow the stack. For one thread.
 */
final class Work {
  private static final long NODES = 1_000_000;
  private static final long NODES_PER_VALUE = 2_000;
  /** Templates for images look at each character of a content that is a text. */
  private static final long NODES_PER_CHARACTER = 32;
  private static final long CHARACTERS = 64L << 20;
  private static final long CHARACTERS_PER_CHARACTER = 64;
  private static final int DEPTH = 1000;

  private long nodes;
  private long characters;
  private int depth;

  /** The bound for an input of so many values (messages, list items, strings) and characters. */
  Work(long inputValues, long inputCharacters) {
    nodes = NODES + NODES_PER_VALUE * inputValues + NODES_PER_CHARACTER * inputCharacters;
    characters = CHARACTERS + CHARACTERS_PER_CHARACTER * inputCharacters;
  }

  void step() {
    steps(1);
  }

  /** Counts values made or visited; to be called before they are made. */
  void steps(long count) {
    nodes -= count;
    if (nodes < 0) throw TemplateFailure.bound("the template needs more steps than its messages justify");
  }

  /** Counts characters read or written; to be called before they are written. */
  void characters(long count) {
    characters -= count;
    if (characters < 0) throw TemplateFailure.bound("the template handles more text than its messages justify");
  }

  /** Counts a search for a text in another, which may compare long ones at every place. */
  void search(int length, int sought) {
    characters(sought <= 64 ? length : length + (long) length * sought / 16);
  }

  void enter() {
    if (++depth > DEPTH) throw TemplateFailure.bound("the template nests values or calls deeper than %d".formatted(DEPTH));
  }

  void leave() {
    depth--;
  }
}
