package org.scriptorium.spark;

import java.util.Collection;
import java.util.Comparator;

/** Finds what somebody who mistyped a name most likely meant. */
final class NearestName {
  private NearestName() {}

  /** The known name with the fewest edits; the first in order among equals. */
  static String of(String name, Collection<String> known) {
    var byEdits = Comparator.comparingInt((String candidate) -> edits(name, candidate));
    return known.stream().min(byEdits.thenComparing(Comparator.naturalOrder())).orElseThrow();
  }

  /** Insertions, deletions and substitutions between two names (Levenshtein 1966). */
  static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) row[j] = j;
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int substituted = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[to.length()];
  }
}
