package org.scriptorium.engine.batch;

import org.scriptorium.engine.api.ThinkMarkers;

/**
 * Parts a text that arrives in pieces into what stands between think markers and what does not. What may be the beginning of a marker is
 * held back; the parts are the same however the text is cut into pieces. Blanks at the borders of a block belong to neither part, so that
 * an answer begins with its first word. A block without an end reaches to the end of the text. For one text and one thread.
 */
final class ThinkFilter {
  private static final String BETWEEN_BLOCKS = "\n\n";

  private final ThinkMarkers markers;
  private final Sink sink;
  private final StringBuilder held = new StringBuilder();
  private boolean isInside;
  private boolean hadBlock;
  private boolean hasAnswer;
  private boolean hasReasoning;
  private boolean blockHasText;
  /** Of the answer before its first word: its own unless a block follows. */
  private final StringBuilder leading = new StringBuilder();
  /** Of a block after its last word so far: its own if another word follows. */
  private final StringBuilder trailing = new StringBuilder();

  /** Hears of the parts as they become certain. */
  interface Sink {
    /** Hears of nothing. */
    Sink NONE = new Sink() {
      @Override
      public void answer(String piece) {}

      @Override
      public void reasoning(String piece) {}
    };

    void answer(String piece);

    void reasoning(String piece);
  }

  ThinkFilter(ThinkMarkers markers, Thinking.Begin begin, Sink sink) {
    this.markers = markers;
    this.sink = sink;
    isInside = begin == Thinking.Begin.INSIDE;
    hadBlock = isInside;
  }

  boolean isInside() {
    return isInside;
  }

  /** True while the end of the text so far may be the beginning of a marker. */
  boolean isHolding() {
    return !held.isEmpty();
  }

  void append(String piece) {
    held.append(piece);
    while (true) {
      String marker = isInside ? markers.close() : markers.open();
      int found = held.indexOf(marker);
      if (found < 0) {
        release(held.length() - beginning(marker));
        return;
      }
      release(found);
      held.delete(0, marker.length());
      pass();
    }
  }

  /** Ends the text. */
  void finish() {
    release(held.length());
    if (!hadBlock && !leading.isEmpty()) sink.answer(leading.toString());
    leading.setLength(0);
  }

  private void pass() {
    isInside = !isInside;
    hadBlock = true;
    blockHasText = false;
    leading.setLength(0);
    trailing.setLength(0);
  }

  /** Length of the longest end of the held text that begins the marker. */
  private int beginning(String marker) {
    for (int length = Math.min(held.length(), marker.length() - 1); length > 0; length--)
      if (marker.startsWith(held.substring(held.length() - length))) return length;
    return 0;
  }

  private void release(int length) {
    if (length == 0) return;
    String text = held.substring(0, length);
    held.delete(0, length);
    if (isInside) think(text);
    else say(text);
  }

  private void say(String text) {
    if (hasAnswer) {
      sink.answer(text);
    } else if (text.isBlank()) {
      if (!hadBlock) leading.append(text);
    } else {
      hasAnswer = true;
      sink.answer(hadBlock ? text.stripLeading() : leading + text);
      leading.setLength(0);
    }
  }

  private void think(String text) {
    String found = blockHasText ? text : text.stripLeading();
    String words = found.stripTrailing();
    if (words.isEmpty()) {
      trailing.append(found);
      return;
    }
    String before = blockHasText ? trailing.toString() : hasReasoning ? BETWEEN_BLOCKS : "";
    trailing.setLength(0);
    trailing.append(found, words.length(), found.length());
    blockHasText = true;
    hasReasoning = true;
    sink.reasoning(before + words);
  }
}
