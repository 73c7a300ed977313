package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;
import org.scriptorium.engine.tokenizer.Tokenizers;

/**
 * Sequences that become longer than those whose positions are turned in one way, through the engine's door: whatever runs beside them, and
 * however little memory there is, the texts are the reference's.
 */
class TestLongSequences {
  /** Two layers, one head, keys and values of 32 tokens by 8 floats. */
  private static final int BLOCK_BYTES = 2 * 2 * 32 * 8 * 4;

  @TempDir Path packed;

  /** The longest, of 136 tokens and 16 more, needs 5 blocks. */
  @ParameterizedTest
  @CsvSource({"1, 256, 1, 64, false", "8, 256, 2, 64, false", "8, 7, 1, 64, false", "8, 40, 2, 6, false", "3, 13, 2, 5, false", "8, 1, 1, 64, false",
      "4, 256, 1, 64, true", "16, 256, 2, 64, true", "8, 7, 1, 64, true", "8, 40, 2, 8, true"})
  void textsAreTheReferences(int batch, int stepTokens, int threads, int blocks, boolean isBeams) {
    ReferenceModel model = model();
    Tokenizer tokenizer = Tokenizers.folder(model.folder());
    List<JsonNode> entries = ReferenceModel.stream(model.expected().get("generate"))
        .filter(entry -> entry.get("kwargs").path("num_beams").asInt(1) > 1 == isBeams).toList();
    assertThat(entries).hasSizeBetween(4, 5);
    List<Request> requests = entries.stream().map(entry -> request(model, entry)).toList();
    List<String> expected = entries.stream().map(entry -> text(model, tokenizer, entry)).toList();
    var options = new EngineOptions(threads, (long) blocks * BLOCK_BYTES, batch, stepTokens, "auto", 0, "float32", packed);
    try (Generator generator = Engine.open(model.folder(), "long", Optional.empty(), options)) {
      assertThat(Hearing.all(generator, requests)).extracting(Completion::text).isEqualTo(expected);
      // Once more from whatever is remembered, in another order.
      var reversed = new ArrayList<>(Hearing.all(generator, requests.reversed()));
      Collections.reverse(reversed);
      assertThat(reversed).extracting(Completion::text).isEqualTo(expected);
    }
  }

  private static Request request(ReferenceModel model, JsonNode entry) {
    String text = model.expected().get("prompts").get(entry.get("prompt").intValue()).get("text").textValue();
    Map<String, Object> arguments = new ObjectMapper().convertValue(entry.get("kwargs"), new TypeReference<>() { });
    arguments.remove("pad_token_id");
    return new Request(new Prompt.Raw(SourcedText.trusted(text)), GenerationConfig.of(arguments));
  }

  private static String text(ReferenceModel model, Tokenizer tokenizer, JsonNode entry) {
    int[] sequence = ReferenceModel.integers(entry.get("sequences").get(0));
    int prompt = model.expected().get("prompts").get(entry.get("prompt").intValue()).get("input_ids").size();
    return tokenizer.decode(Arrays.copyOfRange(sequence, prompt, sequence.length), SpecialTokens.SKIP);
  }

  private static ReferenceModel model() {
    return ReferenceModel.all().stream().filter(model -> model.folder().endsWith("phi3-longrope")).findFirst().orElseThrow();
  }
}
