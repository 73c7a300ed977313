package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Request;

/** A listener that keeps what it hears, and counts how often it hears of a completion. */
class Hearing implements Generator.Listener {
  private final CompletableFuture<Completion> completion = new CompletableFuture<>();
  private final AtomicInteger completions = new AtomicInteger();
  private final StringBuffer pieces = new StringBuffer();

  @Override
  public void completed(Completion value) {
    completions.incrementAndGet();
    completion.complete(value);
  }

  @Override
  public void text(String piece) {
    pieces.append(piece);
  }

  /** The pieces so far, joined. */
  String text() {
    return pieces.toString();
  }

  int completions() {
    return completions.get();
  }

  /** Waits for the completion, a minute at most. */
  Completion completion() {
    try {
      return completion.get(60, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("no completion was heard of", e);
    }
  }

  /** Submits all, then waits for all. */
  static List<Completion> all(Generator generator, List<Request> requests) {
    var hearings = new ArrayList<Hearing>();
    for (Request request : requests) {
      var hearing = new Hearing();
      hearings.add(hearing);
      generator.submit(request, hearing);
    }
    return hearings.stream().map(Hearing::completion).toList();
  }
}
