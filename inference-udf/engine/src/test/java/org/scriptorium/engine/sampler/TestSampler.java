package org.scriptorium.engine.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.GenerationConfig;

class TestSampler {
  private static final int[] NO_TOKENS = {};
  private static final float HIDDEN = Float.NEGATIVE_INFINITY;

  @Test
  void greedyTakesTheLowestOfEqualScores() {
    assertThat(choose(GenerationConfig.DEFAULT, 1, 5, 3, 5, 5)).isEqualTo(1);
    assertThat(choose(GenerationConfig.DEFAULT, -0f, 0f)).isZero();
    assertThat(choose(GenerationConfig.DEFAULT, HIDDEN, -7, HIDDEN)).isEqualTo(1);
  }

  @Test
  void looksAtTheRowAlone() {
    float[] logits = {9, 9, 1, 3, 2, 9, 9};
    assertThat(new Sampler(GenerationConfig.DEFAULT, 1, 3, frame()).sample(logits, 2, NO_TOKENS, 0, 0, new Scratch())).isEqualTo(1);
    var hot = sampling(100, 0, 1, 0);
    for (int step = 0; step < 200; step++) {
      assertThat(new Sampler(hot, 1, 3, frame()).sample(logits, 2, new int[step], 0, step, new Scratch())).isBetween(0, 2);
    }
  }

  @Test
  void signalsLogitsThatAreNoNumbers() {
    var configs = List.of(GenerationConfig.DEFAULT, sampling(1, 0, 1, 0), sampling(1, 2, 0.9f, 0), penalties(1.3f, 1, 1, 2));
    for (GenerationConfig config : configs) {
      assertThat(choose(config, 1, Float.NaN, 3)).isEqualTo(Sampler.NON_FINITE);
      assertThat(choose(config, 1, 2, Float.POSITIVE_INFINITY)).isEqualTo(Sampler.NON_FINITE);
      assertThat(choose(config, HIDDEN, HIDDEN)).isEqualTo(Sampler.NON_FINITE);
      assertThat(choose(config, Float.NaN, Float.NaN)).isEqualTo(Sampler.NON_FINITE);
    }
  }

  @Test
  void aNaNUnderAHeldBackEndTokenIsSeen() {
    var config = penalties(1, 0, 0, 3);
    assertThat(new Sampler(config, 1, 3, frame(2)).sample(new float[] {1, 2, Float.NaN}, 0, NO_TOKENS, 0, 0, new Scratch()))
        .isEqualTo(Sampler.NON_FINITE);
  }

  @ParameterizedTest
  @ValueSource(floats = {1e-45f, 0.01f, 1, 1e30f})
  void theOnlyTokenThatIsNotHiddenIsDrawn(float temperature) {
    for (int token = 0; token < 40; token++) {
      float[] logits = new float[40];
      Arrays.fill(logits, HIDDEN);
      logits[token] = -1e30f;
      assertThat(choose(sampling(temperature, 5, 0.5f, 0.1f), logits)).isEqualTo(token);
      assertThat(choose(sampling(temperature, 0, 1, 0), logits)).isEqualTo(token);
    }
  }

  @Test
  void frequenciesFollowTheProbabilities() {
    float[] logits = {2, 1, 0, -1, HIDDEN, 1.5f};
    double temperature = 0.8;
    double[] expected = IntStream.range(0, logits.length).mapToDouble(token -> Math.exp(logits[token] / temperature)).toArray();
    double total = Arrays.stream(expected).sum();
    int draws = 60_000;
    int[] counts = new int[logits.length];
    var sampler = new Sampler(sampling((float) temperature, 0, 1, 0), 20240607, logits.length, frame());
    var scratch = new Scratch();
    int[] tokens = new int[draws];
    for (int step = 0; step < draws; step++) counts[sampler.sample(logits.clone(), 0, tokens, 0, step, scratch)]++;

    assertThat(counts[4]).isZero();
    double chiSquare = 0;
    for (int token = 0; token < logits.length; token++) {
      double mean = draws * expected[token] / total;
      if (mean > 0) chiSquare += (counts[token] - mean) * (counts[token] - mean) / mean;
    }
    assertThat(chiSquare).as("four degrees of freedom, one fixed seed: 18.5 is exceeded once in a thousand seeds").isLessThan(18.5);
  }

  @Test
  void seedsThatLieNearEachOtherAreIndependent() {
    int[] buckets = new int[16];
    for (long seed = 0; seed < 16_000; seed++) buckets[(int) (Draws.uniform(seed, 3) * 4) * 4 + (int) (Draws.uniform(seed + 1, 4) * 4)]++;
    double chiSquare = Arrays.stream(buckets).mapToDouble(count -> (count - 1000.0) * (count - 1000.0) / 1000).sum();
    assertThat(chiSquare).as("15 degrees of freedom").isBetween(3.0, 37.7);
  }

  /** The numbers themselves are a promise: another version must give the same text for the same seed. */
  @Test
  void drawsAreFixedForEver() {
    assertThat(Draws.uniform(0, 0)).isEqualTo(0x9043044dfe79ap-53);
    assertThat(Draws.uniform(-1, 1000)).isEqualTo(0x5cbf8a9212489p-53);
    assertThat(Sampler.seed("f00dfeed12345678" + "0".repeat(48), GenerationConfig.DEFAULT)).isEqualTo(0xa6dbf20afaeb6274L);
    assertThat(Sampler.seed("f00dfeed12345678" + "0".repeat(48), sampling(1, 0, 1, 0, 42))).isEqualTo(0xf707ec1b6b7ad154L);
  }

  @Test
  void theSameRowGivesTheSameTokenWhateverRanBefore() {
    float[] logits = normal(1000, 7);
    var config = sampling(1.2f, 0, 0.95f, 0.001f);
    int[] expected = IntStream.range(0, 200).map(step -> sampleOne(config, logits, step, new Scratch())).toArray();
    var used = new Scratch();
    sampleOne(penalties(1.5f, 1, 1, 1), normal(4000, 8), 9, used);
    for (int step = 199; step >= 0; step--) assertThat(sampleOne(config, logits, step, used)).isEqualTo(expected[step]);
    int[] parallel = IntStream.range(0, 200).parallel().map(step -> sampleOne(config, logits, step, new Scratch())).toArray();
    assertThat(parallel).isEqualTo(expected);
    assertThat(Arrays.stream(expected).distinct().count()).isGreaterThan(20);
  }

  @Test
  void topKKeepsTiesAndTopPTheLowestOfThem() {
    float[] logits = {1, 3, 3, 2, 3, 0};
    assertThat(candidates(sampling(1, 2, 1, 0), logits)).containsExactly(1, 2, 4);
    assertThat(candidates(sampling(1, 2, 0.5f, 0), logits)).containsExactly(1, 2);
    assertThat(candidates(sampling(1, 0, 1e-20f, 0), logits)).containsExactly(1);
    assertThat(candidates(sampling(1, 0, 1e-20f, 0), 5, 5, 5)).containsExactly(0);
    assertThat(candidates(sampling(1, 6, 1, 0), logits)).hasSize(6);
  }

  @Test
  void topPAndMinPByHand() {
    float[] logits = logarithms(0.5, 0.25, 0.15, 0.1);
    assertThat(candidates(sampling(1, 0, 0.74f, 0), logits)).containsExactly(0, 1);
    assertThat(candidates(sampling(1, 0, 0.76f, 0), logits)).containsExactly(0, 1, 2);
    assertThat(candidates(sampling(1, 0, 1, 0.29f), logits)).containsExactly(0, 1, 2);
    assertThat(candidates(sampling(1, 0, 1, 1), logits)).containsExactly(0);
    assertThat(candidates(sampling(1, 0, 0.74f, 0.6f), logits)).containsExactly(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 15, 16, 50, 999, 1000, 1001})
  void topKEqualsAFullSort(int k) {
    float[] logits = normal(1000, k);
    float[] sorted = logits.clone();
    Arrays.sort(sorted);
    float least = sorted[Math.max(0, 1000 - k)];
    int[] expected = IntStream.range(0, 1000).filter(token -> logits[token] >= least).toArray();
    assertThat(candidates(sampling(1, k, 1, 0), logits)).isEqualTo(expected);
  }

  @Test
  void repetitionPenaltyCoversPromptAndTextOnceATokenEach() {
    float[] logits = {4, -4, 4, -4, 1};
    apply(penalties(2, 0, 0, 0), logits, new int[] {0, 1, 0, 1, 2, 99}, 4);
    assertThat(logits).containsExactly(2, -8, 2, -4, 1);
  }

  @Test
  void presenceAndFrequencyCoverTheTextAlone() {
    float[] logits = {1, 2, 3, 4};
    apply(penalties(1, 0.5f, 0.25f, 0), logits, new int[] {0, 0, 0, 1, 2, 1, 1}, 3);
    assertThat(logits).containsExactly(1, 2 - 0.5f - 3 * 0.25f, 3 - 0.5f - 0.25f, 4);
  }

  @Test
  void penaltiesComeBeforeTheChoice() {
    float[] logits = {4, 3.5f, 1};
    var sampler = new Sampler(penalties(2, 0, 0, 0), 1, 3, frame());
    assertThat(sampler.sample(logits, 0, new int[] {0, 0}, 2, 2, new Scratch())).isEqualTo(1);
  }

  @Test
  void endTokensAreHeldBackUntilTheMinimum() {
    var sampler = new Sampler(penalties(1, 0, 0, 2), 1, 4, frame(1, 3, 7));
    int[] tokens = {5, 5, 5, 0, 0};
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0, tokens, 3, 3, new Scratch())).isEqualTo(2);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0, tokens, 3, 4, new Scratch())).isEqualTo(2);
    assertThat(sampler.sample(new float[] {0, 9, 1, 8}, 0, tokens, 3, 5, new Scratch())).isEqualTo(1);
    assertThat(new Sampler(penalties(1, 0, 0, 2), 1, 2, frame(0, 1)).sample(new float[] {1, 2}, 0, tokens, 3, 3, new Scratch()))
        .isEqualTo(Sampler.NON_FINITE);
  }

  @Test
  void badWordsLeaveTheEndTokenAlone() {
    float[] logits = {1, 2, 3, 4};
    var step = new Scratch();
    step.begin(logits, 0, 4, new int[] {3, 3}, 2, 2);
    Processors.badWords(List.of(List.of(1), List.of(2), List.of(3, 2), List.of(3, 0)), 1, 2).apply(step);
    assertThat(logits).containsExactly(HIDDEN, 2, HIDDEN, 4);
  }

  @Test
  void decayDoesNotBringBackAForbiddenEndToken() {
    float[] logits = {HIDDEN, -2, 5};
    var step = new Scratch();
    step.begin(logits, 0, 3, new int[] {7, 7, 7, 7}, 1, 4);
    Processors.exponentialDecay(1, 2, 0, 1).apply(step);
    assertThat(logits).containsExactly(HIDDEN, -2 + 2 * 3, 5);
  }

  @Test
  void exponentialAtItsEdges() {
    assertThat(Exponential.of(0)).isEqualTo(1);
    assertThat(Exponential.of(-0.0)).isEqualTo(1);
    assertThat(Exponential.of(-708)).isPositive();
    assertThat(Exponential.of(-708.0001)).isZero();
    assertThat(Exponential.of(Double.NEGATIVE_INFINITY)).isZero();
  }

  private static TextFrame frame(int... endTokens) {
    return new TextFrame(NO_TOKENS, 1_000, endTokens);
  }

  private static int choose(GenerationConfig config, float... logits) {
    return new Sampler(config, 1, logits.length, frame()).sample(logits.clone(), 0, NO_TOKENS, 0, 0, new Scratch());
  }

  private static int sampleOne(GenerationConfig config, float[] logits, int step, Scratch scratch) {
    return new Sampler(config, 99, logits.length, frame()).sample(logits.clone(), 0, new int[step], 0, step, scratch);
  }

  static int[] candidates(GenerationConfig config, float... logits) {
    var step = new Scratch();
    step.begin(logits, 0, logits.length, NO_TOKENS, 0, 0);
    float maximum = Float.NEGATIVE_INFINITY;
    for (float score : logits) maximum = Math.max(maximum, score);
    Warpers.of(config).apply(step, maximum);
    return Arrays.copyOf(step.candidates, step.candidateCount);
  }

  /** Leaves the processed scores in {@code logits}. */
  private static void apply(GenerationConfig config, float[] logits, int[] tokens, int promptLength) {
    new Sampler(config, 1, logits.length, frame()).sample(logits, 0, tokens, promptLength, tokens.length, new Scratch());
  }

  static GenerationConfig sampling(float temperature, int topK, float topP, float minP) {
    return sampling(temperature, topK, topP, minP, 0);
  }

  private static GenerationConfig sampling(float temperature, int topK, float topP, float minP, long seed) {
    return GenerationConfig.of(Map.of("temperature", temperature, "top_k", topK, "top_p", topP, "min_p", minP, "seed", seed));
  }

  private static GenerationConfig penalties(float repetition, float presence, float frequency, int minNewTokens) {
    return GenerationConfig.of(Map.of("min_new_tokens", minNewTokens, "repetition_penalty", repetition, "presence_penalty", presence,
        "frequency_penalty", frequency));
  }

  private static float[] logarithms(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) logits[i] = (float) Math.log(probabilities[i]);
    return logits;
  }

  static float[] normal(int size, long seed) {
    var random = new SplittableRandom(seed);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) values[i] = (float) (3 * random.nextGaussian());
    return values;
  }
}
