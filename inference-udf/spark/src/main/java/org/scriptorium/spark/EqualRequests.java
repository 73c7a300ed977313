package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Reader;
import org.scriptorium.engine.api.Request;

/**
 * The requests of one task, each asked of its engine once: an equal one that comes while the first is on its way waits for the same
 * answer, and one that comes later gets a copy. Equal requests to write of several tasks meet in the engine, while they are on their way.
 *
 * <p>Answers that succeeded are kept for later requests, those longest unused going first; failures reach only those who wait
 * for them. The task's thread asks, the engine's threads answer.
 */
final class EqualRequests {
  /** What a task keeps at most of prompts and answers. What is on its way comes on top and is bounded by {@link BatchLimits}. */
  static final long KEPT_BYTES = 8L << 20;
  /** Of an entry besides its characters and values, about. */
  private static final long ENTRY_BYTES = 512;

  private final long limit;
  private final Map<Asked, Listeners> waiting = new HashMap<>();
  private final LinkedHashMap<Asked, Answer> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long keptBytes;

  /** What is asked of which engine: equal ones have equal answers. */
  private sealed interface Asked {
    /** Of its text; characters have two bytes. */
    long bytes();

    default long bytes(Answer answer) {
      long characters = answer.completion().text().length() + answer.completion().reasoning().length();
      long values = answer.value() instanceof UnsafeArrayData array ? array.getSizeInBytes() : 0;
      return ENTRY_BYTES + bytes() + 2 * characters + values;
    }
  }

  private record Written(Generator generator, Request request) implements Asked {
    @Override
    public long bytes() {
      return 2 * switch (request.prompt()) {
        case Prompt.Chat chat -> chat.messages().stream().mapToLong(message -> message.content().length()).sum();
        case Prompt.Raw raw -> raw.text().length();
      };
    }
  }

  private record Read(Reader reader, String key) implements Asked {
    @Override
    public long bytes() {
      return 2L * key.length();
    }
  }

  /** @param limit bytes of the answers that are kept, with their prompts */
  EqualRequests(long limit) {
    this.limit = limit;
  }

  /**
   * Has the engine write, unless an equal request was asked before.
   *
   * @return the ticket if the engine was asked; cancelling it ends the equal requests that wait for it too
   */
  Optional<Generator.Ticket> ask(Generator generator, Request request, Consumer<Answer> listener) {
    return ask(new Written(generator, request), heard -> generator.submit(request, completion -> heard.accept(Answer.of(completion))), listener);
  }

  /** Has the engine read, likewise. */
  Optional<Generator.Ticket> ask(Reader reader, Step.Read read, Consumer<Answer> listener) {
    return ask(new Read(reader, read.key()), heard -> read.submission().submit(reader, heard)::cancel, listener);
  }

  private Optional<Generator.Ticket> ask(Asked asked, Function<Consumer<Answer>, Generator.Ticket> engine, Consumer<Answer> listener) {
    Optional<Answer> known;
    Listeners all = null;
    synchronized (this) {
      known = Optional.ofNullable(kept.get(asked));
      if (known.isEmpty()) {
        Listeners others = waiting.get(asked);
        if (others != null) {
          others.listeners.add(listener);
          return Optional.empty();
        }
        all = new Listeners(asked, listener);
        waiting.put(asked, all);
      }
    }
    if (known.isPresent()) {
      listener.accept(known.get().shared());
      return Optional.empty();
    }
    try {
      return Optional.of(engine.apply(all));
    } catch (RuntimeException | Error refused) {
      // Only this task's thread asks, so nobody waits for the refused one yet.
      end(asked);
      throw refused;
    }
  }

  private synchronized List<Consumer<Answer>> end(Asked asked) {
    Listeners answered = waiting.remove(asked);
    return answered == null ? List.of() : answered.listeners;
  }

  private synchronized List<Consumer<Answer>> end(Asked asked, Answer answer) {
    if (answer.completion().finishReason() != FinishReason.ERROR) keep(asked, answer);
    return end(asked);
  }

  private void keep(Asked asked, Answer answer) {
    kept.put(asked, answer);
    keptBytes += asked.bytes(answer);
    for (var oldest = kept.entrySet().iterator(); keptBytes > limit; oldest.remove()) {
      var entry = oldest.next();
      keptBytes -= entry.getKey().bytes(entry.getValue());
    }
  }

  /** Hear of what the engine was asked, the one that asked it first. */
  private final class Listeners implements Consumer<Answer> {
    private final Asked asked;
    private final List<Consumer<Answer>> listeners = new ArrayList<>(1);

    Listeners(Asked asked, Consumer<Answer> first) {
      this.asked = asked;
      listeners.add(first);
    }

    @Override
    public void accept(Answer answer) {
      List<Consumer<Answer>> told = end(asked, answer);
      Answer others = answer.completion().finishReason() == FinishReason.ERROR ? answer : answer.shared();
      for (int i = 0; i < told.size(); i++) told.get(i).accept(i == 0 ? answer : others);
    }
  }
}
