package org.scriptorium.engine.weights;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Names like a name that is not there, for messages. */
final class Names {
  private static final int SHOWN = 3;
  /** A corrupt file may hold names of any length; a distance between such ones would cost seconds. */
  private static final int LONGEST = 200;

  private Names() {}

  /** {@code  (nearest: a, b, c)} with a space in front, or nothing where no name is near. */
  static String nearest(String name, Collection<String> candidates) {
    if (name.length() > LONGEST) return "";
    record Candidate(String name, int distance) {}
    List<Candidate> near = candidates.stream()
        .filter(candidate -> candidate.length() <= LONGEST)
        .map(candidate -> new Candidate(candidate, distance(name, candidate)))
        .filter(candidate -> candidate.distance <= Math.max(2, name.length() / 2))
        .sorted(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::name))
        .limit(SHOWN)
        .toList();
    if (near.isEmpty()) return "";
    return near.stream().map(Candidate::name).collect(Collectors.joining(", ", " (nearest: ", ")"));
  }

  /** Insertions, deletions and replacements between two names (Levenshtein). */
  private static int distance(String one, String other) {
    int[] previous = new int[other.length() + 1];
    int[] current = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) previous[j] = j;
    for (int i = 1; i <= one.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int replaced = previous[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[other.length()];
  }
}
