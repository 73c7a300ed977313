package org.scriptorium.engine.batch;

import java.util.function.IntFunction;
import org.scriptorium.engine.api.EarlyStopping;

/**
 * The rule of Hugging Face's transformers 5 ({@code _beam_search} in {@code generation/utils.py}): lengths count the generated tokens, the end
 * token included, and reaching the limit is an end like another.
 */
final class CurrentBeamSearch extends BeamSearch {
  CurrentBeamSearch(BeamOptions options, Ending ending) {
    super(options, ending);
  }

  @Override
  boolean isOver(Candidates best, IntFunction<int[]> generatedTokens) {
    for (int rank = 0; rank < best.size(); rank++) {
      if (isLast() || ending.isEnd(best.token(rank))) {
        if (rank < options.beams()) end(best, rank, generatedTokens);
      } else {
        next().add(best.score(rank), best.parent(rank), best.token(rank));
      }
    }
    return next().size() == 0 || !canImprove() || options.earlyStopping() == EarlyStopping.TRUE && isFull();
  }

  private void end(Candidates best, int rank, IntFunction<int[]> generatedTokens) {
    float score = penalized(best.score(rank), generated());
    int place = ended.size();
    while (place > 0 && ended.get(place - 1).score() < score) place--;
    if (place == options.beams()) return;
    if (isFull()) ended.removeLast();
    ended.add(place, hypothesis(best, rank, score, generatedTokens));
  }

  /** Whether the best beam may yet be better than the worst that has ended, by the reference's estimate of its best score. */
  private boolean canImprove() {
    if (!isFull()) return true;
    boolean grows = options.earlyStopping() == EarlyStopping.NEVER && options.lengthPenalty() > 0;
    return penalized(next().score(0), grows ? ending.room() : generated()) > ended.getLast().score();
  }

  private float penalized(float score, int length) {
    return score / (float) StrictMath.pow(length, options.lengthPenalty());
  }
}
