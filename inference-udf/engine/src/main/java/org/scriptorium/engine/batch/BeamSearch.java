package org.scriptorium.engine.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.scriptorium.engine.api.EarlyStopping;

/**
 * The rule of a beam search, that of Hugging Face's transformers 5 ({@code _beam_search} in {@code generation/utils.py}): which
 * continuations go on, which hypotheses have ended and how good they are, and when no better one is to come. Knows scores and tokens alone.
 *
 * <p>Of the continuations of all beams the best are candidates: so many that enough are left when each beam's best are its end tokens. Only
 * an end among the first as many as there are beams counts; reaching the limit is an end too. The best of the others go on.
 */
final class BeamSearch {
  private final BeamOptions options;
  private final Ending ending;
  /** Those that have ended, the best first; at most as many as there are beams. */
  private final List<Hypothesis> ended = new ArrayList<>();
  private final Candidates next;
  private int generated;

  /** A text that has ended: its generated tokens, the end token included, and its score, which its length was applied to. */
  record Hypothesis(int[] tokens, float score) {}

  BeamSearch(BeamOptions options, Ending ending) {
    this.options = options;
    this.ending = ending;
    next = new Candidates(options.beams());
  }

  /** Continuations that are looked at in each step. */
  int candidates() {
    return Math.max(2, 1 + ending.endTokens().length) * options.beams();
  }

  /**
   * Takes the best continuations of all beams, of which {@link #next} are to go on.
   *
   * @param generatedTokens those of a beam so far, by its index
   * @return true if the search is over
   */
  boolean advance(Candidates best, IntFunction<int[]> generatedTokens) {
    generated++;
    boolean isLast = generated >= ending.room();
    next.clear();
    for (int rank = 0; rank < best.size(); rank++) {
      if (isLast || ending.isEnd(best.token(rank))) {
        if (rank < options.beams()) end(best, rank, generatedTokens);
      } else {
        next.add(best.score(rank), best.parent(rank), best.token(rank));
      }
    }
    return next.size() == 0 || !canImprove() || options.earlyStopping() == EarlyStopping.TRUE && ended.size() == options.beams();
  }

  private void end(Candidates best, int rank, IntFunction<int[]> generatedTokens) {
    float score = penalized(best.score(rank), generated);
    int place = ended.size();
    while (place > 0 && ended.get(place - 1).score < score) place--;
    if (place == options.beams()) return;
    int[] tokens = Arrays.copyOf(generatedTokens.apply(best.parent(rank)), generated);
    tokens[generated - 1] = best.token(rank);
    ended.add(place, new Hypothesis(tokens, score));
    if (ended.size() > options.beams()) ended.removeLast();
  }

  /** Whether the best beam may yet be better than the worst that has ended, by the reference's estimate of its best score. */
  private boolean canImprove() {
    if (ended.size() < options.beams()) return true;
    boolean grows = options.earlyStopping() == EarlyStopping.NEVER && options.lengthPenalty() > 0;
    return penalized(next.score(0), grows ? ending.room() : generated) > ended.getLast().score;
  }

  private float penalized(float score, int length) {
    return score / (float) StrictMath.pow(length, options.lengthPenalty());
  }

  /** The continuations that go on, the best first. */
  Candidates next() {
    return next;
  }

  /** The best texts that have ended, as many as are asked for, the best first. */
  List<Hypothesis> results() {
    return ended.subList(0, Math.min(ended.size(), options.returned()));
  }
}
