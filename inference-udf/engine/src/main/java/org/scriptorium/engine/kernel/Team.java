package org.scriptorium.engine.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed team of threads that does one {@link Work} at a time. The caller is worker 0. Tasks are claimed one by one from a
 * counter, so that a thread that the machine holds up does not hold up the others; between works the threads spin for a short
 * while, then sleep.
 *
 * <p>One thread at a time may call {@link #run}.
 */
public final class Team implements AutoCloseable {
  /** About 50 microseconds: longer than the gaps between the phases of a step, shorter than anybody's patience. */
  private static final int SPINS = 2_000;

  private static final VarHandle NEXT, BUSY;

  static {
    try {
      var lookup = MethodHandles.lookup();
      NEXT = lookup.findVarHandle(Team.class, "next", int.class);
      BUSY = lookup.findVarHandle(Team.class, "busy", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Thread[] threads;
  private final boolean[] asleep;
  private Work work;
  private int tasks;
  private volatile int epoch;
  private volatile boolean closed;
  private volatile Throwable failure;

  @SuppressWarnings("unused") // through NEXT
  private volatile int next;

  @SuppressWarnings("unused") // through BUSY
  private volatile int busy;

  /** @param size threads in all, the caller included */
  public Team(int size, String name) {
    threads = new Thread[size - 1];
    asleep = new boolean[size - 1];
    for (int i = 0; i < threads.length; i++) {
      int index = i;
      threads[i] = Thread.ofPlatform().daemon().name(name + "-" + (i + 1)).unstarted(() -> serve(index));
    }
    for (Thread thread : threads) thread.start();
  }

  public int size() {
    return threads.length + 1;
  }

  /**
   * Runs tasks 0 to {@code tasks} - 1; returns when all are done.
   *
   * @throws IllegalStateException if a task threw anything, for any number of threads: its cause is the first that was thrown. Further
   *     tasks may not have run
   */
  public void run(Work work, int tasks) {
    if (closed) throw new IllegalStateException("the team is closed");
    failure = null;
    NEXT.setRelease(this, 0);
    if (threads.length == 0 || tasks <= 1) {
      claim(work, tasks, 0);
    } else {
      this.work = work;
      this.tasks = tasks;
      BUSY.setRelease(this, threads.length);
      epoch++;
      wake();
      claim(work, tasks, 0);
      while ((int) BUSY.getAcquire(this) > 0) Thread.onSpinWait();
      this.work = null;
    }
    if (failure != null) throw new IllegalStateException("a compute thread failed: " + failure, failure);
  }

  private void wake() {
    synchronized (asleep) {
      for (int i = 0; i < threads.length; i++) if (asleep[i]) LockSupport.unpark(threads[i]);
    }
  }

  private void claim(Work work, int tasks, int worker) {
    try {
      for (int task = (int) NEXT.getAndAdd(this, 1); task < tasks; task = (int) NEXT.getAndAdd(this, 1)) work.run(task, worker);
    } catch (Throwable thrown) {
      fail(thrown);
      NEXT.setRelease(this, tasks);
    }
  }

  private void fail(Throwable thrown) {
    synchronized (asleep) {
      if (failure == null) failure = thrown;
    }
  }

  private void serve(int index) {
    for (int seen = 0; await(seen, index); seen++) {
      try {
        claim(work, tasks, index + 1);
      } catch (Throwable late) {
        // The JVM tells of a page that a mapped file has lost a little after the read.
        fail(late);
      } finally {
        BUSY.getAndAdd(this, -1);
      }
    }
  }

  /** Waits for a work after the one numbered {@code seen}; false when the team is closed. */
  private boolean await(int seen, int index) {
    for (int spin = 0; spin < SPINS; spin++) {
      if (epoch != seen) return true;
      Thread.onSpinWait();
    }
    synchronized (asleep) {
      asleep[index] = true;
    }
    while (epoch == seen && !closed) LockSupport.park(this);
    synchronized (asleep) {
      asleep[index] = false;
    }
    return epoch != seen;
  }

  /** Ends the threads; not while a work runs. Waits for them even when interrupted, since what they read is freed afterwards. */
  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) LockSupport.unpark(thread);
    Threads.await(threads);
  }
}
