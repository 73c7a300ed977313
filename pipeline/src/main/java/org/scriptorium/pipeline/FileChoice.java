package org.scriptorium.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.scriptorium.pipeline.Changes.Kind;

/**
 * Which published files a night replaces: those with rows that change or go, and small ones, so that files stay few however many nights.
 *
 * @param rows that the new files will hold
 */
record FileChoice(List<String> replaced, long rows) {
  /** Rows of a full file, which is left alone unless one of them changes. */
  private static final long FULL = 100_000;
  /** A file is joined while it has at most so many times the rows that are written anyway; so each row is rewritten rarely. */
  private static final int GROWTH = 4;

  FileChoice {
    replaced = List.copyOf(replaced);
  }

  /** How many files hold the rows. */
  int parts() {
    return (int) Math.max(1, (rows + FULL - 1) / FULL);
  }

  /** @param published all files: those without rows are replaced always, all of them where the columns are others now */
  static FileChoice of(Changes changes, PublishedRows published) {
    List<String> replaced = new ArrayList<>(published.files());
    replaced.removeAll(changes.files().keySet());
    Map<String, Long> others = new TreeMap<>();
    long rows = changes.count(Kind.ADDED) + changes.count(Kind.CHANGED);
    for (var file : changes.files().entrySet()) {
      Map<Kind, Long> kinds = file.getValue();
      long staying = kinds.getOrDefault(Kind.SAME, 0L);
      if (published.isOutdated() || kinds.containsKey(Kind.CHANGED) || kinds.containsKey(Kind.REMOVED)) {
        replaced.add(file.getKey());
        rows += staying;
      } else {
        others.put(file.getKey(), staying);
      }
    }
    for (var file : others.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList()) {
      if (file.getValue() > Math.min(FULL, GROWTH * rows)) break;
      replaced.add(file.getKey());
      rows += file.getValue();
    }
    return new FileChoice(replaced, rows);
  }
}
