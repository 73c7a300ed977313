package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;

/**
 * The requests of one task, each asked of its engine once: an equal one that comes while the first is on its way waits for the same
 * completion, and one that comes later gets a copy. Equal requests of several tasks meet in the engine, while they are on their way.
 *
 * <p>Completions that succeeded are kept for later requests, those longest unused going first; failures reach only those who wait
 * for them. The task's thread asks, the engine's threads complete.
 */
final class EqualRequests {
  /** What a task keeps at most of prompts and texts. What is on its way comes on top and is bounded by {@link BatchLimits}. */
  static final long KEPT_BYTES = 8L << 20;
  /** Of an entry besides its characters, about. */
  private static final long ENTRY_BYTES = 512;

  private final long limit;
  private final Map<Asked, Answer> waiting = new HashMap<>();
  private final LinkedHashMap<Asked, Completion> kept = new LinkedHashMap<>(16, 0.75f, true);
  private long keptBytes;

  private record Asked(Generator generator, Request request) {
    /** Characters have two bytes. */
    long bytes(Completion completion) {
      long characters = switch (request.prompt()) {
        case Prompt.Chat chat -> chat.messages().stream().mapToLong(message -> message.content().length()).sum();
        case Prompt.Raw raw -> raw.text().length();
      };
      return ENTRY_BYTES + 2 * (characters + completion.text().length() + completion.reasoning().length());
    }
  }

  /** @param limit bytes of the completions that are kept, with their prompts */
  EqualRequests(long limit) {
    this.limit = limit;
  }

  /**
   * Asks the engine, unless an equal request was asked before.
   *
   * @return the ticket if the engine was asked; cancelling it ends the equal requests that wait for it too
   */
  Optional<Generator.Ticket> ask(Generator generator, Request request, Generator.Listener listener) {
    var asked = new Asked(generator, request);
    Optional<Completion> known;
    Answer answer = null;
    synchronized (this) {
      known = Optional.ofNullable(kept.get(asked));
      if (known.isEmpty()) {
        Answer other = waiting.get(asked);
        if (other != null) {
          other.listeners.add(listener);
          return Optional.empty();
        }
        answer = new Answer(asked, listener);
        waiting.put(asked, answer);
      }
    }
    if (known.isPresent()) {
      listener.completed(known.get().shared());
      return Optional.empty();
    }
    try {
      return Optional.of(generator.submit(request, answer));
    } catch (RuntimeException | Error refused) {
      // Only this task's thread asks, so nobody waits for the refused one yet.
      end(asked);
      throw refused;
    }
  }

  private synchronized List<Generator.Listener> end(Asked asked) {
    Answer answer = waiting.remove(asked);
    return answer == null ? List.of() : answer.listeners;
  }

  private synchronized List<Generator.Listener> end(Asked asked, Completion completion) {
    if (completion.finishReason() != FinishReason.ERROR) keep(asked, completion);
    return end(asked);
  }

  private void keep(Asked asked, Completion completion) {
    kept.put(asked, completion);
    keptBytes += asked.bytes(completion);
    for (var oldest = kept.entrySet().iterator(); keptBytes > limit; oldest.remove()) {
      var entry = oldest.next();
      keptBytes -= entry.getKey().bytes(entry.getValue());
    }
  }

  /** Hears of the request that the engine was asked, for all that equal it. */
  private final class Answer implements Generator.Listener {
    private final Asked asked;
    private final List<Generator.Listener> listeners = new ArrayList<>(1);

    Answer(Asked asked, Generator.Listener first) {
      this.asked = asked;
      listeners.add(first);
    }

    @Override
    public void completed(Completion completion) {
      List<Generator.Listener> told = end(asked, completion);
      Completion others = completion.finishReason() == FinishReason.ERROR ? completion : completion.shared();
      for (int i = 0; i < told.size(); i++) told.get(i).completed(i == 0 ? completion : others);
    }
  }
}
