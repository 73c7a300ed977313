package org.scriptorium.pipeline.retrieval;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes one list of what all shards found for a question by words and by vectors.
 *
 * <p>Each list is ordered as a whole first. Passages of equal text stand in it once, where the first of them by its key stood. Two lists
 * are fused by reciprocal rank: a passage scores the sum of 1 / (60 + rank) over the lists that have it (Cormack, Clarke and Buettcher
 * 2009, Reciprocal rank fusion outperforms Condorcet and individual rank learning methods).
 */
final class Fusion {
  private static final int RANKS = 60;
  private static final Comparator<Chosen> ORDER = (one, other) -> one.hit.score() == other.hit.score()
      ? Hit.compareKeys(one.hit.key(), other.hit.key()) : Float.compare(other.hit.score(), one.hit.score());

  private Fusion() {}

  /**
   * What one shard found.
   *
   * @param words empty where they are not looked for, and so {@code vectors}
   */
  record Found(int shard, List<Hit> words, List<Hit> vectors) implements Serializable {}

  /** A passage that was chosen, and in which shard it lies. */
  record Chosen(int shard, Hit hit) implements Serializable {}

  /** The best passages of all, the best first. */
  static List<Chosen> choose(List<Found> found, SearchSettings settings) {
    List<Chosen> words = new ArrayList<>(), vectors = new ArrayList<>();
    for (Found each : found) {
      each.words.forEach(hit -> words.add(new Chosen(each.shard, hit)));
      each.vectors.forEach(hit -> vectors.add(new Chosen(each.shard, hit)));
    }
    List<Chosen> best = switch (settings.mode()) {
      case BM25 -> ordered(words, settings.top());
      case VECTOR -> ordered(vectors, settings.top());
      case HYBRID -> fused(List.of(ordered(words, settings.depth()), ordered(vectors, settings.depth())));
    };
    return List.copyOf(best.subList(0, Math.min(settings.top(), best.size())));
  }

  private static List<Chosen> ordered(List<Chosen> list, int most) {
    List<Chosen> distinct = new ArrayList<>();
    Set<Long> digests = new HashSet<>();
    for (Chosen each : list.stream().sorted(ORDER).toList()) {
      if (distinct.size() < most && digests.add(each.hit.digest())) distinct.add(each);
    }
    return distinct;
  }

  private static List<Chosen> fused(List<List<Chosen>> lists) {
    Map<Long, Chosen> passages = new HashMap<>();
    Map<Long, Double> scores = new HashMap<>();
    for (List<Chosen> list : lists) {
      for (int i = 0; i < list.size(); i++) {
        Chosen each = list.get(i);
        passages.merge(each.hit.digest(), each, (one, other) -> Hit.compareKeys(one.hit.key(), other.hit.key()) <= 0 ? one : other);
        scores.merge(each.hit.digest(), 1.0 / (RANKS + i + 1), Double::sum);
      }
    }
    return passages.entrySet().stream().map(entry -> {
      Hit hit = entry.getValue().hit;
      float score = scores.get(entry.getKey()).floatValue();
      return new Chosen(entry.getValue().shard, new Hit(hit.key(), hit.end(), hit.digest(), hit.document(), score));
    }).sorted(ORDER).toList();
  }
}
