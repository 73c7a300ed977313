package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;

/**
 * Every model folder of the fixtures against its reference, by every provider and vector width of this machine: logits of all prompts and
 * of padded batches, under both spellings of its configuration; and against itself: the same bits in every batch. Generations are
 * {@link TestGenerationFixture}'s.
 */
class TestDecoderFixture {
  /** Of the deviation of a position's logits. */
  private static final double HALVES_TOLERANCE = 0.02;

  @TempDir static Path packed;
  @TempDir static Path copies;

  @TestFactory
  Stream<DynamicNode> models() {
    List<ReferenceModel> models = ReferenceModel.all();
    assertThat(models).isNotEmpty();
    return models.stream().filter(TestDecoderFixture::isDecoder).map(model -> dynamicContainer(model.name(), tests(model)));
  }

  /** Other models' tests find them by what their references have. */
  private static boolean isDecoder(ReferenceModel model) {
    boolean isOther = EncoderReference.isEncoder(model) || model.isEncoderDecoder() || model.type().equals(TestTransformerXlFixture.TYPE);
    return !isOther;
  }

  private static Stream<DynamicNode> tests(ReferenceModel model) {
    var result = new ArrayList<DynamicNode>();
    for (TestedProvider provider : TestedProvider.all()) {
      for (String configuration : model.configurations()) {
        String name = "%s, %s".formatted(provider, configuration);
        result.add(dynamicTest("logits, " + name, () -> new ReferenceLogits(model)
            .check(model.with(configuration, copies), provider.kernels(), provider.bits(), packed, name)));
      }
    }
    if (Providers.hasVectorModule()) {
      for (CacheType cacheType : CacheType.values()) {
        result.add(dynamicTest("same bits in every batch, thread count and width, cache of " + cacheType, () -> sameBits(model, cacheType)));
      }
    }
    // Where two experts are near a tie, bits decide which of them is asked.
    boolean hasExperts = model.configuration().properties().stream().anyMatch(entry -> entry.getKey().contains("experts"));
    if (!hasExperts) result.add(dynamicTest("logits with a cache of half the width", () -> halves(model)));
    return result.stream();
  }

  /** Keys and values of 11 bits move logits by little of what they differ by. */
  private static void halves(ReferenceModel model) {
    List<float[]> expected = logits(model, CacheType.FLOAT32), found = logits(model, CacheType.FLOAT16);
    assertThat(found).hasSameSizeAs(expected);
    double farthest = 0;
    for (int row = 0; row < expected.size(); row++) {
      float[] one = expected.get(row), other = found.get(row);
      double mean = 0, squares = 0, error = 0;
      for (float value : one) mean += (double) value / one.length;
      for (int i = 0; i < one.length; i++) {
        squares += (one[i] - mean) * (one[i] - mean);
        error += (double) (one[i] - other[i]) * (one[i] - other[i]);
      }
      farthest = Math.max(farthest, Math.sqrt(error / squares));
    }
    System.err.printf("%s, cache of 16 bits: logits move by at most %.2g of their deviation%n", model.name(), farthest);
    assertThat(farthest).isLessThan(HALVES_TOLERANCE);
  }

  /** Logits of all positions of all prompts. */
  private static List<float[]> logits(ReferenceModel model, CacheType cacheType) {
    var result = new ArrayList<float[]>();
    try (var replay = new LogitsReplay(model.folder(), "auto", 0, 1, cacheType, packed)) {
      int vocabulary = replay.model().decoder().vocabulary();
      replay.alone(model.prompts(), new int[model.prompts().size()],
          (sequence, position, logits, from) -> result.add(Arrays.copyOfRange(logits, from, from + vocabulary)));
    }
    return result;
  }

  /**
   * With all positions as outputs, and with outputs at the end of each prompt alone, which the last layer computes nothing but: few of a
   * step's rows then, or none.
   */
  private static void sameBits(ReferenceModel model, CacheType cacheType) {
    List<int[]> sequences = model.prompts();
    int[] all = new int[sequences.size()], late = sequences.stream().mapToInt(sequence -> sequence.length * 2 / 3).toArray();
    Map<Long, Long> expected = hashes(model, cacheType, 256, 1, all, null);
    assertThat(expected).hasSize(sequences.stream().mapToInt(prompt -> prompt.length).sum());
    var expectedLate = new HashMap<>(expected);
    expectedLate.keySet().removeIf(key -> key.intValue() < late[(int) (key >> 32)]);
    assertThat(hashes(model, cacheType, 256, 2, all, new SplittableRandom(1))).as("mixed").isEqualTo(expected);
    assertThat(hashes(model, cacheType, 256, 1, all, new SplittableRandom(2))).as("one thread, otherwise mixed").isEqualTo(expected);
    assertThat(hashes(model, cacheType, 256, 1, late, null)).as("last outputs").isEqualTo(expectedLate);
    assertThat(hashes(model, cacheType, 256, 2, late, new SplittableRandom(3))).as("last outputs, mixed").isEqualTo(expectedLate);
    if (Providers.preferredBits() >= 512) {
      assertThat(hashes(model, cacheType, 512, 2, all, new SplittableRandom(4))).as("512 bits").isEqualTo(expected);
      assertThat(hashes(model, cacheType, 512, 2, late, new SplittableRandom(5))).as("last outputs, 512 bits").isEqualTo(expectedLate);
    }
  }

  /** A hash of all logits for each sequence and position; the sequences token by token where there is nothing to mix them by. */
  private static Map<Long, Long> hashes(ReferenceModel model, CacheType cacheType, int bits, int threads, int[] firstOutputs,
      SplittableRandom random) {
    var result = new HashMap<Long, Long>();
    List<int[]> sequences = model.prompts();
    try (var replay = new LogitsReplay(model.folder(), "vector", bits, threads, cacheType, packed)) {
      int vocabulary = replay.model().decoder().vocabulary();
      LogitsReplay.Sink sink = (sequence, position, logits, from) -> {
        long hash = 0;
        for (int i = 0; i < vocabulary; i++) hash = hash * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(logits[from + i]);
        result.put((long) sequence << 32 | position, hash);
      };
      if (random == null) replay.alone(sequences, firstOutputs, sink);
      else replay.mixed(sequences, firstOutputs, random, sink);
    }
    return result;
  }
}
