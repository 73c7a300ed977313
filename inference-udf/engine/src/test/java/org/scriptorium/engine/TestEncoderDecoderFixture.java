package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.SourcedReplay.Input;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;

/**
 * Every encoder-decoder of the fixtures against its reference, by every provider and width of this machine: the encoder's states, and the
 * logits of all prompts and of the rows of padded batches.
 */
class TestEncoderDecoderFixture {
  @TempDir static Path packed;

  private record Provider(String kernels, int bits) {
    @Override
    public String toString() {
      return bits == 0 ? kernels : kernels + "-" + bits;
    }
  }

  /** A sequence, and what the reference has of it. */
  private record Case(Input input, JsonNode expected) {}

  private static List<Provider> providers() {
    var result = new ArrayList<>(List.of(new Provider("scalar", 0)));
    if (!Providers.hasVectorModule()) return result;
    for (int bits = 256; bits <= Providers.preferredBits(); bits *= 2) result.add(new Provider("vector", bits));
    return result;
  }

  @TestFactory
  Stream<DynamicNode> models() {
    return ReferenceModel.all().stream()
        .filter(model -> model.expected().path("forward").path(0).has("decoder_input_ids"))
        .map(model -> dynamicContainer(model.name(), tests(model)));
  }

  private static Stream<DynamicNode> tests(ReferenceModel model) {
    var tests = new ArrayList<DynamicNode>();
    for (Provider provider : providers()) {
      tests.add(dynamicTest("states and logits, " + provider, () -> compare(model, provider)));
    }
    if (Providers.hasVectorModule()) {
      for (CacheType type : CacheType.values()) tests.add(dynamicTest("same bits in every batch, cache of " + type, () -> sameBits(model, type)));
    }
    return tests.stream();
  }

  private static List<Case> cases(ReferenceModel model) {
    var cases = new ArrayList<Case>();
    for (JsonNode forward : model.expected().get("forward")) {
      int[] source = model.prompts().get(forward.get("prompt").intValue());
      cases.add(new Case(new Input(source, 0, ReferenceModel.integers(forward.get("decoder_input_ids"))), forward));
    }
    for (JsonNode batch : model.expected().get("batches")) {
      for (int row = 0; row < batch.get("rows").size(); row++) {
        // Positions count from the first column, padding included.
        int padding = firstToken(batch.get("attention_mask").get(row));
        cases.add(new Case(new Input(ReferenceLogits.unpadded(batch, row), padding,
            ReferenceModel.integers(batch.get("decoder_input_ids").get(row))), batch.get("rows").get(row)));
      }
    }
    return cases;
  }

  private static int firstToken(JsonNode mask) {
    return IntStream.range(0, mask.size()).filter(i -> mask.get(i).intValue() == 1).findFirst().orElseThrow();
  }

  private static void compare(ReferenceModel model, Provider provider) {
    List<Case> cases = cases(model);
    var check = new Closeness(model.tolerance());
    try (var replay = new SourcedReplay(model.folder(), provider.kernels, provider.bits, 2, CacheType.FLOAT32, packed)) {
      for (Case each : cases) compareStates(each, replay.states(each.input.source(), each.input.padding()), replay.model().encoder().width(), check);
      int vocabulary = replay.model().vocabulary();
      replay.run(cases.stream().map(Case::input).toList(), new SplittableRandom(3), (sequence, position, logits, from) -> {
        JsonNode expected = cases.get(sequence).expected;
        check.best(expected.get("positions").get(position), logits, from, vocabulary, "sequence %d, position %d".formatted(sequence, position));
        if (position == cases.get(sequence).input.tokens().length - 1) check.all(expected.get("last_logits"), logits, from, vocabulary);
      });
    }
    assertThat(check.positions()).isEqualTo(cases.stream().mapToInt(each -> each.input.tokens().length).sum());
    System.err.printf("%s, %s: %d positions, at most %.2g from the reference, %.2g allowed%n", model.name(), provider, check.positions(),
        check.farthest(), model.tolerance());
  }

  private static void compareStates(Case each, float[] states, int width, Closeness check) {
    JsonNode expected = each.expected.get("encoder_last_hidden_state_first8");
    int tokens = each.input.source().length, first = each.input.padding();
    for (int token = 0; token < tokens; token++) {
      JsonNode values = expected.get(first + token);
      for (int i = 0; i < values.size(); i++) check.value(values.get(i), states[token * width + i], "state %d, value %d".formatted(token, i));
    }
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
      replay.run(cases(model).stream().map(Case::input).toList(), random, (sequence, position, logits, from) ->
          result.put((long) sequence << 32 | position, Arrays.hashCode(Arrays.copyOfRange(logits, from, from + vocabulary))));
    }
    return result;
  }
}
