package org.scriptorium.engine.tokenizer;

import java.util.function.IntPredicate;

/** Tells what a pattern matches from what it does not. Immutable, for any number of threads. */
@FunctionalInterface
interface Finder {

  /** Gives {@code target} every match in [from, to) and every stretch between, in order; matches may be empty, stretches are not. */
  void find(byte[] text, int from, int to, Spans target);

  /** Takes matches and what lies between. */
  @FunctionalInterface
  interface Spans {
    void span(int from, int to, boolean match);
  }

  /** The same with matches and stretches exchanged. */
  default Finder inverted() {
    return (text, from, to, target) -> find(text, from, to, (start, end, match) -> target.span(start, end, !match));
  }

  /** Every code point that fulfills a condition. */
  static Finder each(IntPredicate condition) {
    return (text, from, to, target) -> {
      int gap = from;
      for (int i = from; i < to; ) {
        int end = CodePoints.after(text, i);
        if (condition.test(CodePoints.at(text, i))) {
          if (gap < i) target.span(gap, i, false);
          target.span(i, end, true);
          gap = end;
        }
        i = end;
      }
      if (gap < to) target.span(gap, to, false);
    };
  }

  /** A string as it stands. */
  static Finder literal(String string) {
    byte[] sought = Utf8.encode(string, 0, string.length());
    if (sought.length == 0) return (text, from, to, target) -> target.span(from, to, false);
    return of((text, from, to) -> {
      if (to - from < sought.length) return from;
      for (int i = 0; i < sought.length; i++) if (text[from + i] != sought[i]) return from;
      return from + sought.length;
    });
  }

  /** A scanner for one pattern. */
  static Finder of(Splitter.Pattern pattern) {
    return (text, from, to, target) -> {
      int gap = from, position = from;
      while (position < to) {
        int end = pattern.match(text, position, to);
        if (end == position) {
          position = CodePoints.after(text, position);
          continue;
        }
        if (gap < position) target.span(gap, position, false);
        target.span(position, end, true);
        gap = position = end;
      }
      if (gap < to) target.span(gap, to, false);
    };
  }
}
