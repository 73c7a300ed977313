package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The rule of a beam search: which continuations go on, which hypotheses have ended and how good they are, and when no better one is to
 * come. Knows scores and tokens alone.
 *
 * <p>Of the continuations of all beams the best are candidates: so many that enough are left when each beam's best are its end tokens. Only
 * an end among the first as many as there are beams counts. The best of the others go on.
 */
abstract sealed class BeamSearch permits CurrentBeamSearch, OlderBeamSearch {
  final BeamOptions options;
  final Ending ending;
  /** Those that have ended, the best first; at most as many as there are beams. */
  final List<Hypothesis> ended = new ArrayList<>();
  private final Candidates next;
  private int generated;

  /** A text that has ended: its generated tokens, the end token included, and its score, which its length was applied to. */
  record Hypothesis(int[] tokens, double score) {}

  BeamSearch(BeamOptions options, Ending ending) {
    this.options = options;
    this.ending = ending;
    next = new Candidates(options.beams());
  }

  static BeamSearch of(BeamOptions options, Ending ending, int promptTokens) {
    return switch (options.rule()) {
      case TRANSFORMERS_5 -> new CurrentBeamSearch(options, ending);
      case TRANSFORMERS_4 -> new OlderBeamSearch(options, ending, promptTokens);
    };
  }

  /** Continuations that are looked at in each step. */
  final int candidates() {
    return Math.max(2, 1 + ending.endTokens().length) * options.beams();
  }

  /**
   * Takes the best continuations of all beams, of which {@link #next} are to go on.
   *
   * @param generatedTokens those of a beam so far, by its index
   * @return true if the search is over
   */
  final boolean advance(Candidates best, IntFunction<int[]> generatedTokens) {
    generated++;
    next.clear();
    return isOver(best, generatedTokens);
  }

  abstract boolean isOver(Candidates best, IntFunction<int[]> generatedTokens);

  /** Tokens of each beam's text, that of the step included. */
  final int generated() {
    return generated;
  }

  final boolean isLast() {
    return generated >= ending.room();
  }

  /** The text that a continuation ends. */
  final Hypothesis hypothesis(Candidates best, int rank, double score, IntFunction<int[]> generatedTokens) {
    int[] tokens = Arrays.copyOf(generatedTokens.apply(best.parent(rank)), generated);
    tokens[generated - 1] = best.token(rank);
    return new Hypothesis(tokens, score);
  }

  final boolean isFull() {
    return ended.size() == options.beams();
  }

  /** The continuations that go on, the best first. */
  final Candidates next() {
    return next;
  }

  /** The best texts that have ended, as many as are asked for, the best first. */
  final List<Hypothesis> results() {
    return ended.subList(0, Math.min(ended.size(), options.returned()));
  }
}
