package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;

/** Requests with choices get one of them, as it stands in the request, whatever the model would rather say. */
@Timeout(180)
class TestChoices {
  private static final List<String> CHOICES = List.of("urgent", "not urgent", "not urgent at all", " Über 5 % \n", "<|im_end|>", "日本");

  @TempDir private static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    model = TinyModel.write(folder, 1);
  }

  @Test
  void everyTextIsAChoice() {
    var requests = new ArrayList<Request>();
    for (int i = 0; i < 60; i++) requests.add(request("document " + i, i % 2 == 0 ? 0 : 3, CHOICES));
    List<Completion> alone = all(1, requests), together = all(16, requests);
    assertThat(together).isEqualTo(alone);
    assertThat(alone).allSatisfy(completion -> {
      assertThat(completion.text()).isIn(CHOICES);
      assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP);
    });
    // What the model chooses is its own: warm ones take several.
    assertThat(alone.stream().map(Completion::text).distinct().count()).isGreaterThan(1);
  }

  @Test
  void choicesAreAPartOfTheRequest() {
    List<Completion> found = all(4, List.of(request("x", 0, List.of("a", "b")), request("x", 0, List.of("c", "d")), request("x", 0, List.of())));
    assertThat(found.get(0).text()).isIn("a", "b");
    assertThat(found.get(1).text()).isIn("c", "d");
    assertThat(found.stream().map(Completion::requestKey).distinct()).hasSize(3);
  }

  @Test
  void roomIsKeptForTheChoice() {
    String text = "word ".repeat(2 * TinyModel.CONTEXT);
    var none = request(text, 0, CHOICES);
    var middle = new Request(none.prompt(), none.config().withTruncation(Truncation.MIDDLE), CHOICES);
    List<Completion> found = all(2, List.of(none, middle));
    assertThat(found.get(0).errorCode()).isEqualTo("prompt_too_long");
    assertThat(found.get(1).text()).isIn(CHOICES);
  }

  @Test
  void choicesThatCantBeToldApartAreRefused() {
    List<Completion> found = all(2, List.of(request("x", 0, List.of("a", "a")), request("x", 0, List.of("a", ""))));
    assertThat(found.get(0).error()).isEqualTo("choices: 'a' and 'a' are the same to this model");
    assertThat(found.get(1).error()).isEqualTo("choices: '' has no tokens in this model");
    assertThat(found).extracting(Completion::errorCode).containsOnly("invalid_parameter");
  }

  /** Where a model reads with one vocabulary and writes with another, its choices are texts that it writes. */
  @Test
  void choicesHaveTheTokensOfTheTargetsSide() {
    Path marian = ReferenceFixtures.models().stream().filter(path -> path.endsWith("marian")).findFirst().orElseThrow();
    Tokenizer source = Tokenizers.folder(marian), target = Tokenizers.target(marian, source);
    List<String> choices = List.of("Der alte Brief liegt in der Stadt", "the old letter lies in the city", "Bibliothek", "library");
    assertThat(choices).allSatisfy(choice -> assertThat(tokens(source, choice)).isNotEqualTo(tokens(target, choice)));
    var requests = new ArrayList<Request>();
    for (int i = 0; i < 40; i++) {
      requests.add(new Request(new Prompt.Raw(SourcedText.row("letter " + i)), GenerationConfig.of(Map.of("temperature", 5f, "seed", i)), choices));
    }
    List<Completion> found = all(marian, 16, requests);
    assertThat(found.stream().map(Completion::text).distinct()).hasSizeGreaterThan(1).isSubsetOf(choices);
    // And the token that ends it.
    assertThat(found).allSatisfy(each -> assertThat(each.completionTokens()).isEqualTo(tokens(target, each.text()).length + 1));
  }

  private static int[] tokens(Tokenizer tokenizer, String text) {
    return tokenizer.encode(SourcedText.row(text));
  }

  private static Request request(String text, float temperature, List<String> choices) {
    return new Request(Prompt.user(SourcedText.row(text)), GenerationConfig.of(Map.of("temperature", temperature)), choices);
  }

  private static List<Completion> all(int batch, List<Request> requests) {
    return all(model, batch, requests);
  }

  private static List<Completion> all(Path model, int batch, List<Request> requests) {
    var options = new EngineOptions(2, 64 << 20, batch, 64, "auto", 0, "float16", folder);
    try (Generator generator = Engine.open(model, "tiny", Optional.empty(), options)) {
      return Hearing.all(generator, requests).stream().map(TestChoices::withoutCache).toList();
    }
  }

  /** What was cached depends on what ran before. */
  private static Completion withoutCache(Completion completion) {
    return new Completion(completion.text(), completion.finishReason(), completion.errorCode(), completion.error(), completion.promptTokens(),
        0, completion.completionTokens(), completion.model(), completion.requestKey());
  }
}
