package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;

/**
 * Every encoder-decoder of the fixtures against its reference, by every provider and width of this machine: the encoder's states, and the
 * logits of all prompts and of the rows of padded batches.
 */
class TestEncoderDecoderFixture {
  @TempDir static Path packed;

  @TestFactory
  Stream<DynamicNode> models() {
    return ReferenceModel.all().stream()
        .filter(ReferenceModel::isEncoderDecoder)
        .map(model -> dynamicContainer(model.name(), tests(model)));
  }

  private static Stream<DynamicNode> tests(ReferenceModel model) {
    var tests = new ArrayList<DynamicNode>();
    for (TestedProvider provider : TestedProvider.all()) {
      tests.add(dynamicTest("states and logits, " + provider, () -> new SourcedReference(model).check(model.folder(), provider, packed, provider.toString())));
    }
    if (Providers.hasVectorModule()) {
      for (CacheType type : CacheType.values()) tests.add(dynamicTest("same bits in every batch, cache of " + type, () -> sameBits(model, type)));
    }
    return tests.stream();
  }

  private static void sameBits(ReferenceModel model, CacheType type) {
    Map<Long, Integer> expected = hashes(model, type, 256, 1, null);
    assertThat(expected).isNotEmpty();
    assertThat(hashes(model, type, 256, 2, new SplittableRandom(5))).as("mixed").isEqualTo(expected);
    assertThat(hashes(model, type, 256, 1, new SplittableRandom(6))).as("one thread, mixed").isEqualTo(expected);
    if (Providers.preferredBits() >= 512) assertThat(hashes(model, type, 512, 2, new SplittableRandom(7))).as("512 bits").isEqualTo(expected);
  }

  private static Map<Long, Integer> hashes(ReferenceModel model, CacheType type, int bits, int threads, SplittableRandom random) {
    var result = new HashMap<Long, Integer>();
    try (var replay = new SourcedReplay(model.folder(), "vector", bits, threads, type, packed)) {
      int vocabulary = replay.model().vocabulary();
      replay.run(new SourcedReference(model).inputs(), random, (sequence, position, logits, from) ->
          result.put((long) sequence << 32 | position, Arrays.hashCode(Arrays.copyOfRange(logits, from, from + vocabulary))));
    }
    return result;
  }
}
