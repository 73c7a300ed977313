package org.scriptorium.engine.sampler;

import java.util.Arrays;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Parameters;

/**
 * Which tokens may be drawn, and with which weights: the warpers of Hugging Face transformers 5, in the order of the parameters.
 * Each sees the probabilities that the ones before it left, renormalized, and leaves at least the best token.
 *
 * <p>Where tokens of equal score stand on both sides of a limit, the top-k warper keeps all of them, as Hugging Face does; the
 * top-p warper keeps those of the lowest ids (there the order of equal scores is not specified).
 *
 * @param temperature above 0; 1 changes nothing
 * @param topH 0 is off
 * @param topK 0 is off
 * @param topP 1 is off
 * @param minP 0 is off
 * @param typicalP 1 is off
 * @param epsilonCutoff 0 is off
 * @param etaCutoff 0 is off
 */
record Warpers(double temperature, double topH, int topK, double topP, double minP, double typicalP, double epsilonCutoff, double etaCutoff) {

  private static final int TOP_H_TOKENS = 100;

  static Warpers of(GenerationConfig config) {
    return new Warpers(config.temperature(), config.value(Parameters.TOP_H), config.value(Parameters.TOP_K), config.value(Parameters.TOP_P),
        config.value(Parameters.MIN_P), config.value(Parameters.TYPICAL_P), config.value(Parameters.EPSILON_CUTOFF),
        config.value(Parameters.ETA_CUTOFF));
  }

  /**
   * Fills the candidates of the step.
   *
   * @param maximum the largest score, finite
   */
  void apply(Scratch step, float maximum) {
    step.reserveCandidates();
    float least = topK > 0 && topK < step.size ? kthLargest(step) : Float.NEGATIVE_INFINITY;
    // Both keep the first tokens of one order: the fewer of the two stay, whichever comes first.
    collect(step, topH > 0 ? Float.NEGATIVE_INFINITY : least);
    weigh(step, maximum);
    if (topH > 0) keepTopH(step, least);
    if (topP < 1) keepTopP(step);
    if (minP > 0) keepFrom(step, minP);
    if (typicalP < 1) keepTypical(step);
    if (epsilonCutoff > 0) keepFrom(step, epsilonCutoff * total(step));
    if (etaCutoff > 0) keepEta(step);
  }

  /** The score of rank {@code topK}: the root of a heap of the best {@code topK} seen. */
  private float kthLargest(Scratch step) {
    float[] heap = step.emptyHeap(topK);
    float root = Float.NEGATIVE_INFINITY;
    for (int i = step.from; i < step.from + step.size; i++) {
      if (step.logits[i] > root) {
        sink(heap, step.logits[i]);
        root = heap[0];
      }
    }
    return root;
  }

  private void sink(float[] heap, float value) {
    int hole = 0;
    for (int child = 1; child < topK; child = 2 * hole + 1) {
      if (child + 1 < topK && heap[child + 1] < heap[child]) child++;
      if (heap[child] >= value) break;
      heap[hole] = heap[child];
      hole = child;
    }
    heap[hole] = value;
  }

  private static void collect(Scratch step, float least) {
    int count = 0;
    for (int token = 0; token < step.size; token++) {
      float score = step.logits[step.from + token];
      if (score >= least && score > Float.NEGATIVE_INFINITY) step.candidates[count++] = token;
    }
    step.candidateCount = count;
  }

  /** Weights relative to the best token's, which has 1. */
  private void weigh(Scratch step, float maximum) {
    for (int i = 0; i < step.candidateCount; i++) {
      step.weights[i] = Exponential.of(((double) step.logits[step.from + step.candidates[i]] - maximum) / temperature);
    }
  }

  /** Takes tokens away from the least probable on while their sum is at most 1 - topP. */
  private void keepTopP(Scratch step) {
    double allowance = (1 - topP) * total(step);
    // All tokens below this weight together do not reach the allowance, so only the others need an order.
    double surelyTaken = allowance / step.candidateCount;
    double taken = 0;
    int sorted = 0;
    for (int i = 0; i < step.candidateCount; i++) {
      if (step.weights[i] < surelyTaken) taken += step.weights[i];
      else step.keys[sorted++] = key(step.logits[step.from + step.candidates[i]], -1 - i);
    }
    Arrays.sort(step.keys, 0, sorted);
    int first = 0;
    for (; first < sorted - 1; first++) {
      taken += step.weights[-1 - (int) step.keys[first]];
      if (taken > allowance) break;
    }
    keepFromKey(step, step.keys[first]);
  }

  /**
   * Keeps the best tokens while the sum of their parts of the entropy is within its share of the whole (Potraghloo et al. 2025,
   * arXiv:2509.02510). As in the reference only the best {@link #TOP_H_TOKENS} are looked at.
   *
   * @param leastScore of those that may stay
   */
  private void keepTopH(Scratch step, float leastScore) {
    int count = step.candidateCount, end = Math.max(0, count - TOP_H_TOKENS);
    for (int i = 0; i < count; i++) step.keys[i] = key(step.logits[step.from + step.candidates[i]], -1 - i);
    Arrays.sort(step.keys, 0, count);
    double total = 0, entropy = 0;
    for (int i = end; i < count; i++) total += weightOf(step, i);
    for (int i = end; i < count; i++) entropy += surprise(weightOf(step, i) / total);
    int least = count - 1;
    double sum = surprise(weightOf(step, least) / total);
    for (; least > end; least--) {
      sum += surprise(weightOf(step, least - 1) / total);
      if (sum > entropy * topH) break;
    }
    keepFromKey(step, Math.max(step.keys[least], key(leastScore, Integer.MIN_VALUE)));
  }

  /** The weight of the candidate of a sorted key. */
  private static double weightOf(Scratch step, int sorted) {
    return step.weights[-1 - (int) step.keys[sorted]];
  }

  private static void keepFromKey(Scratch step, long least) {
    int count = 0;
    for (int i = 0; i < step.candidateCount; i++) {
      if (key(step.logits[step.from + step.candidates[i]], -1 - i) >= least) keep(step, i, count++);
    }
    step.candidateCount = count;
  }

  /** Keeps weights from {@code least} on, and the largest in any case. */
  private static void keepFrom(Scratch step, double least) {
    double limit = Math.min(least, largest(step));
    int count = 0;
    for (int i = 0; i < step.candidateCount; i++) if (step.weights[i] >= limit) keep(step, i, count++);
    step.candidateCount = count;
  }

  /** Keeps the tokens whose surprise is nearest to the expected one (Meister et al. 2023, arXiv:2202.00666). */
  private void keepTypical(Scratch step) {
    double total = total(step);
    double entropy = entropy(step, total);
    for (int i = 0; i < step.candidateCount; i++) step.keys[i] = key(distance(step, i, total, entropy), i);
    Arrays.sort(step.keys, 0, step.candidateCount);
    double sum = 0;
    int last = 0;
    for (; last < step.candidateCount - 1; last++) {
      sum += step.weights[(int) step.keys[last]] / total;
      if (sum >= typicalP) break;
    }
    float farthest = distance(step, (int) step.keys[last], total, entropy);
    int count = 0;
    for (int i = 0; i < step.candidateCount; i++) if (distance(step, i, total, entropy) <= farthest) keep(step, i, count++);
    step.candidateCount = count;
  }

  /** A cut-off that falls where the distribution is flat (Hewitt et al. 2022, arXiv:2210.15191). */
  private void keepEta(Scratch step) {
    double total = total(step);
    double eta = Math.min(etaCutoff, Math.sqrt(etaCutoff) * StrictMath.exp(-entropy(step, total)));
    keepFrom(step, eta * total);
  }

  private static float distance(Scratch step, int candidate, double total, double entropy) {
    return (float) Math.abs(-StrictMath.log(step.weights[candidate] / total) - entropy);
  }

  private static double entropy(Scratch step, double total) {
    double entropy = 0;
    for (int i = 0; i < step.candidateCount; i++) entropy += surprise(step.weights[i] / total);
    return entropy;
  }

  /** A probability's part of the entropy. */
  private static double surprise(double probability) {
    return probability > 0 ? -probability * StrictMath.log(probability) : 0;
  }

  static double total(Scratch step) {
    double total = 0;
    for (int i = 0; i < step.candidateCount; i++) total += step.weights[i];
    return total;
  }

  private static double largest(Scratch step) {
    double largest = 0;
    for (int i = 0; i < step.candidateCount; i++) largest = Math.max(largest, step.weights[i]);
    return largest;
  }

  /** Moves a candidate to the front part; ascending order stays. */
  private static void keep(Scratch step, int candidate, int target) {
    step.candidates[target] = step.candidates[candidate];
    step.weights[target] = step.weights[candidate];
  }

  /** Sorts like (value, unsigned low); both zeros are one value. */
  private static long key(float value, int low) {
    int bits = Float.floatToRawIntBits(value + 0f);
    int ordered = bits ^ ((bits >> 31) & 0x7fffffff);
    return ((long) ordered << 32) | (low & 0xffffffffL);
  }
}
