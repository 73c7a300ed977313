package org.scriptorium.engine.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.api.SequenceBias;

/** Warpers and processors against the reference library's ({@code sampling.json} in the folder of {@code -Dscriptorium.fixtures}). */
class TestSamplingFixture {

  @TestFactory
  Stream<DynamicTest> warpers() throws IOException {
    return tests("sampling", item -> item.get("logits").asText() + " " + item.get("kwargs"), TestSamplingFixture::checkWarpers);
  }

  @TestFactory
  Stream<DynamicTest> processors() throws IOException {
    return tests(
        "processors", item -> item.get("processor").asText() + " after " + item.get("input_ids"), TestSamplingFixture::checkProcessor);
  }

  /** A test for each item of a list; without the file, one that is skipped and says so (a skipped factory is in no report). */
  private static Stream<DynamicTest> tests(String list, Function<JsonNode, String> name, BiConsumer<JsonNode, JsonNode> check)
      throws IOException {
    Path file = ReferenceFixtures.file("sampling.json");
    if (!Files.isReadable(file)) return Stream.of(dynamicTest(list, () -> ReferenceFixtures.require("sampling.json")));
    JsonNode fixture = new ObjectMapper().readTree(file.toFile());
    return StreamSupport.stream(fixture.get(list).spliterator(), false)
        .map(item -> dynamicTest(name.apply(item), () -> check.accept(fixture, item)));
  }

  private static void checkWarpers(JsonNode fixture, JsonNode item) {
    float[] logits = floats(fixture.get("logits").get(item.get("logits").asText()));
    JsonNode options = item.get("kwargs");
    var warpers = new Warpers(options.path("temperature").asDouble(1), options.path("top_h").asDouble(0), options.path("top_k").asInt(0),
        options.path("top_p").asDouble(1),
        options.path("min_p").asDouble(0), options.path("typical_p").asDouble(1), options.path("epsilon_cutoff").asDouble(0),
        options.path("eta_cutoff").asDouble(0));
    var step = new Scratch();
    step.begin(logits, 0, logits.length, new int[] {1}, 1, 1);
    warpers.apply(step, largest(logits));

    assertThat(step.candidateCount).isEqualTo(item.get("kept").asInt());
    double[] found = new double[logits.length];
    for (int i = 0; i < step.candidateCount; i++) found[step.candidates[i]] = step.weights[i] / Warpers.total(step);
    assertSameUpToEqualScores(logits, floats(item.get("probabilities")), found);
  }

  /**
   * Which of several equal scores the reference's sort puts inside the limit of top-p is not specified. So tokens of one score are
   * compared as a group where the reference keeps a part of them, and one by one everywhere else.
   */
  private static void assertSameUpToEqualScores(float[] logits, float[] expected, double[] found) {
    var groups = new TreeMap<Float, List<Integer>>();
    for (int token = 0; token < logits.length; token++) groups.computeIfAbsent(logits[token], score -> new ArrayList<>()).add(token);
    for (Map.Entry<Float, List<Integer>> group : groups.entrySet()) {
      double[] expectedGroup = group.getValue().stream().mapToDouble(token -> expected[token]).toArray();
      double[] foundGroup = group.getValue().stream().mapToDouble(token -> found[token]).toArray();
      Arrays.sort(expectedGroup);
      Arrays.sort(foundGroup);
      for (int i = 0; i < expectedGroup.length; i++) {
        assertThat(foundGroup[i] > 0).as("tokens of score %s", group.getKey()).isEqualTo(expectedGroup[i] > 0);
        assertThat(foundGroup[i]).as("tokens of score %s", group.getKey())
            .isCloseTo(expectedGroup[i], within(2e-7 + 1e-5 * expectedGroup[i]));
      }
    }
  }

  private static void checkProcessor(JsonNode fixture, JsonNode item) {
    float[] scores = floats(fixture.get("logits").get(item.get("logits").asText()));
    int[] tokens = StreamSupport.stream(item.get("input_ids").spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    String name = item.get("processor").asText();
    var step = new Scratch();
    step.begin(scores, 0, scores.length, tokens, promptLength(name), tokens.length);
    processor(name).apply(step);
    assertThat(scores).containsExactly(floats(item.get("scores")));
    assertThat(step.counts()).as("counters of the scratch afterwards").containsOnly(0);
  }

  /** The fixture's words for its processors; a kind that is not listed here fails the test by its name. */
  private static LogitsProcessor processor(String name) {
    String[] words = name.split(" ");
    return switch (words[0]) {
      case "repetition_penalty" -> Processors.repetitionPenalty(Float.parseFloat(words[1]));
      case "no_repeat_ngram" -> Processors.noRepeatNgram(Integer.parseInt(words[1]));
      case "bad_words" -> Processors.badWords(List.of(List.of(9), List.of(6, 4), List.of(5, 6, 2), List.of(1, 1)));
      case "min_length" -> Processors.minLength(Integer.parseInt(words[1]), Integer.parseInt(words[3]));
      case "min_new_tokens" -> Processors.minNewTokens(Integer.parseInt(words[1]), Integer.parseInt(words[5]));
      case "forced_bos" -> Processors.forcedBegin(Integer.parseInt(words[1]));
      case "forced_eos" -> Processors.forcedEnd(Integer.parseInt(words[2]), Integer.parseInt(words[4]));
      case "exponential_decay" ->
          Processors.exponentialDecay(Integer.parseInt(words[2]), Double.parseDouble(words[4]), Integer.parseInt(words[6]));
      case "encoder_repetition_penalty" -> Processors.encoderRepetitionPenalty(Double.parseDouble(words[1]), new int[] {6, 2, 6, 3, 11, 1});
      case "suppress" -> Processors.suppress(2, 3);
      case "sequence_bias" -> Processors.sequenceBias(List.of(
          new SequenceBias(List.of(6, 7), 2), new SequenceBias(List.of(5), -1.5), new SequenceBias(List.of(6, 8), 10)));
      case "encoder_no_repeat_ngram" -> Processors.encoderNoRepeatNgram(Integer.parseInt(words[1]), new int[] {6, 2, 6, 3, 11, 1});
      default -> throw new AssertionError("no such processor here: " + name);
    };
  }

  private static int promptLength(String name) {
    int prompt = name.indexOf(" prompt ");
    return prompt < 0 ? 0 : Integer.parseInt(name.substring(prompt + " prompt ".length()).split(" ")[0]);
  }

  private static float largest(float[] values) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float value : values) largest = Math.max(largest, value);
    return largest;
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      values[i] = value.isTextual() ? Float.NEGATIVE_INFINITY : Float.parseFloat(value.asText());
    }
    return values;
  }
}
