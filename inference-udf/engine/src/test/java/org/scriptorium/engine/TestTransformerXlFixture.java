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
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.weights.Configuration;

/**
 * Transformer-XL against its reference, by every provider and vector width of this machine: segments with the memory that is carried
 * from one to the next, the same text in one call, hidden states and memories; and against itself: the same bits alone and side by
 * side, in chunks, on any number of threads, and with what no row sees any more given back.
 */
class TestTransformerXlFixture {
  static final String TYPE = "transfo-xl";

  @TempDir static Path packed;

  @TestFactory
  Stream<DynamicNode> models() {
    List<ReferenceModel> models = ReferenceModel.all().stream()
        .filter(model -> model.type().equals(TYPE)).toList();
    if (models.isEmpty()) ReferenceFixtures.skip("no model of type " + TYPE + " among the fixtures");
    return models.stream().map(model -> dynamicContainer(model.name(), tests(model)));
  }

  private static Stream<DynamicNode> tests(ReferenceModel model) {
    var result = new ArrayList<DynamicNode>();
    for (TestedProvider provider : TestedProvider.all()) {
      result.add(dynamicTest("segments with memory, " + provider, () -> segments(model, provider)));
      result.add(dynamicTest("the text in one call, " + provider, () -> whole(model, provider, "whole")));
      if (model.expected().has("single_token")) {
        result.add(dynamicTest("one token, " + provider, () -> whole(model, provider, "single_token")));
      }
      result.add(dynamicTest("hidden states and memories, " + provider, () -> probes(model, provider)));
    }
    if (Providers.hasVectorModule()) {
      for (CacheType cacheType : CacheType.values()) {
        result.add(dynamicTest("same bits alone and in every batch, cache of " + cacheType, () -> sameBits(model, cacheType)));
      }
      result.add(dynamicTest("a text of any length streams through the memory", () -> streams(model)));
    }
    return result.stream();
  }

  private static void segments(ReferenceModel model, TestedProvider provider) {
    JsonNode segments = model.expected().get("segments_with_mems");
    List<List<int[]>> inputs = inputs(segments);
    var check = new Closeness(model);
    try (var replay = replay(model, provider)) {
      int vocabulary = replay.decoder().vocabulary();
      replay.run(replay.decoder(), inputs, 7, CacheType.FLOAT32, (sequence, position, values, from) -> {
        int segment = 0, place = position;
        while (place >= inputs.get(sequence).get(segment).length) place -= inputs.get(sequence).get(segment++).length;
        compare(check, segments.get(segment).get("rows").get(sequence), place, values, from, vocabulary,
            "segment %d, row %d".formatted(segment, sequence));
      });
    }
    assertThat(check.positions()).isEqualTo(inputs.stream().flatMap(List::stream).mapToInt(segment -> segment.length).sum());
  }

  /** For each row its segments. */
  private static List<List<int[]>> inputs(JsonNode segments) {
    int rows = segments.get(0).get("input_ids").size();
    return IntStream.range(0, rows).mapToObj(row -> ReferenceModel.stream(segments)
        .map(segment -> ReferenceModel.integers(segment.get("input_ids").get(row))).toList()).toList();
  }

  private static void whole(ReferenceModel model, TestedProvider provider, String name) {
    JsonNode whole = model.expected().get(name);
    var inputs = ReferenceModel.stream(whole.get("input_ids")).map(row -> List.of(ReferenceModel.integers(row))).toList();
    var check = new Closeness(model);
    try (var replay = replay(model, provider)) {
      int vocabulary = replay.decoder().vocabulary();
      replay.run(replay.decoder(), inputs, 19, CacheType.FLOAT32, (sequence, position, values, from) -> {
        compare(check, whole.get("rows").get(sequence), position, values, from, vocabulary, "%s, row %d".formatted(name, sequence));
      });
    }
    assertThat(check.positions()).isEqualTo(inputs.stream().mapToInt(row -> row.getFirst().length).sum());
  }

  private static void compare(Closeness check, JsonNode row, int place, float[] found, int from, int vocabulary, String what) {
    JsonNode positions = row.get("positions");
    check.best(positions.get(place), found, from, vocabulary, "%s, position %d".formatted(what, place));
    if (place == positions.size() - 1) check.all(row.get("last_log_probs"), found, from, vocabulary, what);
  }

  /** States of row 0 before each layer and after the last: at the end of each segment, and where the memory begins that it leaves. */
  private static void probes(ReferenceModel model, TestedProvider provider) {
    JsonNode segments = model.expected().get("segments_with_mems");
    List<List<int[]>> inputs = inputs(segments);
    var check = new Closeness(model);
    try (var replay = replay(model, provider); var stages = new DecoderStages(replay, packed)) {
      for (int stage = 0; stage <= replay.decoder().layers().size(); stage++) {
        Map<Integer, float[]> states = new HashMap<>();
        replay.run(stages.before(stage), inputs, 128, CacheType.FLOAT32, (sequence, position, values, from) -> {
          if (sequence == 0) states.put(position, Arrays.copyOfRange(values, from, from + 8));
        });
        int end = 0;
        for (int segment = 0; segment < segments.size(); segment++) {
          JsonNode expected = segments.get(segment);
          end += inputs.getFirst().get(segment).length;
          String what = "segment %d, before layer %d".formatted(segment, stage);
          state(check, expected.get("hidden_last_token_first8").get(stage), states, end - 1, what);
          if (stage == replay.decoder().layers().size()) continue;
          state(check, expected.get("mems_last_position_first8").get(stage), states, end - 1, what);
          state(check, expected.get("mems_first_position_first8").get(stage), states, end - expected.get("mems_shape").get(1).intValue(), what);
        }
      }
    }
  }

  /** Before the first token lie zeros. */
  private static void state(Closeness check, JsonNode expected, Map<Integer, float[]> states, int position, String what) {
    float[] found = position < 0 ? new float[8] : states.get(position);
    for (int i = 0; i < expected.size(); i++) check.value(expected.get(i), found[i], "%s, position %d, value %d".formatted(what, position, i));
  }

  /** What is held is the memory and a segment, wherever they begin in their blocks, however long the text. */
  private static void streams(ReferenceModel model) {
    int segment = 10, memory = Configuration.read(model.folder().resolve(ReferenceModel.CONFIGURATION)).integer("mem_len");
    int bound = (memory + segment + Attention.BLOCK - 2) / Attention.BLOCK + 1;
    try (var replay = new RecurrentReplay(model.folder(), "auto", 0, 2, packed)) {
      int vocabulary = replay.decoder().vocabulary();
      var text = new SplittableRandom(3);
      List<int[]> segments = Stream.generate(() -> text.ints(segment, 0, vocabulary).toArray()).limit(60 * bound).toList();
      var kept = new ArrayList<Integer>();
      int all = replay.run(replay.decoder(), List.of(segments), segment, CacheType.FLOAT32, RecurrentReplay.Held.ALL,
          (sequence, position, values, from) -> kept.add(Arrays.hashCode(Arrays.copyOfRange(values, from, from + vocabulary))));
      var streamed = new ArrayList<Integer>();
      int held = replay.run(replay.decoder(), List.of(segments), segment, CacheType.FLOAT32, RecurrentReplay.Held.WHAT_IS_SEEN,
          (sequence, position, values, from) -> streamed.add(Arrays.hashCode(Arrays.copyOfRange(values, from, from + vocabulary))));
      assertThat(streamed).hasSize(segments.size() * segment).isEqualTo(kept);
      assertThat(all).isGreaterThan(10 * bound);
      assertThat(held).isLessThanOrEqualTo(bound);
    }
  }

  private static void sameBits(ReferenceModel model, CacheType cacheType) {
    List<List<int[]>> inputs = inputs(model.expected().get("segments_with_mems"));
    Map<Long, Long> expected = hashes(model, cacheType, 256, 1, 128, inputs);
    for (int row = 0; row < inputs.size(); row++) {
      var alone = new HashMap<Long, Long>();
      for (var each : hashes(model, cacheType, 256, 1, 1, List.of(inputs.get(row))).entrySet()) alone.put((long) row << 32 | each.getKey(), each.getValue());
      long first = (long) row << 32, end = (long) (row + 1) << 32;
      var side = new HashMap<>(expected);
      side.keySet().removeIf(key -> key < first || key >= end);
      assertThat(alone).as("row %d alone, token by token", row).isEqualTo(side);
    }
    assertThat(hashes(model, cacheType, 256, 2, 3, inputs)).as("two threads, chunks of 3").isEqualTo(expected);
    if (Providers.preferredBits() >= 512) assertThat(hashes(model, cacheType, 512, 2, 5, inputs)).as("512 bits").isEqualTo(expected);
  }

  /** A hash of all outputs for each sequence and position. */
  private static Map<Long, Long> hashes(ReferenceModel model, CacheType cacheType, int bits, int threads, int chunk, List<List<int[]>> inputs) {
    var result = new HashMap<Long, Long>();
    try (var replay = new RecurrentReplay(model.folder(), "vector", bits, threads, packed)) {
      int vocabulary = replay.decoder().vocabulary();
      replay.run(replay.decoder(), inputs, chunk, cacheType, (sequence, position, values, from) -> {
        long hash = 0;
        for (int i = 0; i < vocabulary; i++) hash = hash * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(values[from + i]);
        result.put((long) sequence << 32 | position, hash);
      });
    }
    return result;
  }

  private static RecurrentReplay replay(ReferenceModel model, TestedProvider provider) {
    return new RecurrentReplay(model.folder(), provider.kernels(), provider.bits(), 2, packed);
  }
}
