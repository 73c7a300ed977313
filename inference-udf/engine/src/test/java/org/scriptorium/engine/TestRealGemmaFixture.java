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
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;

/** Gemma 3 270M, the base model as a GGUF file, against its reference: prompts within its window of 512 tokens and beyond it. */
class TestRealGemmaFixture {
  /** A step whose best two logits are nearer than this may go either way. */
  private static final double EXCUSED_MARGIN = 0.01;
  private static final double LOGIT_TOLERANCE = 0.02;
  private static final int WINDOW = 512;

  @TempDir static Path packed;
  private static Path file;
  private static List<JsonNode> cases;

  @BeforeAll
  static void load() throws IOException {
    Path path = ReferenceFixtures.require("real/gemma-3-270m.json");
    file = ReferenceFixtures.require(RealModel.GEMMA3);
    cases = ReferenceModel.stream(new ObjectMapper().readTree(path.toFile()).get("cases")).toList();
    assertThat(cases).hasSizeGreaterThan(4).anyMatch(example -> prompt(example).length > WINDOW);
  }

  @Test
  void rawTextsBeginAsTheReferencesPrompts() {
    try (var model = LanguageModel.open(file)) {
      for (JsonNode example : cases) {
        assertThat(model.tokenizer().inputIds(SourcedText.trusted(text(model, example)))).containsExactly(prompt(example));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> greedyTextsInAMixedBatch() {
    List<String> prompts, expected;
    try (var model = LanguageModel.open(file)) {
      prompts = cases.stream().map(example -> text(model, example)).toList();
      expected = cases.stream().map(example -> Arrays.copyOf(greedy(example), decided(example)))
          .map(ids -> model.tokenizer().decode(ids, SpecialTokens.SKIP)).toList();
    }
    var completions = new ArrayList<CompletableFuture<Completion>>();
    var options = new EngineOptions(2, 1L << 30, 16, 256, "vector", 0, "float16", packed);
    try (var generator = Engine.open(file, "gemma", Optional.empty(), options)) {
      for (String prompt : prompts) {
        var completion = new CompletableFuture<Completion>();
        completions.add(completion);
        var raw = new Prompt.Raw(SourcedText.trusted(prompt));
        generator.submit(new Request(raw, GenerationConfig.DEFAULT.withMaxNewTokens(24)), completion::complete);
      }
      completions.forEach(CompletableFuture::join);
    }
    return IntStream.range(0, cases.size()).mapToObj(i -> dynamicTest("%d: %d tokens".formatted(i, prompt(cases.get(i)).length), () -> {
      Completion completion = completions.get(i).join();
      assertThat(completion.error()).isEmpty();
      assertThat(completion.promptTokens()).isEqualTo(prompt(cases.get(i)).length);
      assertThat(completion.text()).startsWith(expected.get(i));
      if (decided(cases.get(i)) == greedy(cases.get(i)).length) assertThat(completion.text()).isEqualTo(expected.get(i));
    }));
  }

  /** Logits after the prompt, and the best token at every step of the reference's text, in a mixed batch. */
  @ParameterizedTest
  @EnumSource(CacheType.class)
  void logitsMatchTheReference(CacheType cacheType) {
    List<JsonNode> ordered = cases.stream().sorted(Comparator.comparingInt(example -> prompt(example).length)).toList();
    checkAgainstReference("vector", cacheType, switch (cacheType) {
      case FLOAT16 -> cases;
      case FLOAT32 -> List.of(ordered.getFirst(), ordered.getLast());
    }, 24);
  }

  /** The oracle's own arithmetic, on the shortest prompt. */
  @Test
  void scalarLogitsMatchTheReference() {
    JsonNode shortest = cases.stream().min((a, b) -> prompt(a).length - prompt(b).length).orElseThrow();
    checkAgainstReference("scalar", CacheType.FLOAT32, List.of(shortest), 3);
  }

  private static void checkAgainstReference(String kernels, CacheType cacheType, List<JsonNode> examples, int steps) {
    List<int[]> sequences = examples.stream().map(example -> forced(example, steps)).toList();
    int[] first = examples.stream().mapToInt(example -> prompt(example).length - 1).toArray();
    try (var replay = new LogitsReplay(file, kernels, 0, 2, cacheType, packed)) {
      int vocabulary = replay.model().decoder().vocabulary();
      replay.mixed(sequences, first, new SplittableRandom(7), (sequence, position, logits, from) -> {
        JsonNode example = examples.get(sequence);
        int step = position - first[sequence];
        if (step == 0) {
          for (JsonNode best : example.get("first_logits_top5")) {
            assertThat((double) logits[from + best.get(0).intValue()]).as("case %d", sequence)
                .isCloseTo(best.get(1).doubleValue(), within(LOGIT_TOLERANCE));
          }
        }
        if (example.get("margins").get(step).doubleValue() >= EXCUSED_MARGIN) {
          assertThat(argmax(logits, from, vocabulary)).as("case %d, step %d", sequence, step).isEqualTo(greedy(example)[step]);
        }
      });
    }
  }

  /** The prompt and the reference's text after it, but for the last token, which nothing follows. */
  private static int[] forced(JsonNode example, int steps) {
    int[] prompt = prompt(example), text = greedy(example);
    int count = Math.min(steps, text.length) - 1;
    int[] result = Arrays.copyOf(prompt, prompt.length + count);
    System.arraycopy(text, 0, result, prompt.length, count);
    return result;
  }

  /** What the prompt's ids spell after the token that begins every text. */
  private static String text(LanguageModel model, JsonNode example) {
    int[] ids = prompt(example);
    return model.tokenizer().decode(Arrays.copyOfRange(ids, 1, ids.length), SpecialTokens.KEEP);
  }

  /** Steps before the first that the reference itself leaves open. */
  private static int decided(JsonNode example) {
    for (int i = 0; i < example.get("margins").size(); i++) if (example.get("margins").get(i).doubleValue() < EXCUSED_MARGIN) return i;
    return greedy(example).length;
  }

  private static int argmax(float[] logits, int from, int vocabulary) {
    int best = 0;
    for (int i = 1; i < vocabulary; i++) if (logits[from + i] > logits[from + best]) best = i;
    return best;
  }

  private static int[] prompt(JsonNode example) {
    return ReferenceModel.integers(example.get("prompt_ids"));
  }

  private static int[] greedy(JsonNode example) {
    return ReferenceModel.integers(example.get("greedy_ids"));
  }
}
