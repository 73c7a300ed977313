package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelException;

/** Rows on their way through the engine. The task's thread fills it and waits; the engine's threads complete it. */
final class GenerationBatch {
  private final List<UnsafeRow> rows = new ArrayList<>();
  private final List<Generator.Ticket> tickets = new ArrayList<>();
  /** One for the task's thread itself, until all is submitted, and one for each request. */
  private final AtomicInteger pending = new AtomicInteger(1);
  private final CountDownLatch complete = new CountDownLatch(1);
  private Completion[][] completions;
  private long bytes;
  private volatile long completedAt;

  void add(UnsafeRow row, long rowBytes) {
    rows.add(row);
    bytes += rowBytes;
  }

  int size() {
    return rows.size();
  }

  long bytes() {
    return bytes;
  }

  UnsafeRow row(int index) {
    return rows.get(index);
  }

  /** The completion of a row and call, or null where the text is NULL; to be asked when complete. */
  Completion completion(int row, int call) {
    return completions[row][call];
  }

  void submit(ArgumentBatch arguments, List<RowRequests> calls, List<Generator> generators, EqualRequests asked, Runnable betweenRows) {
    completions = new Completion[rows.size()][calls.size()];
    for (int row = 0; row < rows.size(); row++) {
      betweenRows.run();
      for (int call = 0; call < calls.size(); call++) {
        switch (calls.get(call).step(arguments, row)) {
          case RowRequests.Absent absent -> { }
          case RowRequests.Answered answered -> completions[row][call] = answered.completion();
          case RowRequests.Ask ask -> ask(ask, row, call, calls.get(call), generators.get(call), asked);
        }
      }
    }
    oneLess();
  }

  private void ask(RowRequests.Ask ask, int row, int call, RowRequests requests, Generator generator, EqualRequests asked) {
    pending.incrementAndGet();
    var listener = new RowListener(row, call);
    try {
      asked.ask(generator, ask.request(), listener).ifPresent(tickets::add);
    } catch (ModelException e) {
      listener.completed(requests.failed(e.code(), e.getMessage()).completion());
    } catch (RuntimeException e) {
      // Its message may quote the document, which is neither logged nor shown.
      listener.completed(requests.failed(ErrorCode.INTERNAL, "the engine could not take the row: " + e.getClass().getName()).completion());
    }
  }

  /** Waits for at most {@code milliseconds}. */
  boolean await(long milliseconds) throws InterruptedException {
    return complete.await(milliseconds, TimeUnit.MILLISECONDS);
  }

  boolean isComplete() {
    return complete.getCount() == 0;
  }

  /** {@link System#nanoTime} of the last completion. */
  long completedAt() {
    return completedAt;
  }

  void cancel() {
    if (!isComplete()) tickets.forEach(Generator.Ticket::cancel);
  }

  private void oneLess() {
    if (pending.decrementAndGet() > 0) return;
    completedAt = System.nanoTime();
    complete.countDown();
  }

  private final class RowListener implements Generator.Listener {
    private final int row;
    private final int call;

    RowListener(int row, int call) {
      this.row = row;
      this.call = call;
    }

    @Override
    public void completed(Completion completion) {
      completions[row][call] = completion;
      oneLess();
    }
  }
}
