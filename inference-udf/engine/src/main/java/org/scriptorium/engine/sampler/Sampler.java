package org.scriptorium.engine.sampler;

import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Parameters;

/**
 * Chooses the next token of one sequence, or scores those that may follow. Immutable, for any number of threads: the choice depends on the
 * logits, the tokens so far, the parameters and the row's seed alone, so a sequence may be paused and repeated, and gives the same text with
 * any neighbours.
 *
 * <p>The order is that of Hugging Face's {@code generate}: biases of sequences, penalties of the source's tokens and of repetition (beside
 * them those of presence and frequency, over generated tokens only, as vLLM has them), runs that may not repeat, forbidden sequences,
 * least lengths, {@link Choices}, forced tokens, the decay, suppressed tokens; then, if tokens are drawn, temperature, top-h, top-k, top-p,
 * min-p, typical, epsilon and eta cut-offs and a draw; else the largest score, of equal ones the lowest id.
 */
public final class Sampler {
  /** What {@link #sample} returns when the logits hold a NaN or their largest value is not finite. */
  public static final int NON_FINITE = -1;

  private final long seed;
  private final int vocabularySize;
  private final List<LogitsProcessor> processors;
  private final Optional<Warpers> warpers;
  private final boolean renormalizes;

  /**
   * @param seed of this row, as {@link #seed} gives it
   * @param vocabularySize so many logits of a row are looked at
   */
  public Sampler(GenerationConfig config, long seed, int vocabularySize, TextFrame frame) {
    this(config, seed, vocabularySize, frame, Optional.empty());
  }

  /** @param choices those that the text is one of; empty leaves it free */
  public Sampler(GenerationConfig config, long seed, int vocabularySize, TextFrame frame, Optional<Choices> choices) {
    this.seed = seed;
    this.vocabularySize = vocabularySize;
    this.processors = ProcessorList.of(config, frame, choices);
    this.warpers = config.isGreedy() ? Optional.empty() : Optional.of(Warpers.of(config));
    renormalizes = config.value(Parameters.RENORMALIZE_LOGITS);
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

  /**
   * Turns a row's logits into the scores of a beam's next tokens, in place: logarithms of probabilities, which the processors then change,
   * as in the reference.
   *
   * @return false if the logits hold a NaN or their largest value is not finite
   */
  public boolean score(float[] logits, int from, int[] tokens, int promptLength, int length, Scratch scratch) {
    if (!toLogarithms(logits, from)) return false;
    if (processors.isEmpty()) return true;
    scratch.begin(logits, from, vocabularySize, tokens, promptLength, length);
    try {
      for (int i = 0; i < processors.size(); i++) processors.get(i).apply(scratch);
    } finally {
      scratch.end();
    }
    return !renormalizes || toLogarithms(logits, from);
  }

  private boolean toLogarithms(float[] logits, int from) {
    float maximum = maximum(logits, from);
    if (!Float.isFinite(maximum)) return false;
    double total = 0;
    for (int i = from; i < from + vocabularySize; i++) total += Exponential.of((double) logits[i] - maximum);
    double shift = maximum + StrictMath.log(total);
    for (int i = from; i < from + vocabularySize; i++) logits[i] = (float) (logits[i] - shift);
    return true;
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
