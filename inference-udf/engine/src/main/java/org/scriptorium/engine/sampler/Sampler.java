package org.scriptorium.engine.sampler;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.GenerationConfig;

/**
 * Chooses the next token of one sequence. Immutable, for any number of threads: the choice depends on the logits, the tokens so
 * far, the parameters and the row's seed alone, so a sequence may be paused and repeated, and gives the same text with any
 * neighbours.
 *
 * <p>The order is that of Hugging Face's {@code generate}: repetition penalty, presence and frequency penalty (beside it, over
 * generated tokens only, as vLLM has them), minimum of new tokens, {@link Choices}; then, if the temperature is not 0, temperature, top-k, top-p,
 * min-p and a draw; else the largest score, of equal ones the lowest id.
 */
public final class Sampler {
  /** What {@link #sample} returns when the logits hold a NaN or their largest value is not finite. */
  public static final int NON_FINITE = -1;

  private final long seed;
  private final int vocabularySize;
  private final List<LogitsProcessor> processors;
  private final Optional<Warpers> warpers;

  /**
   * @param seed of this row, as {@link #seed} gives it
   * @param vocabularySize so many logits of a row are looked at
   * @param endTokens those that {@code min_new_tokens} holds back
   */
  public Sampler(GenerationConfig config, long seed, int vocabularySize, int[] endTokens) {
    this(config, seed, vocabularySize, endTokens, Optional.empty());
  }

  /** @param choices those that the text is one of; empty leaves it free */
  public Sampler(GenerationConfig config, long seed, int vocabularySize, int[] endTokens, Optional<Choices> choices) {
    this.seed = seed;
    this.vocabularySize = vocabularySize;
    this.processors = processors(config, endTokens, choices);
    this.warpers = config.isGreedy() ? Optional.empty() : Optional.of(Warpers.of(config));
  }

  /** True if the choice is the greatest logit of a row, whatever the tokens: a caller may find it in its own way. */
  public boolean isArgmax() {
    return processors.isEmpty() && warpers.isEmpty();
  }

  /**
   * The seed of a row: the first 64 bits of its request key, mixed with the configured seed.
   *
   * @param requestKey SHA-256, hexadecimal
   */
  public static long seed(String requestKey, GenerationConfig config) {
    return Draws.seed(requestKey, config.seed());
  }

  /**
   * Chooses the token at position {@code length}. Allocates nothing once the scratch has grown, and a greedy row without
   * penalties does not touch it.
   *
   * @param logits [vocabularySize] float32 at {@code from}, borrowed; penalties change them in place
   * @param tokens the sequence's ids, borrowed
   * @param promptLength how many of them are the prompt
   * @param length prompt and generated tokens; may be less than {@code tokens} has room for
   * @param scratch of this thread
   * @return the token, or {@link #NON_FINITE}
   */
  public int sample(float[] logits, int from, int[] tokens, int promptLength, int length, Scratch scratch) {
    float maximum = maximum(logits, from);
    if (!Float.isFinite(maximum)) return NON_FINITE;
    if (processors.isEmpty() && warpers.isEmpty()) return indexOf(maximum, logits, from);
    scratch.begin(logits, from, vocabularySize, tokens, promptLength, length);
    try {
      for (int i = 0; i < processors.size(); i++) processors.get(i).apply(scratch);
      if (!processors.isEmpty()) maximum = maximum(logits, from);
      if (!Float.isFinite(maximum)) return NON_FINITE;
      if (warpers.isEmpty()) return indexOf(maximum, logits, from);
      warpers.get().apply(scratch, maximum);
      return draw(scratch, Draws.uniform(seed, length - promptLength));
    } finally {
      scratch.end();
    }
  }

  private static List<LogitsProcessor> processors(GenerationConfig config, int[] endTokens, Optional<Choices> choices) {
    var result = new ArrayList<LogitsProcessor>();
    if (config.repetitionPenalty() != 1) result.add(Processors.repetitionPenalty(config.repetitionPenalty()));
    if (config.presencePenalty() != 0 || config.frequencyPenalty() != 0) {
      result.add(Processors.presenceAndFrequencyPenalty(config.presencePenalty(), config.frequencyPenalty()));
    }
    if (config.minNewTokens() > 0) result.add(Processors.minNewTokens(config.minNewTokens(), endTokens));
    choices.map(Choices::processor).ifPresent(result::add);
    return List.copyOf(result);
  }

  /** NaN if there is one. {@code Math.max} without branches lets the compiler use vectors; the result has one value in any order. */
  private float maximum(float[] logits, int from) {
    float maximum = Float.NEGATIVE_INFINITY;
    for (int i = from; i < from + vocabularySize; i++) maximum = Math.max(maximum, logits[i]);
    return maximum;
  }

  private static int indexOf(float value, float[] logits, int from) {
    int index = from;
    while (logits[index] != value) index++;
    return index - from;
  }

  private static int draw(Scratch step, double uniform) {
    double target = uniform * Warpers.total(step);
    double sum = 0;
    int chosen = 0;
    for (int i = 0; i < step.candidateCount; i++) {
      if (step.weights[i] == 0) continue;
      chosen = step.candidates[i];
      sum += step.weights[i];
      if (sum > target) break;
    }
    return chosen;
  }
}
