package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;
import org.scriptorium.engine.tokenizer.Tokenizers;

/** A folder behind the engine's door. Its vocabulary is larger than its tokenizer's, as in many released models. */
class TestFolderGeneration {
  private static final int NEW_TOKENS = 24;
  /** Without a frame; the model has 32 ids. */
  private static final String TOKENIZER = """
      {"version": "1.0", "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null, "added_tokens": [],
       "post_processor": null, "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}""";

  @TempDir private Path folder;
  @TempDir private Path packed;

  @Test
  void idsBeyondTheTokenizersAreChosenAndSpellNothing() throws IOException {
    Path model = new TinyFolder().write(folder);
    Files.writeString(model.resolve("generation_config.json"), "{}");
    Files.writeString(model.resolve("tokenizer.json"), TOKENIZER.formatted(words(20)));
    int[] generated;
    try (var replay = new GenerationReplay(model, "vector", 0, options())) {
      var arguments = new ObjectMapper().createObjectNode().put("max_new_tokens", NEW_TOKENS);
      generated = replay.submit(new int[] {3, 4}, 0, arguments).texts().getFirst().tokens();
    }
    assertThat(generated).hasSize(NEW_TOKENS);
    assertThat(Arrays.stream(generated).boxed()).anyMatch(id -> id < 20).anyMatch(id -> id >= 20);
    Completion completion = generate(model, "w3 w4");
    assertThat(completion.error()).isEmpty();
    assertThat(completion.promptTokens()).isEqualTo(2);
    assertThat(completion.completionTokens()).isEqualTo(NEW_TOKENS);
    assertThat(completion.text()).isEqualTo(Tokenizers.folder(model).decode(generated, SpecialTokens.SKIP)).isNotBlank();
  }

  /** Later layers' keys of all the rows that were computed with the bad token are no numbers either. */
  @ParameterizedTest
  @CsvSource({"float32, scalar", "float32, vector", "float16, vector"})
  void aPromptThatCantBeComputedSpoilsNoneThatBeginsAlike(String cacheType, String kernels) throws IOException {
    Path model = new TinyFolder().deeper().unreadable(31).write(folder);
    Files.writeString(model.resolve("generation_config.json"), "{}");
    Files.writeString(model.resolve("tokenizer.json"), TOKENIZER.formatted(words(32)));
    String beginning = IntStream.range(0, 44).mapToObj(i -> "w" + (1 + i % 20)).collect(Collectors.joining(" "));
    var options = new EngineOptions(1, 1L << 20, 2, 64, kernels, 0, cacheType, packed);
    Completion alone;
    try (var generator = Engine.open(model, "tiny", Optional.empty(), options)) {
      alone = Hearing.all(generator, List.of(request(beginning + " w2", 4))).getFirst();
    }
    try (var generator = Engine.open(model, "tiny", Optional.empty(), options)) {
      Completion bad = Hearing.all(generator, List.of(request(beginning + " w31", 4))).getFirst();
      assertThat(bad.errorCode()).isEqualTo("non_finite_logits");
      Completion good = Hearing.all(generator, List.of(request(beginning + " w2", 4))).getFirst();
      assertThat(good.error()).isEmpty();
      assertThat(good.text()).isNotEmpty().isEqualTo(alone.text());
      assertThat(Hearing.all(generator, List.of(request(beginning + " w3", 4))).getFirst().cachedTokens()).as("good ones are shared").isEqualTo(32);
    }
  }

  /** As of released models with tokens for images: the tokenizer knows them, the model has nothing for them. */
  @Test
  void tokensThatTheModelLacksAreTheirOwnRowsErrors() throws IOException {
    Path model = new TinyFolder().write(folder);
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": 1}");
    Files.writeString(model.resolve("tokenizer.json"), TOKENIZER.formatted(words(40)));
    try (var generator = Engine.open(model, "tiny", Optional.empty(), options())) {
      var labels = new Request(new Prompt.Raw(SourcedText.trusted("w5")), GenerationConfig.DEFAULT, List.of("w3", "w36"));
      var completions = Hearing.all(generator, List.of(request("w3 w4", 4), request("w3 w35", 4), request("w6", 4), labels));
      assertThat(completions).extracting(Completion::errorCode).containsExactly("", "invalid_parameter", "", "invalid_parameter");
      assertThat(completions.get(1).error()).isEqualTo(
          "the prompt: expected tokens below 32, as many as the model has, found 35; leave out the text that stands for it");
      assertThat(completions.get(3).error()).startsWith("choices: 'w36': expected tokens below 32, ");
    }
  }

  private static Request request(String text, int tokens) {
    return new Request(new Prompt.Raw(SourcedText.trusted(text)), GenerationConfig.DEFAULT.withMaxNewTokens(tokens));
  }

  @Test
  void aFolderWithoutTokenizerIsRefusedAtTheDoor() {
    Path model = new TinyFolder().write(folder);
    assertThatThrownBy(() -> Engine.describe(model, "tiny")).isInstanceOf(ModelException.class)
        .hasMessageStartingWith("%s: has no tokenizer; expected tokenizer.json, tokenizer.model, ".formatted(model))
        .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    assertThatThrownBy(() -> generate(model, "w3")).isInstanceOf(ModelException.class).hasMessageContaining("has no tokenizer");
  }

  @Test
  void aTokenizerOfAnUnknownClassIsRefusedByItsName() throws IOException {
    Path model = new TinyFolder().write(folder);
    Files.writeString(model.resolve("vocab.json"), "{\"a\": 0}");
    Files.writeString(model.resolve("merges.txt"), "#version: 0.2\n");
    Files.writeString(model.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"BlenderbotTokenizer\"}");
    assertThatThrownBy(() -> Engine.describe(model, "tiny")).isInstanceOf(ModelException.class)
        .hasMessageStartingWith(
            "%s/tokenizer_config.json: tokenizer_class is \"BlenderbotTokenizer\"; supported are GPT2Tokenizer, ".formatted(model))
        .hasMessageEndingWith(" where there is no tokenizer.json. Convert the model or choose another.")
        .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.UNSUPPORTED_CONFIGURATION);
  }

  private Completion generate(Path model, String text) {
    var completion = new CompletableFuture<Completion>();
    try (var generator = Engine.open(model, "tiny", Optional.empty(), options())) {
      var raw = new Prompt.Raw(SourcedText.trusted(text));
      generator.submit(new Request(raw, GenerationConfig.DEFAULT.withMaxNewTokens(NEW_TOKENS)), completion::complete);
      return completion.join();
    }
  }

  private EngineOptions options() {
    return new EngineOptions(1, 1L << 20, 2, 64, "vector", 0, "float32", packed);
  }

  private static String words(int count) {
    var words = new StringBuilder();
    for (int id = 0; id < count; id++) words.append(id == 0 ? "" : ", ").append("\"w%d\": %d".formatted(id, id));
    return words.toString();
  }
}
