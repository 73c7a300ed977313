package org.scriptorium.pipeline;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.SparkContext;

/**
 * Lets a run end in order when its process is told to: the Spark job is cancelled and the run cleans up behind itself before
 * Spark and the file systems close. A publication that has begun is let finish, since it only renames.
 */
final class Interruption implements AutoCloseable {
  /** Above Spark's own hook, which is 30 above that of the file systems. */
  private static final int PRIORITY = 60;
  private static final int SECONDS = 20;

  private final SparkContext context;
  private final String run;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean happened = new AtomicBoolean();
  private final Runnable hook = this::interrupt;
  private volatile boolean publishing;

  Interruption(SparkContext context, String run) {
    this.context = context;
    this.run = run;
    ShutdownHookManager.get().addShutdownHook(hook, PRIORITY, SECONDS + 5, TimeUnit.SECONDS);
  }

  boolean happened() {
    return happened.get();
  }

  void beginPublishing() {
    if (happened.get()) throw JobException.failed("the run was interrupted; nothing was published");
    publishing = true;
  }

  /** What the hook does; returns when the run has ended, or after a while. */
  void interrupt() {
    if (!publishing) {
      happened.set(true);
      context.cancelJobGroupAndFutureJobs(run);
    }
    try {
      ended.await(SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    if (!ShutdownHookManager.get().isShutdownInProgress()) ShutdownHookManager.get().removeShutdownHook(hook);
  }
}
