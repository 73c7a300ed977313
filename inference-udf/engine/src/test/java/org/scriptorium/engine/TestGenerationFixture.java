package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.EngineOptions;

/**
 * Every generation of every model folder of the fixtures, whatever its arguments: the same tokens as the reference's, and beams of the same
 * scores, by every provider and width of this machine. All generations of a model run together.
 */
class TestGenerationFixture {
  /** Of a score of size 1; the reference's own rounding grows with it. */
  private static final double SCORE_TOLERANCE = 1e-4;

  @TempDir static Path packed;

  /** The generations of one model by one provider, computed when the first is asked for. */
  private static final class Replayed {
    private final ReferenceModel model;
    private final TestedProvider provider;
    private final Map<String, List<List<GenerationReplay.Text>>> texts = new LinkedHashMap<>();
    private final Map<String, Integer> fillings = new LinkedHashMap<>();
    /** What sequences begin with. */
    private final Map<String, List<int[]>> begun = new LinkedHashMap<>();

    Replayed(ReferenceModel model, TestedProvider provider) {
      this.model = model;
      this.provider = provider;
    }

    void compute() {
      if (!texts.isEmpty()) return;
      var options = new EngineOptions(2, 256 << 20, 24, 64, provider.kernels(), provider.bits(), "float32", packed);
      try (var replay = new GenerationReplay(model.folder(), provider.kernels(), provider.bits(), options)) {
        var running = new LinkedHashMap<String, List<GenerationReplay.Running>>();
        for (JsonNode entry : model.expected().get("generate")) {
          String name = entry.get("name").textValue();
          running.put(name, prompts(entry).stream().map(prompt -> replay.submit(prompt, padding(entry, prompt), entry.get("kwargs"))).toList());
          begun.put(name, prompts(entry).stream().map(replay::begin).toList());
          fillings.put(name, replay.filling(entry.get("kwargs")));
        }
        running.forEach((name, rows) -> texts.put(name, rows.stream().map(GenerationReplay.Running::texts).toList()));
      }
    }

    private List<int[]> prompts(JsonNode entry) {
      if (entry.has("input_ids")) return ReferenceModel.stream(entry.get("input_ids")).map(ReferenceModel::integers).toList();
      if (entry.get("prompt").isNumber()) return List.of(model.prompts().get(entry.get("prompt").intValue()));
      JsonNode batch = model.expected().get("batches").get(0);
      var rows = new ArrayList<int[]>();
      for (int row = 0; row < batch.get("input_ids").size(); row++) rows.add(ReferenceLogits.unpadded(batch, row));
      return rows;
    }

    private int padding(JsonNode entry, int[] prompt) {
      return !entry.path("prompt").isTextual() || model.isEncoderDecoder() ? 0 : model.expected().get("batches").get(0).get("input_ids").get(0).size() - prompt.length;
    }

    void check(JsonNode entry) {
      compute();
      String name = entry.get("name").textValue();
      List<int[]> prompts = prompts(entry);
      List<List<GenerationReplay.Text>> found = texts.get(name);
      JsonNode sequences = entry.get("sequences");
      int returned = entry.get("kwargs").path("num_return_sequences").asInt(1);
      assertThat(sequences).hasSize(prompts.size() * returned);
      for (int row = 0; row < sequences.size(); row++) {
        int[] expected = ReferenceModel.integers(sequences.get(row)), prompt = begun.get(name).get(row / returned);
        int start = padding(entry, prompt) + prompt.length;
        assertThat(Arrays.copyOfRange(expected, start - prompt.length, start)).as("prompt of row %d", row).isEqualTo(prompt);
        assertThat(found.get(row / returned)).as("texts of row %d", row).hasSize(returned);
        GenerationReplay.Text text = found.get(row / returned).get(row % returned);
        assertThat(text.tokens()).as("row %d", row).isEqualTo(Arrays.copyOfRange(expected, start, start + text.tokens().length));
        assertThat(text.count()).as("tokens of row %d", row).isBetween(text.tokens().length, expected.length - start);
        for (int i = start + text.count(); i < expected.length; i++) assertThat(expected[i]).as("filling of row %d", row).isEqualTo(fillings.get(name));
        if (entry.has("sequences_scores")) {
          double score = entry.get("sequences_scores").get(row).doubleValue();
          assertThat(text.score()).as("score of row %d", row).isCloseTo(score, within(SCORE_TOLERANCE * Math.max(1, Math.abs(score))));
        }
      }
    }
  }

  @TestFactory
  Stream<DynamicNode> models() {
    return ReferenceModel.all().stream()
        .filter(model -> model.expected().has("generate"))
        .map(model -> dynamicContainer(model.name(), providers(model)));
  }

  private static Stream<DynamicNode> providers(ReferenceModel model) {
    return TestedProvider.all().stream().map(provider -> {
      var replayed = new Replayed(model, provider);
      return dynamicContainer(provider.toString(), ReferenceModel.stream(model.expected().get("generate"))
          .map(entry -> dynamicTest(entry.get("name").textValue(), () -> replayed.check(entry))));
    });
  }
}
