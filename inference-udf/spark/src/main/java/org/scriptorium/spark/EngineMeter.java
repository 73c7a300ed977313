package org.scriptorium.spark;

import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.Generator;

/**
 * Shares an engine's statistics out among the tasks that use it: each asks now and then what was done since anyone last asked, so
 * that all together count each step once. What a task did not ask for any more, since it was killed, the next one counts.
 */
final class EngineMeter {
  private final Generator generator;
  private EngineStatistics taken = EngineStatistics.NONE;

  EngineMeter(Generator generator) {
    this.generator = generator;
  }

  synchronized EngineStatistics take() {
    EngineStatistics now = generator.statistics();
    EngineStatistics fresh = now.since(taken);
    taken = now;
    return fresh;
  }
}
