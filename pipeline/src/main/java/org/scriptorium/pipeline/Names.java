package org.scriptorium.pipeline;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Finds the name that was probably meant. */
final class Names {
  private Names() {}

  /** The known name nearest to {@code found}, if one is near enough to be a slip. */
  static Optional<String> nearest(String found, Collection<String> known) {
    String wanted = plain(found);
    return known.stream()
        .filter(name -> distance(wanted, plain(name)) <= Math.max(1, Math.max(wanted.length(), name.length()) / 3))
        .min(Comparator.comparingInt((String name) -> distance(wanted, plain(name))).thenComparing(Comparator.naturalOrder()));
  }

  /** {@code ; did you mean "name"?}, or nothing. */
  static String suggestion(String found, Collection<String> known) {
    return nearest(found, known).map(name -> "; did you mean \"" + name + "\"?").orElse("");
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
  static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) cost[i][0] = i;
    for (int j = 0; j <= b.length(); j++) cost[0][j] = j;
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int best = Math.min(Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + same);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        cost[i][j] = swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
      }
    }
    return cost[a.length()][b.length()];
  }
}
