package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.Team;
import org.scriptorium.engine.kernel.Work;

/** What a model computes on: kernels, a team of threads and their working memory. Owner of the team. */
public final class Machine implements AutoCloseable {
  private final Kernels kernels;
  private final Team team;
  private final Scratch[] scratch;

  public Machine(Kernels kernels, int threads, String name) {
    this.kernels = kernels;
    team = new Team(threads, name);
    scratch = new Scratch[threads];
    for (int i = 0; i < threads; i++) scratch[i] = new Scratch();
  }

  public Kernels kernels() {
    return kernels;
  }

  public int threads() {
    return team.size();
  }

  /** Working memory of one thread of the team. */
  Scratch scratch(int worker) {
    return scratch[worker];
  }

  /**
   * Runs tasks 0 to {@code tasks} - 1 on the team; returns when all are done. They are one phase: no task writes to what a product of another
   * task, or a later product of its own, reads.
   */
  public void run(Work work, int tasks) {
    for (Scratch each : scratch) each.begin();
    try {
      team.run(work, tasks);
    } finally {
      for (Scratch each : scratch) each.end();
    }
  }

  @Override
  public void close() {
    team.close();
  }
}
