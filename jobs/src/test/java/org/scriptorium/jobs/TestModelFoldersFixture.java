package org.scriptorium.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.tokenizer.Tokenizer.SpecialTokens;
import org.scriptorium.engine.tokenizer.Tokenizers;

/** Commands on every model folder of the fixtures, those that ship among them, called in this process. */
class TestModelFoldersFixture {
  private static final int NEW_TOKENS = 24;

  @TestFactory
  Stream<DynamicTest> generates() {
    return tests(TestModelFoldersFixture::isGenerating, folder -> {
      for (String option : List.of("--raw", "--threads=1")) {
        Called called = call("generate", "--model", folder.toString(), "--max-new-tokens", "8", option, "In the beginning");
        assertThat(called.status()).as(called.error()).isZero();
        assertThat(called.error()).isEmpty();
        assertThat(called.out()).endsWith(System.lineSeparator());
      }
    });
  }

  /** True for a decoder or an encoder-decoder with a tokenizer. */
  private static boolean isGenerating(Path folder) {
    return Files.exists(folder.resolve("tokenizer_config.json")) && kind(folder) != Kind.ENCODER;
  }

  private static Kind kind(Path folder) {
    return Engine.describe(folder, "model").kind();
  }

  @TestFactory
  Stream<DynamicTest> encodersSayThatTheyGenerateNothing() {
    return tests(folder -> Files.exists(folder.resolve("tokenizer_config.json")) && kind(folder) == Kind.ENCODER, folder -> {
      Called called = call("generate", "--model", folder.toString(), "In the beginning");
      assertThat(called.status()).isEqualTo(1);
      assertThat(called.error()).isEqualTo(("scriptorium: %s: expected a model that generates text, found an encoder (bert); "
          + "it embeds, classifies or marks answers%n").formatted(folder.toAbsolutePath().normalize()));
      assertThat(called.out()).isEmpty();
    });
  }

  /** Where a prompt of the reference has a text. */
  @TestFactory
  Stream<DynamicTest> generatesTheReferencesTexts() {
    return tests(folder -> isGenerating(folder) && !texts(folder).isEmpty(), folder -> texts(folder).forEach((prompt, expected) -> {
      Called called = call("generate", "--model", folder.toString(), "--max-new-tokens", Integer.toString(NEW_TOKENS), "--raw", prompt);
      assertThat(called.status()).as(called.error()).isZero();
      assertThat(called.out()).as(prompt).isEqualTo(expected + System.lineSeparator());
    }));
  }

  @TestFactory
  Stream<DynamicTest> inspects() {
    return tests(folder -> true, folder -> {
      Called called = call("models", "inspect", folder.toString());
      assertThat(called.status()).as(called.error()).isZero();
      List<String> lines = called.out().lines().toList();
      assertThat(lines.getFirst()).isEqualTo("file: " + folder.toAbsolutePath().normalize());
      assertThat(lines).allMatch(line -> line.matches("[a-z0-9_.]+: .+"));
      JsonNode configuration = json(folder.resolve("config.json"));
      Map<String, String> values = lines.stream().collect(Collectors.toMap(line -> line.split(": ")[0], line -> line.split(": ", 2)[1]));
      assertThat(values).containsEntry("architecture", configuration.get("model_type").textValue())
          .containsEntry("class", configuration.get("architectures").get(0).textValue())
          .containsEntry("vocabulary_size", configuration.get("vocab_size").toString())
          .containsKeys("layers", "hidden_size", "attention_heads", "dtype", "shards", "parameters", "tensors", "storage_types", "bytes",
              "sha256", "supported");
      try (var files = Files.list(folder)) {
        assertThat(values.get("shards")).isEqualTo(Long.toString(files.filter(file -> file.toString().endsWith(".safetensors")).count()));
      }
      if (Files.exists(folder.resolve("tokenizer_config.json"))) {
        assertThat(values).containsKeys("tokenizer", "tokenizer_class", "tokenizer_vocabulary_size").containsEntry("supported", "yes")
            .containsEntry("kind", kind(folder).name().toLowerCase(Locale.ROOT).replace('_', '-'));
        if (kind(folder) == Kind.ENCODER) assertThat(values).containsAllEntriesOf(head(configuration));
      } else {
        assertThat(values.get("supported")).startsWith("no: ").contains("has no tokenizer");
      }
      if (Files.exists(folder.resolve("generation_config.json"))) {
        json(folder.resolve("generation_config.json")).properties().stream().filter(field -> field.getKey().endsWith("_id"))
            .forEach(field -> assertThat(values).containsEntry("generation." + field.getKey(), field.getValue().toString()));
      }
    });
  }

  /** What an encoder's class gives. */
  private static Map<String, String> head(JsonNode configuration) {
    return switch (configuration.get("architectures").get(0).textValue()) {
      case "BertForSequenceClassification" -> Map.of("gives", "labels", "labels", IntStream.range(0, configuration.get("id2label").size())
          .mapToObj(i -> configuration.at("/id2label/" + i).textValue()).collect(Collectors.joining(", ")));
      case "BertForQuestionAnswering" -> Map.of("gives", "answers");
      case "BertForMaskedLM" -> Map.of("gives", "masked words");
      default -> Map.of("gives", "vectors", "pooling", "mean", "vector_max_tokens", configuration.get("max_position_embeddings").toString());
    };
  }

  /** The reference's texts after texts, of plain greedy generations. */
  private static Map<String, String> texts(Path folder) {
    JsonNode expected = json(folder.resolve("expected.json"));
    var texts = new LinkedHashMap<String, String>();
    for (JsonNode generation : expected.path("generate")) {
      var arguments = new ArrayList<String>();
      generation.path("kwargs").fieldNames().forEachRemaining(arguments::add);
      arguments.remove("pad_token_id");
      JsonNode prompt = expected.at("/prompts/" + generation.path("prompt").asText("none"));
      if (!prompt.hasNonNull("text") || !arguments.equals(List.of("max_new_tokens"))) continue;
      if (generation.at("/kwargs/max_new_tokens").intValue() != NEW_TOKENS) continue;
      JsonNode sequence = generation.get("sequences").get(0);
      // A decoder goes on with the prompt; that of an encoder-decoder begins with a token of its own.
      int begin = kind(folder) == Kind.DECODER ? prompt.get("input_ids").size() : 1;
      int[] ids = IntStream.range(begin, sequence.size()).map(i -> sequence.get(i).intValue()).toArray();
      texts.put(prompt.get("text").textValue(), Tokenizers.folder(folder).decode(ids, SpecialTokens.SKIP));
    }
    return texts;
  }

  private interface Body {
    void run(Path folder) throws IOException;
  }

  private static Stream<DynamicTest> tests(Predicate<Path> wanted, Body body) {
    List<Path> found = ReferenceFixtures.models().stream().filter(wanted).toList();
    assertThat(found).isNotEmpty();
    return found.stream().map(folder -> dynamicTest((ReferenceFixtures.ships(folder) ? "shipped " : "") + folder.getFileName(),
        () -> body.run(folder)));
  }

  private record Called(int status, String out, String error) {}

  private static Called call(String... arguments) {
    var out = new ByteArrayOutputStream();
    var error = new ByteArrayOutputStream();
    int status = Main.run(new Console(new ByteArrayInputStream(new byte[0]), new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(error, true, StandardCharsets.UTF_8), Console.Kind.FILE), arguments);
    return new Called(status, out.toString(StandardCharsets.UTF_8), error.toString(StandardCharsets.UTF_8));
  }

  private static JsonNode json(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
