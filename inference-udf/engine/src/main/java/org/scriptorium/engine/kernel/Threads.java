package org.scriptorium.engine.kernel;

/** Waiting for threads whose memory is freed afterwards. */
public final class Threads {
  private Threads() {}

  /** Waits until all have ended, even when interrupted; the interruption is then passed on. */
  public static void await(Thread... threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }
}
