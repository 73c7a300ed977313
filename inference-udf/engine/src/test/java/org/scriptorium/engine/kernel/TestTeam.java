package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class TestTeam {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void doesEachTaskOnceAndNoWorkerTwoAtATime(int size) {
    try (var team = new Team(size, "test")) {
      assertThat(team.size()).isEqualTo(size);
      for (int tasks : new int[] {0, 1, 2, 3, 7, 100, 1000}) {
        var done = new AtomicIntegerArray(tasks);
        var busy = new AtomicIntegerArray(size);
        var wrong = new AtomicInteger();
        team.run((task, worker) -> {
          if (busy.incrementAndGet(worker) != 1) wrong.incrementAndGet();
          done.incrementAndGet(task);
          busy.decrementAndGet(worker);
        }, tasks);
        assertThat(wrong).hasValue(0);
        for (int task = 0; task < tasks; task++) assertThat(done.get(task)).as("task %d of %d", task, tasks).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void whatTasksWroteIsSeenAfterwardsAndByTheNextWork(int size) {
    try (var team = new Team(size, "test")) {
      // Plain arrays: only the team's own hand-overs order these accesses.
      int[] values = new int[64], sums = new int[64];
      for (int round = 1; round <= 3_000; round++) {
        int number = round;
        team.run((task, worker) -> values[task] = number, values.length);
        team.run((task, worker) -> sums[task] = values[task] + values[63 - task], values.length);
        for (int sum : sums) if (sum != 2 * round) assertThat(sum).as("round %d", round).isEqualTo(2 * round);
      }
    }
  }

  @Test
  void sleepingThreadsWakeForTheNextWork() {
    try (var team = new Team(2, "test")) {
      for (int round = 0; round < 30; round++) {
        LockSupport.parkNanos(3_000_000);
        var both = new AtomicInteger();
        // Ends only when two threads are in it together.
        team.run((task, worker) -> {
          both.incrementAndGet();
          while (both.get() < 2) Thread.onSpinWait();
        }, 2);
        assertThat(both).hasValue(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void failureOfATaskIsThrownAlikeForAnyNumberOfThreads(int size) {
    try (var team = new Team(size, "test")) {
      for (int tasks : new int[] {1, 50}) {
        for (Throwable thrown : new Throwable[] {new ArithmeticException("broken"), new InternalError("broken")}) {
          assertThatThrownBy(() -> team.run((task, worker) -> {
            if (task == tasks / 2) TestTeam.<RuntimeException>sneak(thrown);
          }, tasks)).isInstanceOf(IllegalStateException.class).hasMessage("a compute thread failed: " + thrown).cause().isSameAs(thrown);
          var done = new AtomicInteger();
          team.run((task, worker) -> done.incrementAndGet(), 20);
          assertThat(done).as("tasks after a failure").hasValue(20);
        }
      }
    }
  }

  @Test
  void closingEndsItsThreadsAndRefusesFurtherWork() {
    var team = new Team(3, "test-close");
    team.run((task, worker) -> { }, 10);
    team.close();
    team.close();
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("test-close"));
    assertThatThrownBy(() -> team.run((task, worker) -> { }, 10)).isInstanceOf(IllegalStateException.class).hasMessage("the team is closed");
  }

  @Test
  void closingByAnInterruptedThreadStillWaits() {
    var team = new Team(3, "test-interrupted");
    Thread.currentThread().interrupt();
    try {
      team.close();
      assertThat(Thread.interrupted()).as("the interruption is kept").isTrue();
    } finally {
      Thread.interrupted();
    }
    assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("test-interrupted"));
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
