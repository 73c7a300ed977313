package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

/**
 * The default model against its reference: rendered prompts, ids, logits, greedy texts; and against itself: every batch, chunk,
 * thread count and vector width gives the same bits.
 */
class TestRealModelFixture {
  /** A step whose best two logits are nearer than this may go either way. */
  private static final double EXCUSED_MARGIN = 0.01;
  private static final double LOGIT_TOLERANCE = 0.02;

  @TempDir static Path packed;
  private static Path file;
  private static List<JsonNode> cases;

  @BeforeAll
  static void load() throws IOException {
    Path path = ReferenceFixtures.require("real/smollm2-135m-instruct.json");
    file = ReferenceFixtures.requireSmolLm2();
    cases = StreamSupport.stream(new ObjectMapper().readTree(path.toFile()).get("cases").spliterator(), false).toList();
    assertThat(cases).isNotEmpty();
  }

  @TestFactory
  Stream<DynamicTest> promptsAndIds() {
    var model = LanguageModel.open(file);
    return cases.stream().map(example -> dynamicTest(name(example), () -> {
      if (example.get("messages") == null || example.get("messages").isNull()) return;
      SourcedText rendered = model.render(chat(example)).text();
      assertThat(rendered.text()).isEqualTo(example.get("prompt").textValue());
      assertThat(model.tokenizer().encode(rendered)).containsExactly(integers(example.get("prompt_ids")));
    })).onClose(model::close);
  }

  @TestFactory
  Stream<DynamicTest> greedyTextsInAMixedBatch() {
    return generate(options("vector", 0, 2, 64));
  }

  @TestFactory
  Stream<DynamicTest> greedyTextsAlone() {
    return generate(options("vector", 0, 1, 1));
  }

  private static Stream<DynamicTest> generate(EngineOptions options) {
    var completions = new ArrayList<CompletableFuture<Completion>>();
    try (var generator = Engine.open(file, "smollm2", Optional.empty(), options)) {
      for (JsonNode example : cases) {
        var completion = new CompletableFuture<Completion>();
        completions.add(completion);
        generator.submit(new Request(chat(example), GenerationConfig.DEFAULT.withMaxNewTokens(48)), completion::complete);
      }
      completions.forEach(CompletableFuture::join);
    }
    return IntStream.range(0, cases.size()).mapToObj(i -> dynamicTest(name(cases.get(i)), () -> {
      JsonNode example = cases.get(i);
      Completion completion = completions.get(i).join();
      assertThat(completion.error()).isEmpty();
      int[] ids = integers(example.get("greedy_ids"));
      assertThat(completion.promptTokens()).isEqualTo(example.get("prompt_ids").size());
      int decided = decided(example);
      if (decided == ids.length) {
        assertThat(completion.text()).isEqualTo(example.get("text").textValue());
        assertThat(completion.completionTokens()).isEqualTo(ids.length);
        assertThat(completion.finishReason()).isEqualTo(ids[ids.length - 1] == 2 ? FinishReason.STOP : FinishReason.LENGTH);
      } else {
        try (var model = LanguageModel.open(file)) {
          assertThat(completion.text()).startsWith(model.tokenizer().decode(Arrays.copyOf(ids, decided), SpecialTokens.SKIP));
        }
      }
    }));
  }

  /** Logits after the prompt, and the best token at every step of the reference's text, in a mixed batch. */
  @ParameterizedTest
  @EnumSource(CacheType.class)
  void logitsMatchTheReference(CacheType cacheType) {
    checkAgainstReference("vector", cacheType, cases);
  }

  /** The oracle's own arithmetic, on the shortest prompt. */
  @Test
  void scalarLogitsMatchTheReference() {
    checkAgainstReference("scalar", CacheType.FLOAT32, List.of(cases.stream().min((a, b) -> a.get("prompt_ids").size() - b.get("prompt_ids").size()).orElseThrow()));
  }

  private static void checkAgainstReference(String kernels, CacheType cacheType, List<JsonNode> examples) {
    int limit = kernels.equals("scalar") ? 8 : 48;
    List<int[]> sequences = examples.stream().map(example -> forced(example, limit)).toList();
    try (var replay = new LogitsReplay(file, kernels, 0, 2, cacheType, packed)) {
      replay.mixed(sequences, prompts(examples), new SplittableRandom(7), (sequence, position, logits, from) -> {
        JsonNode example = examples.get(sequence);
        int step = position + 1 - example.get("prompt_ids").size();
        if (step == 0) {
          for (JsonNode best : example.get("first_logits_top5")) {
            assertThat((double) logits[from + best.get(0).intValue()]).as(name(example)).isCloseTo(best.get(1).doubleValue(), within(LOGIT_TOLERANCE));
          }
        }
        if (example.get("margins").get(step).doubleValue() >= EXCUSED_MARGIN) {
          assertThat(argmax(logits, from)).as("%s, step %d", name(example), step).isEqualTo(example.get("greedy_ids").get(step).intValue());
        }
      });
    }
  }

  @Test
  void sameBitsInEveryBatchThreadCountAndWidth() {
    List<JsonNode> examples = cases.stream().filter(example -> example.get("prompt_ids").size() < 240).toList();
    List<int[]> sequences = examples.stream().map(example -> forced(example, 12)).toList();
    int[] first = prompts(examples);
    Map<Long, Long> expected = hashes(0, 2, replay -> sink -> replay.mixed(sequences, first, new SplittableRandom(1), sink));
    assertThat(expected).hasSizeGreaterThan(examples.size());
    assertThat(hashes(0, 1, replay -> sink -> replay.mixed(sequences, first, new SplittableRandom(2), sink))).as("one thread").isEqualTo(expected);
    assertThat(hashes(0, 2, replay -> sink -> replay.alone(sequences, first, sink))).as("alone").isEqualTo(expected);
    assertThat(hashes(256, 2, replay -> sink -> replay.mixed(sequences, first, new SplittableRandom(3), sink))).as("256 bits").isEqualTo(expected);
    if (Providers.preferredBits() >= 512) {
      assertThat(hashes(512, 1, replay -> sink -> replay.mixed(sequences, first, new SplittableRandom(4), sink))).as("512 bits").isEqualTo(expected);
    }
  }

  private interface Mode extends java.util.function.Function<LogitsReplay, java.util.function.Consumer<LogitsReplay.Sink>> {}

  /** A hash of all logits for each sequence and position. */
  private static Map<Long, Long> hashes(int bits, int threads, Mode mode) {
    var result = new HashMap<Long, Long>();
    try (var replay = new LogitsReplay(file, "vector", bits, threads, CacheType.FLOAT16, packed)) {
      int vocabulary = replay.model().decoder().vocabulary();
      mode.apply(replay).accept((sequence, position, logits, from) -> {
        long hash = 0;
        for (int i = 0; i < vocabulary; i++) hash = hash * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(logits[from + i]);
        result.put((long) sequence << 32 | position, hash);
      });
    }
    return result;
  }

  private static EngineOptions options(String kernels, int bits, int threads, int batch) {
    return new EngineOptions(threads, 1L << 30, batch, 256, kernels, bits, "float16", packed);
  }

  /** The prompt and the reference's text after it, but for the last token, which nothing follows. */
  private static int[] forced(JsonNode example, int limit) {
    int[] prompt = integers(example.get("prompt_ids")), text = integers(example.get("greedy_ids"));
    int count = Math.min(limit, text.length) - 1;
    int[] result = Arrays.copyOf(prompt, prompt.length + count);
    System.arraycopy(text, 0, result, prompt.length, count);
    return result;
  }

  /** Positions from which logits are wanted: each prompt's last. */
  private static int[] prompts(List<JsonNode> examples) {
    return examples.stream().mapToInt(example -> example.get("prompt_ids").size() - 1).toArray();
  }

  /** Steps before the first that the reference itself leaves open. */
  private static int decided(JsonNode example) {
    for (int i = 0; i < example.get("margins").size(); i++) if (example.get("margins").get(i).doubleValue() < EXCUSED_MARGIN) return i;
    return example.get("greedy_ids").size();
  }

  private static Prompt chat(JsonNode example) {
    if (example.get("messages") == null || example.get("messages").isNull()) return new Prompt.Raw(SourcedText.trusted(example.get("prompt").textValue()));
    var messages = new ArrayList<Message>();
    for (JsonNode message : example.get("messages")) {
      messages.add(new Message(message.get("role").textValue(), SourcedText.row(message.get("content").textValue())));
    }
    return new Prompt.Chat(messages);
  }

  private static int argmax(float[] logits, int from) {
    int best = 0;
    for (int i = 1; i < 49152; i++) if (logits[from + i] > logits[from + best]) best = i;
    return best;
  }

  private static String name(JsonNode example) {
    return example.get("name").textValue();
  }

  private static int[] integers(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }
}
