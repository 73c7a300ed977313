package org.scriptorium.engine.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds by a regular expression of {@link OnigurumaSyntax}, in characters, and gives places in bytes. */
final class RegexFinder implements Finder {
  private final Pattern pattern;

  RegexFinder(Pattern pattern) {
    this.pattern = pattern;
  }

  @Override
  public void find(byte[] text, int from, int to, Spans target) {
    if (from == to) return;
    String characters = Utf8.decode(text, from, to);
    Matcher matcher = pattern.matcher(characters);
    boolean ascii = characters.length() == to - from;
    int gap = from, character = 0, position = from, last = -1;
    while (matcher.find()) {
      // Java looks for empty matches within surrogate pairs too.
      if (matcher.start() == matcher.end() && splitsPair(characters, matcher.start())) continue;
      int start = ascii ? from + matcher.start() : advance(text, position, matcher.start() - character);
      int end = ascii ? from + matcher.end() : advance(text, start, matcher.end() - matcher.start());
      character = matcher.end();
      position = end;
      // An empty match right after another match is none, as in Oniguruma's bindings.
      if (start == end && start == last) continue;
      if (gap < start) target.span(gap, start, false);
      target.span(start, end, true);
      gap = last = end;
    }
    if (gap < to) target.span(gap, to, false);
  }

  private static boolean splitsPair(String text, int position) {
    return position > 0 && position < text.length() && Character.isSurrogatePair(text.charAt(position - 1), text.charAt(position));
  }

  /** The position in bytes that lies {@code units} UTF-16 units after another. */
  private static int advance(byte[] text, int from, int units) {
    int position = from;
    for (int left = units; left > 0; ) {
      int next = CodePoints.after(text, position);
      left -= next - position == 4 ? 2 : 1;
      position = next;
    }
    return position;
  }
}
