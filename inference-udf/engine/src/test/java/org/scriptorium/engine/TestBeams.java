package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Alternative;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Beams inside the continuous batch, through the engine's door, on a model of random weights. */
class TestBeams {
  /** Of the tiny model's cache: two layers, two heads, keys and values of 32 tokens by 16 floats. */
  private static final int BLOCK_BYTES = 2 * 2 * 2 * 32 * 16 * 4;

  @TempDir private static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    model = TinyModel.write(folder, 1);
  }

  @ParameterizedTest
  @CsvSource({"6, 6, 2, 64", "6, 256, 1, 64", "64, 64, 1, 64", "64, 70, 2, 48", "13, 40, 2, 40"})
  void textsAndScoresDependOnTheirRequestsAlone(int batch, int stepTokens, int threads, int blocks) {
    List<Request> requests = requests();
    List<Completion> alone = new ArrayList<>();
    try (Generator generator = open(6, 512, 1, 64)) {
      for (Request request : requests) alone.addAll(Hearing.all(generator, List.of(request)));
    }
    assertThat(alone).extracting(Completion::errorCode).containsOnly("");
    try (Generator generator = open(batch, stepTokens, threads, blocks)) {
      assertThat(all(Hearing.all(generator, requests))).isEqualTo(all(alone));
      // A second time, from whatever the prefix cache holds by now, and in another order.
      var shuffled = new ArrayList<>(requests);
      Collections.reverse(shuffled);
      var again = new ArrayList<>(Hearing.all(generator, shuffled));
      Collections.reverse(again);
      assertThat(all(again)).isEqualTo(all(alone));
    }
  }

  @Test
  void alternativesComeBestFirst() {
    Completion found = one(Map.of("num_beams", 5, "num_return_sequences", 4, "max_new_tokens", 12));
    assertThat(found.alternatives()).hasSize(4).isSortedAccordingTo((one, other) -> Double.compare(other.score(), one.score()));
    assertThat(found.alternatives().getFirst()).extracting(Alternative::text, Alternative::tokens)
        .containsExactly(found.text(), found.completionTokens());
    assertThat(found.alternatives()).extracting(Alternative::text).doesNotHaveDuplicates();
    assertThat(found.alternatives()).allSatisfy(each -> assertThat(each.score()).isNegative());
    assertThat(one(Map.of("num_beams", 3)).alternatives()).hasSize(1);
    assertThat(one(Map.of()).alternatives()).isEmpty();
  }

  @Test
  void moreBeamsFindNoWorseText() {
    double few = one(Map.of("num_beams", 2, "max_new_tokens", 8, "min_new_tokens", 8)).alternatives().getFirst().score();
    double many = one(Map.of("num_beams", 40, "max_new_tokens", 8, "min_new_tokens", 8)).alternatives().getFirst().score();
    assertThat(many).isGreaterThanOrEqualTo(few);
  }

  @Test
  void beamsShareTheBlocksOfTheirPrompt() {
    // 8 blocks of prompt and one block each; copies of everything would be 36.
    var request = raw("!".repeat(8 * 32), Map.of("num_beams", 4, "max_new_tokens", 20));
    try (Generator generator = open(8, 64, 2, 12)) {
      Completion first = Hearing.all(generator, List.of(request)).getFirst();
      assertThat(first.error()).isEmpty();
      // All blocks are free again.
      assertThat(Hearing.all(generator, List.of(request)).getFirst().text()).isEqualTo(first.text());
    }
    try (Generator generator = open(8, 64, 2, 11)) {
      assertThat(Hearing.all(generator, List.of(request)).getFirst()).extracting(Completion::errorCode, Completion::error).containsExactly(
          "cache_too_small", "275 tokens need 12 cache blocks, the engine has 11; give spark.scriptorium.engine.cache-memory more");
    }
  }

  @Test
  void cancelledBeamsLeaveNothingBehind() {
    try (Generator generator = open(8, 64, 2, 24)) {
      for (int i = 0; i < 5; i++) {
        var hearing = new Hearing();
        generator.submit(raw("!".repeat(40 + i), Map.of("num_beams", 8, "max_new_tokens", 40, "min_new_tokens", 40)), hearing).cancel();
        assertThat(hearing.completion().errorCode()).isIn("cancelled", "");
      }
      var whole = raw("!".repeat(8 * 32), Map.of("num_beams", 8, "max_new_tokens", 60));
      assertThat(Hearing.all(generator, List.of(whole)).getFirst().error()).isEmpty();
    }
  }

  @Test
  void moreBeamsThanRunTogetherAreRefused() {
    try (Generator generator = open(4, 64, 1, 64)) {
      List<Completion> found = Hearing.all(generator, List.of(raw("a", Map.of("num_beams", 5)), raw("a", Map.of("num_beams", 4, "max_new_tokens", 3))));
      assertThat(found.get(0)).extracting(Completion::finishReason, Completion::errorCode, Completion::error).containsExactly(FinishReason.ERROR,
          "invalid_parameter", "num_beams: expected at most 4, as many sequences as run together, found 5; raise spark.scriptorium.engine.max-batch");
      assertThat(found.get(1).error()).isEmpty();
    }
  }

  @Test
  void choicesAreSearchedToo() {
    var choices = List.of("the library", "the letters", "a city");
    var request = new Request(Prompt.user(SourcedText.row("what?")), GenerationConfig.of(Map.of("num_beams", 4)), choices);
    try (Generator generator = open(8, 64, 1, 64)) {
      Completion found = Hearing.all(generator, List.of(request)).getFirst();
      assertThat(found.error()).isEmpty();
      assertThat(found.text()).isIn(choices);
    }
  }

  private static Completion one(Map<String, ?> parameters) {
    try (Generator generator = open(40, 64, 1, 128)) {
      return Hearing.all(generator, List.of(raw("the people of the city", parameters))).getFirst();
    }
  }

  /** Beams of all kinds next to requests without, with common beginnings and without. */
  private static List<Request> requests() {
    var stopping = List.of("false", "true", "never");
    var requests = new ArrayList<Request>();
    for (int i = 0; i < 14; i++) {
      String text = (i % 2 == 0 ? "the library holds the letters of a city. ".repeat(1 + i % 3) : "row ") + i;
      Map<String, ?> parameters = i % 4 == 3 ? Map.of("max_new_tokens", 10 + i, "temperature", i % 3 * 0.5)
          : Map.of("max_new_tokens", 8 + 3 * i, "num_beams", 2 + i % 5, "early_stopping", stopping.get(i % 3), "length_penalty", i % 5 * 0.5 - 0.5,
              "num_return_sequences", 1 + i % 2, "no_repeat_ngram_size", i % 3, "repetition_penalty", i % 2 == 0 ? 1 : 1.2);
      requests.add(raw(text, parameters));
    }
    return requests;
  }

  private static Request raw(String text, Map<String, ?> parameters) {
    return new Request(new Prompt.Raw(SourcedText.row(text)), GenerationConfig.of(parameters));
  }

  /** All that has to be the same, whatever the neighbours. */
  private static List<String> all(List<Completion> completions) {
    return completions.stream().map(completion -> "%s|%s|%s|%d|%d|%s|%s".formatted(completion.text(), completion.finishReason(), completion.error(),
        completion.promptTokens(), completion.completionTokens(), completion.requestKey(), completion.alternatives())).toList();
  }

  private static Generator open(int batch, int stepTokens, int threads, int blocks) {
    return Engine.open(model, "tiny", Optional.empty(),
        new EngineOptions(threads, (long) blocks * BLOCK_BYTES, batch, stepTokens, "auto", 0, "float32", folder));
  }
}
