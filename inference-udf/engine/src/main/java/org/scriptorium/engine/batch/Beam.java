package org.scriptorium.engine.batch;

import java.util.Arrays;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.Scratch;

/** One hypothesis of a beam search that still grows: a row of each step. Blocks of its cache are shared with others that began alike. */
final class Beam implements Row {
  private final Sampler sampler;
  private final int promptLength;
  private final SequenceCache cache;
  private final Candidates best;
  private int[] tokens;
  private int length;
  /** Sum of the scores of the generated tokens. */
  private float score;
  private int output = -1;
  private boolean isFinite;

  /**
   * @param prompt copied
   * @param cache owned
   * @param candidates best continuations that it finds
   */
  Beam(int[] prompt, SequenceCache cache, Sampler sampler, int candidates) {
    this.sampler = sampler;
    this.cache = cache;
    promptLength = prompt.length;
    tokens = prompt.clone();
    length = promptLength;
    best = new Candidates(candidates);
  }

  SequenceCache cache() {
    return cache;
  }

  int token(int position) {
    return tokens[position];
  }

  /** Its generated tokens; a copy. */
  int[] generated() {
    return Arrays.copyOfRange(tokens, promptLength, length);
  }

  /** Adds the row of a position, after which its next token is to be chosen. */
  void addTo(Step step, int position) {
    output = step.addOutput(tokens[position], position, cache);
  }

  @Override
  public void choose(Decoder.Execution execution, int vocabulary, Scratch scratch) {
    int from = output * vocabulary;
    float[] logits = execution.logits();
    best.clear();
    isFinite = sampler.score(logits, from, tokens, promptLength, length, scratch);
    if (!isFinite) return;
    for (int token = 0; token < vocabulary; token++) best.add(logits[from + token] + score, 0, token);
  }

  /** False if the last row's logits were no numbers. */
  boolean isFinite() {
    return isFinite;
  }

  /** The best continuations after the last row, with the scores that the beam would have. */
  Candidates best() {
    return best;
  }

  /** Becomes a copy of another, but for the cache. */
  void take(Beam other) {
    if (tokens.length < other.tokens.length) tokens = new int[other.tokens.length];
    System.arraycopy(other.tokens, 0, tokens, 0, other.length);
    length = other.length;
  }

  void append(int token, float newScore) {
    if (length == tokens.length) tokens = Arrays.copyOf(tokens, length + Math.max(64, length / 4));
    tokens[length++] = token;
    score = newScore;
  }
}
