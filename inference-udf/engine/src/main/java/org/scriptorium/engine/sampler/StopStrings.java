package org.scriptorium.engine.sampler;

import java.util.List;

/**
 * Where a text that arrives in pieces ends: before the stop string that is complete first; of several that complete at the same
 * character, before the longest. Text that may be the beginning of a stop string is held back. What comes out is the same
 * however the text is cut into pieces. Immutable; each text has a {@link Matcher} of its own.
 */
public final class StopStrings {
  private final List<String> strings;
  /** For each string and length of a matched part, the length of the next shorter one that is also a beginning (Knuth, Morris, Pratt). */
  private final int[][] fallbacks;

  /** @param strings none empty; an empty list never stops */
  public StopStrings(List<String> strings) {
    this.strings = List.copyOf(strings);
    this.fallbacks = this.strings.stream().map(StopStrings::fallbacks).toArray(int[][]::new);
  }

  /** Begins a text. */
  public Matcher matcher() {
    return new Matcher(this);
  }

  private static int[] fallbacks(String string) {
    int[] fallback = new int[string.length() + 1];
    int matched = 0;
    for (int i = 1; i < string.length(); i++) {
      while (matched > 0 && string.charAt(i) != string.charAt(matched)) matched = fallback[matched];
      if (string.charAt(i) == string.charAt(matched)) matched++;
      fallback[i + 1] = matched;
    }
    return fallback;
  }

  /** Follows one text; for one thread. */
  public static final class Matcher {
    private final StopStrings stops;
    private final int[] matched;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    private Matcher(StopStrings stops) {
      this.stops = stops;
      this.matched = new int[stops.strings.size()];
    }

    /** Takes the next piece; returns the text that is now certain, which may be empty. After the stop it is always empty. */
    public String append(String piece) {
      if (stopped) return "";
      if (matched.length == 0) return piece;
      for (int i = 0; i < piece.length(); i++) {
        held.append(piece.charAt(i));
        int complete = advance(piece.charAt(i));
        if (complete > 0) {
          stopped = true;
          return release(held.length() - complete);
        }
      }
      return release(held.length() - longestBeginning());
    }

    /** Whether a stop string has appeared: no further text will be emitted. */
    public boolean stopped() {
      return stopped;
    }

    /** Ends the text; returns what was held back. */
    public String finish() {
      return stopped ? "" : release(held.length());
    }

    /** The length of the longest string that this character completes, or 0. */
    private int advance(char next) {
      int complete = 0;
      for (int i = 0; i < matched.length; i++) {
        String string = stops.strings.get(i);
        int length = matched[i];
        while (length > 0 && string.charAt(length) != next) length = stops.fallbacks[i][length];
        if (string.charAt(length) == next) length++;
        matched[i] = length;
        if (length == string.length()) complete = Math.max(complete, length);
      }
      return complete;
    }

    private int longestBeginning() {
      int longest = 0;
      for (int length : matched) longest = Math.max(longest, length);
      return longest;
    }

    private String release(int length) {
      String text = held.substring(0, length);
      held.delete(0, length);
      return text;
    }
  }
}
