package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;

/** The tokens of one text as they come; positions only where asked for. For one thread. */
final class Tokens {
  private final IntSequence ids;
  private final Positions positions;
  private final IntSequence starts = new IntSequence(0);
  private final IntSequence ends = new IntSequence(0);
  private final List<String> texts = new ArrayList<>();
  private Merger merger;

  /** What is noted of a token besides its id. */
  enum Positions {
    NONE,
    /** As Hugging Face's {@code tokenizers} counts: where characters without a token are left out, those after them move up. */
    REFERENCE,
    /** Where tokens stand; characters without one belong to the next. */
    TRUE
  }

  Tokens(int capacity, Positions positions) {
    ids = new IntSequence(capacity);
    this.positions = positions;
  }

  Positions positions() {
    return positions;
  }

  boolean hasPositions() {
    return positions != Positions.NONE;
  }

  int size() {
    return ids.size();
  }

  void append(int[] known) {
    ids.append(known, known.length);
  }

  /** A token and the bytes that it stands for. */
  void append(int id, int start, int end) {
    append(id, start, end, null);
  }

  /** A token that is shown as {@code text}; null for as its vocabulary has it. */
  void append(int id, int start, int end, String text) {
    ids.append(id);
    if (!hasPositions()) return;
    starts.append(start);
    ends.append(end);
    texts.add(text);
  }

  /** Lets the last token go on to {@code end}. */
  void extend(int end) {
    if (hasPositions()) ends.set(ids.size() - 1, end);
  }

  /** Scratch of a model that merges, which is one for all words of the text. */
  Merger merger(MergeTable merges) {
    if (merger == null) merger = new Merger(merges);
    return merger;
  }

  int[] ids() {
    return ids.from(0);
  }

  int[] idsFrom(int first) {
    return ids.from(first);
  }

  int[] starts() {
    return starts.from(0);
  }

  int[] ends() {
    return ends.from(0);
  }

  /** What tokens are shown as; null for as their vocabulary has them. */
  List<String> texts() {
    return texts;
  }

  /** Turns the places of the tokens from {@code first} on, counted from {@code from} in {@code text}, into places in the source. */
  void align(int first, AlignedText text, int from, int to) {
    int origin = text.starts()[from];
    for (int i = first; i < ids.size(); i++) {
      int start = from + starts.at(i), end = from + ends.at(i);
      if (end > to) continue;
      boolean empty = start == end;
      starts.set(i, empty ? origin + starts.at(i) : text.starts()[start]);
      ends.set(i, empty ? origin + ends.at(i) : text.ends()[end - 1]);
    }
  }
}
