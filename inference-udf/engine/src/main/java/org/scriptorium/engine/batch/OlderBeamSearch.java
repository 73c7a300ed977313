package org.scriptorium.engine.batch;

import java.util.function.IntFunction;
import org.scriptorium.engine.api.EarlyStopping;

/**
 * The rule of transformers before 4.36 ({@code BeamSearchScorer} in {@code generation/beam_search.py}): lengths are those of whole texts, with
 * the prompt and without the end token. At the limit the beams that would go on end, unless the search was over. The best continuation, be
 * it an end, says whether better texts are to come. Of equal texts the one that ended last is the better.
 */
final class OlderBeamSearch extends BeamSearch {
  private final int promptTokens;

  OlderBeamSearch(BeamOptions options, Ending ending, int promptTokens) {
    super(options, ending);
    this.promptTokens = promptTokens;
  }

  @Override
  boolean isOver(Candidates best, IntFunction<int[]> generatedTokens) {
    int length = promptTokens + generated();
    for (int rank = 0; rank < best.size() && next().size() < options.beams(); rank++) {
      if (!ending.isEnd(best.token(rank))) next().add(best.score(rank), best.parent(rank), best.token(rank));
      else if (rank < options.beams()) end(best, rank, length - 1, generatedTokens);
    }
    if (best.size() == 0 || isFull() && !canImprove(best.score(0), length)) return true;
    // Where few tokens are allowed, all that could go on may have ended.
    if (next().size() == 0) return true;
    if (!isLast()) return false;
    for (int rank = 0; rank < next().size(); rank++) end(next(), rank, length, generatedTokens);
    return true;
  }

  private void end(Candidates candidates, int rank, int length, IntFunction<int[]> generatedTokens) {
    double score = penalized(candidates.score(rank), length);
    if (isFull() && score <= ended.getLast().score()) return;
    if (isFull()) ended.removeLast();
    int place = ended.size();
    while (place > 0 && ended.get(place - 1).score() <= score) place--;
    ended.add(place, hypothesis(candidates, rank, score, generatedTokens));
  }

  private boolean canImprove(float score, int length) {
    if (options.earlyStopping() == EarlyStopping.TRUE) return false;
    boolean grows = options.earlyStopping() == EarlyStopping.NEVER && options.lengthPenalty() > 0;
    return penalized(score, grows ? promptTokens + ending.room() : length) > ended.getLast().score();
  }

  private double penalized(float score, int length) {
    return score / StrictMath.pow(length, options.lengthPenalty());
  }
}
