package org.scriptorium.engine.batch;

import java.util.HashMap;
import java.util.Map;

/**
 * The sequences that wait or run, by their request's key. Equal keys give equal texts, so an equal request need not be computed: it
 * follows the one that is there. One scheduler's own.
 */
final class Leaders {
  private final Map<String, Sequence> leaders = new HashMap<>();

  /** Lets a new sequence follow an equal one. False if there is none; later ones then follow this one until it has {@link #ended}. */
  boolean follow(Sequence sequence) {
    Sequence leader = leaders.putIfAbsent(sequence.requestKey(), sequence);
    if (leader != null) leader.lead(sequence);
    return leader != null;
  }

  void ended(Sequence sequence) {
    leaders.remove(sequence.requestKey(), sequence);
  }
}
