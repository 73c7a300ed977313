package org.scriptorium.spark;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.UnaryOperator;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineStatistics;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** For tests of plans only: answers every prompt as it is told, with the prompt mostly, after a while. A prompt with "too long" in it is too long. */
final class PlanGenerator implements Generator {
  /** What an answer has before this is reasoning. */
  static final String THOUGHT = " => ";

  private final ModelDescription model;
  private final long latencyMilliseconds;
  private final UnaryOperator<String> answers;
  private final IntSupplier cachedTokens;
  private final ScheduledExecutorService threads = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
  volatile boolean isUsable = true;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger mostWaiting = new AtomicInteger();
  private final List<SourcedText> prompts = new CopyOnWriteArrayList<>();
  private final List<Request> seen = new CopyOnWriteArrayList<>();

  PlanGenerator(ModelDescription model, long latencyMilliseconds) {
    this(model, latencyMilliseconds, prompt -> "<" + prompt + ">", () -> 2);
  }

  PlanGenerator(ModelDescription model, long latencyMilliseconds, UnaryOperator<String> answers, IntSupplier cachedTokens) {
    this.model = model;
    this.cachedTokens = cachedTokens;
    this.answers = answers;
    this.latencyMilliseconds = latencyMilliseconds;
  }

  int requests() {
    return requests.get();
  }

  int cancelled() {
    return cancelled.get();
  }

  int mostWaiting() {
    return mostWaiting.get();
  }

  boolean isClosed() {
    return threads.isShutdown();
  }

  List<String> prompts() {
    return prompts.stream().map(SourcedText::text).toList();
  }

  List<Request> seen() {
    return seen;
  }

  @Override
  public boolean isUsable() {
    return isUsable;
  }

  @Override
  public ModelDescription model() {
    return model;
  }

  @Override
  public Ticket submit(Request request, Listener listener) {
    requests.incrementAndGet();
    mostWaiting.accumulateAndGet(waiting.incrementAndGet(), Math::max);
    SourcedText prompt = text(request.prompt());
    if (seen.size() < 100) {
      prompts.add(prompt);
      seen.add(request);
    }
    var done = new AtomicBoolean();
    threads.schedule(() -> finish(done, listener, answer(prompt)), latencyMilliseconds, TimeUnit.MILLISECONDS);
    return () -> {
      if (finish(done, listener, Completion.failed(ErrorCode.CANCELLED, "cancelled", 0, model.name(), ""))) cancelled.incrementAndGet();
    };
  }

  private boolean finish(AtomicBoolean done, Listener listener, Completion completion) {
    if (!done.compareAndSet(false, true)) return false;
    waiting.decrementAndGet();
    listener.completed(completion);
    return true;
  }

  private Completion answer(SourcedText prompt) {
    if (prompt.text().contains("too long"))
      return Completion.failed(ErrorCode.PROMPT_TOO_LONG, "expected at most 8 tokens, found 9", 9, model.name(), "key");
    String key = "key of " + prompt.text().hashCode();
    String text = answers.apply(prompt.text());
    int border = text.indexOf(THOUGHT);
    if (border < 0) return new Completion(text, FinishReason.STOP, "", "", 7, cachedTokens.getAsInt(), 3, model.name(), key);
    return new Completion(text.substring(border + THOUGHT.length()), FinishReason.STOP, "", "", 7, cachedTokens.getAsInt(), 3, model.name(), key,
        text.substring(0, border), 2, List.of());
  }

  private static SourcedText text(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Chat chat -> chat.messages().getFirst().content();
      case Prompt.Raw raw -> raw.text();
    };
  }

  /** A step for each request. */
  @Override
  public EngineStatistics statistics() {
    long count = requests.get();
    return new EngineStatistics(count, count, 2 * count, 5 * count, 3 * count);
  }

  @Override
  public int countTokens(String text) {
    return text.length();
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
