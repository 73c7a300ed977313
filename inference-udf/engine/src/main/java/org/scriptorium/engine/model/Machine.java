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

  /** Runs tasks 0 to {@code tasks} - 1 on the team; returns when all are done. */
  public void run(Work work, int tasks) {
    team.run(work, tasks);
  }

  @Override
  public void close() {
    team.close();
  }
}
