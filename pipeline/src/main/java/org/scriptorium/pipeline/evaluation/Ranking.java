package org.scriptorium.pipeline.evaluation;

import java.util.List;
import java.util.Set;

/** What was found for a question, the best first, compared with what is relevant to it. */
public final class Ranking {
  private Ranking() {}

  /** The share of the relevant ids that are among the first {@code count} found ones; 0 where nothing is relevant. */
  public static double recall(List<String> found, Set<String> relevant, int count) {
    if (relevant.isEmpty()) return 0;
    return found.stream().limit(count).distinct().filter(relevant::contains).count() / (double) relevant.size();
  }

  /** One by the place of the first relevant id, counted from 1; 0 where none was found. Its mean over questions is the MRR. */
  public static double reciprocalRank(List<String> found, Set<String> relevant) {
    for (int i = 0; i < found.size(); i++) if (relevant.contains(found.get(i))) return 1.0 / (i + 1);
    return 0;
  }
}
