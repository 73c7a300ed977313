package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.EncoderReplay.Input;
import org.scriptorium.engine.EncoderReplay.Output;
import org.scriptorium.engine.kernel.Providers;

/** Every encoder of the fixtures against its reference, by every provider and width of this machine, and against itself in every batch. */
class TestEncoderFixture {
  @TempDir static Path packed;
  @TempDir static Path copies;

  @TestFactory
  Stream<DynamicNode> models() {
    List<ReferenceModel> models = ReferenceModel.all().stream().filter(EncoderReference::isEncoder).toList();
    assertThat(models).isNotEmpty();
    return models.stream().map(model -> dynamicContainer(model.name(), tests(model)));
  }

  private static Stream<DynamicNode> tests(ReferenceModel model) {
    var result = new ArrayList<DynamicNode>();
    for (TestedProvider provider : TestedProvider.all()) {
      for (String configuration : model.configurations()) {
        String name = "%s, %s".formatted(provider, configuration);
        result.add(dynamicTest("states and values, " + name, () -> new EncoderReference(model)
            .check(model.with(configuration, copies), provider.kernels(), provider.bits(), packed, name)));
      }
    }
    if (Providers.hasVectorModule()) result.add(dynamicTest("same bits in every batch, thread count and width", () -> sameBits(model)));
    return result.stream();
  }

  private static void sameBits(ReferenceModel model) {
    List<Input> inputs = new EncoderReference(model).rows().stream().map(EncoderReference.Row::input).toList();
    List<Output> alone = new ArrayList<>();
    for (Input input : inputs) alone.addAll(run(model, 256, 1, List.of(input)));
    assertThat(alone).hasSameSizeAs(inputs);
    for (int bits = 256; bits <= Providers.preferredBits(); bits *= 2) {
      for (int threads = 1; threads <= 2; threads++) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, inputs.size()).boxed().toList());
        Collections.shuffle(order, new Random(bits + threads));
        List<Output> together = run(model, bits, threads, order.stream().map(inputs::get).toList());
        for (int i = 0; i < order.size(); i++) {
          assertSameBits(together.get(i).states(), alone.get(order.get(i)).states(), "states, %d bits, %d threads", bits, threads);
          assertSameBits(together.get(i).values(), alone.get(order.get(i)).values(), "values, %d bits, %d threads", bits, threads);
        }
      }
      firstPositionsHaveTheSameBits(model, bits, inputs, alone);
    }
  }

  private static void firstPositionsHaveTheSameBits(ReferenceModel model, int bits, List<Input> inputs, List<Output> alone) {
    try (var replay = new EncoderReplay(model.folder(), "vector", bits, 2, packed)) {
      List<float[]> found = replay.firstPositions(inputs);
      assertThat(found).hasSameSizeAs(inputs);
      int width = replay.encoder().stack().width();
      for (int i = 0; i < found.size(); i++) {
        assertSameBits(found.get(i), Arrays.copyOf(alone.get(i).states(), width), "first position, %d bits", bits);
      }
    }
  }

  private static List<Output> run(ReferenceModel model, int bits, int threads, List<Input> inputs) {
    try (var replay = new EncoderReplay(model.folder(), "vector", bits, threads, packed)) {
      return replay.run(replay.encoder().stack(), inputs);
    }
  }

  private static void assertSameBits(float[] found, float[] expected, String what, Object... arguments) {
    assertThat(Arrays.mismatch(found, expected)).as(what, arguments).isEqualTo(-1);
  }
}
