package org.scriptorium.spark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.scriptorium.engine.api.ModelException;

/** Waits in a task's thread, and stops waiting when the task is killed. Spark does not always interrupt the thread of a killed task. */
final class TaskWatch {
  private static final long LOOK_MILLISECONDS = 100;

  private final TaskContext context;

  TaskWatch(TaskContext context) {
    this.context = context;
  }

  void checkAlive() {
    context.killTaskIfInterrupted();
  }

  /** @param meanwhile done at each look */
  void await(GenerationBatch batch, Runnable meanwhile) {
    try {
      while (!batch.await(LOOK_MILLISECONDS)) {
        checkAlive();
        meanwhile.run();
      }
    } catch (InterruptedException e) {
      throw killed();
    }
  }

  <T> T await(CompletableFuture<T> future) {
    while (true) {
      try {
        return future.get(LOOK_MILLISECONDS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        checkAlive();
      } catch (InterruptedException e) {
        throw killed();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof ModelException refusal) throw new ModelException(refusal.code(), refusal.getMessage(), refusal);
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  private TaskKilledException killed() {
    Thread.currentThread().interrupt();
    checkAlive();
    return new TaskKilledException("interrupted");
  }
}
