package org.scriptorium.engine.tokenizer;

/**
 * Cuts a text into the words that merges never cross. The pieces cover the whole range, in order, none empty.
 * Immutable, for any number of threads; linear in the text's length.
 */
@FunctionalInterface
interface Splitter {

  /** Gives {@code target} every piece of well-formed UTF-8 in [from, to). */
  void split(byte[] text, int from, int to, Pieces target);

  /** Cuts every piece of this splitter by another one, which sees nothing beyond that piece. */
  default Splitter then(Splitter next) {
    return (text, from, to, target) -> split(text, from, to, (piece, start, end) -> next.split(piece, start, end, target));
  }

  /** Takes pieces. */
  @FunctionalInterface
  interface Pieces {
    void piece(byte[] text, int from, int to);
  }

  /** A splitter by a pattern: its matches are pieces, and so is every stretch between two matches. */
  @FunctionalInterface
  interface Pattern extends Splitter {

    /** The end of the match at {@code from}, which is before {@code to}; {@code from} itself if nothing matches there. */
    int match(byte[] text, int from, int to);

    @Override
    default void split(byte[] text, int from, int to, Pieces target) {
      int gap = from, position = from;
      while (position < to) {
        int end = match(text, position, to);
        if (end == position) {
          position = CodePoints.after(text, position);
          continue;
        }
        if (gap < position) target.piece(text, gap, position);
        target.piece(text, position, end);
        gap = position = end;
      }
      if (gap < to) target.piece(text, gap, to);
    }
  }
}
