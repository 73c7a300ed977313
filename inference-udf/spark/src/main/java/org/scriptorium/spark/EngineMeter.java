package org.scriptorium.spark;

import org.scriptorium.engine.api.EngineStatistics;

/**
 * Shares an engine's statistics out among the tasks that use it: each asks now and then what was done since anyone last asked, so
 * that all together count each step once. What a task did not ask for any more, since it was killed, the next one counts.
 */
final class EngineMeter {
  private final OpenModel model;
  private EngineStatistics taken = EngineStatistics.NONE;

  EngineMeter(OpenModel model) {
    this.model = model;
  }

  synchronized EngineStatistics take() {
    EngineStatistics now = model.statistics();
    EngineStatistics fresh = now.since(taken);
    taken = now;
    return fresh;
  }
}
