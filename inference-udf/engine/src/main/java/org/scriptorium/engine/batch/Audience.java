package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Generator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Those who hear of one generation: the request that began it, and equal ones that came while it waited or ran. Who cancels or fails
 * at hearing leaves alone, the others get the whole; a generation that nobody is left to hear of is over. Of those at the end the
 * first is the one that it was computed for.
 *
 * <p>One scheduler's own, but for {@link Member#cancel}.
 */
final class Audience {
  private static final Logger LOG = LoggerFactory.getLogger(Audience.class);

  private final List<Member> members = new ArrayList<>(1);

  /** One request: who hears of it, and whether it still wants to. */
  static final class Member implements Generator.Ticket {
    private final Generator.Listener listener;
    private volatile boolean cancelled;

    Member(Generator.Listener listener) {
      this.listener = listener;
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    /** False if the listener failed. */
    private boolean told(Consumer<Generator.Listener> news, Failures failures) {
      try {
        news.accept(listener);
        return true;
      } catch (RuntimeException | Error failure) {
        LOG.error("A listener failed; its request ends", failure);
        completed(failures.of(ErrorCode.INTERNAL, "the request's listener failed: " + failure));
        return false;
      }
    }

    private void completed(Completion completion) {
      try {
        listener.completed(completion);
      } catch (RuntimeException | Error failure) {
        LOG.error("A listener failed", failure);
      }
    }
  }

  /** Makes the completion of a request that failed; all members' requests are equal. */
  interface Failures {
    Completion of(ErrorCode code, String message);
  }

  Audience(Member first) {
    members.add(first);
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  /** Takes over the members of another, who first hear of the text so far. */
  void join(Audience others, String reasoningSoFar, String textSoFar, Failures failures) {
    if (!reasoningSoFar.isEmpty()) others.reasoning(reasoningSoFar, failures);
    if (!textSoFar.isEmpty()) others.text(textSoFar, failures);
    members.addAll(others.members);
    others.members.clear();
  }

  void text(String piece, Failures failures) {
    members.removeIf(member -> !member.told(listener -> listener.text(piece), failures));
  }

  void reasoning(String piece, Failures failures) {
    members.removeIf(member -> !member.told(listener -> listener.reasoning(piece), failures));
  }

  /** Tells those who have cancelled, and lets them go. */
  void dismissCancelled(Failures failures) {
    members.removeIf(member -> {
      if (!member.cancelled) return false;
      member.completed(failures.of(ErrorCode.CANCELLED, "the request was cancelled"));
      return true;
    });
  }

  /** Tells all of the end. Whoever cancelled during the last step is not taken for the one that the text was computed for. */
  void completed(Completion completion) {
    int owner = 0;
    while (owner < members.size() - 1 && members.get(owner).cancelled) owner++;
    for (int i = 0; i < members.size(); i++) members.get(i).completed(i == owner ? completion : completion.shared());
    members.clear();
  }

  /** Tells all of a failure, which is each one's own. */
  void failed(Completion failure) {
    members.forEach(member -> member.completed(failure));
    members.clear();
  }
}
