package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelException;

/** Rows on their way through the engine. The task's thread fills it and waits; the engine's threads complete it. */
final class GenerationBatch {
  private final List<UnsafeRow> rows = new ArrayList<>();
  private final List<Generator.Ticket> tickets = new ArrayList<>();
  /** One for the task's thread itself, until all is submitted, and one for each request. */
  private final AtomicInteger pending = new AtomicInteger(1);
  private final CountDownLatch complete = new CountDownLatch(1);
  private Answer[][] answers;
  private Step.Reading[][] readings;
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

  /** The answer of a row and call, or null where the text is NULL; to be asked when complete, by the task's thread. */
  Answer answer(int row, int call) {
    Step.Reading reading = readings[row][call];
    if (reading != null) {
      readings[row][call] = null;
      answers[row][call] = read(reading, answers[row][call].completion());
    }
    return answers[row][call];
  }

  private static Answer read(Step.Reading reading, Completion completion) {
    return completion.finishReason() == FinishReason.ERROR ? Answer.of(completion) : reading.answer(completion);
  }

  void submit(ArgumentBatch arguments, List<RowRequests> calls, List<OpenModel> models, EqualRequests asked, Runnable betweenRows) {
    answers = new Answer[rows.size()][calls.size()];
    readings = new Step.Reading[rows.size()][calls.size()];
    for (int row = 0; row < rows.size(); row++) {
      betweenRows.run();
      for (int call = 0; call < calls.size(); call++) {
        Step step = calls.get(call).step(arguments, row);
        if (models.get(call) instanceof OpenModel.Keying keying) step = calls.get(call).named(step, keying.keys());
        switch (step) {
          case Step.Absent absent -> { }
          case Step.Answered answered -> answers[row][call] = answered.answer();
          case Step.Measure measure -> answers[row][call] = measured(measure, calls.get(call), models.get(call));
          case Step.Ask ask -> ask(ask, row, call, calls.get(call), models.get(call).generator(), asked);
          case Step.Read read -> read(read, row, call, calls.get(call), models.get(call), asked);
        }
      }
    }
    oneLess();
  }

  private static Answer measured(Step.Measure measure, RowRequests requests, OpenModel model) {
    try {
      return measure.answer().apply(model);
    } catch (ModelException e) {
      return requests.failed(e.code(), e.getMessage()).answer();
    } catch (RuntimeException | StackOverflowError e) {
      // Its message may quote the document. The stack is that of a pattern of the tokenizer over a very long word.
      return requests.failed(ErrorCode.INTERNAL, "the text could not be measured: " + e.getClass().getName()).answer();
    }
  }

  private void read(Step.Read read, int row, int call, RowRequests requests, OpenModel model, EqualRequests asked) {
    submit(row, call, requests, listener -> asked.ask(model.reader(), read, listener));
  }

  private void ask(Step.Ask ask, int row, int call, RowRequests requests, Generator generator, EqualRequests asked) {
    readings[row][call] = ask.reading();
    submit(row, call, requests, listener -> asked.ask(generator, ask.request(), listener));
  }

  /** @param engine is told who hears of the answer, once, and gives a ticket if it was asked */
  private void submit(int row, int call, RowRequests requests, Function<Consumer<Answer>, Optional<Generator.Ticket>> engine) {
    pending.incrementAndGet();
    Consumer<Answer> listener = answer -> {
      answers[row][call] = answer;
      oneLess();
    };
    try {
      engine.apply(listener).ifPresent(tickets::add);
    } catch (ModelException e) {
      listener.accept(requests.failed(e.code(), e.getMessage()).answer());
    } catch (RuntimeException e) {
      // Its message may quote the document, which is neither logged nor shown.
      listener.accept(requests.failed(ErrorCode.INTERNAL, "the engine could not take the row: " + e.getClass().getName()).answer());
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
}
