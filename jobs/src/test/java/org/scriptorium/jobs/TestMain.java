package org.scriptorium.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.TinyBert;
import org.scriptorium.engine.TinyModel;

/** Commands that need no Spark, called in this process. */
class TestMain {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();
  private byte[] input = {};
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"", "demo", "run", "generate", "models", "models list", "models pull", "models inspect", "bench", "eval"})
  void everyCommandHelps(String command) {
    assertThat(call((command + " --help").strip().split(" "))).isZero();
    assertThat(text(out)).startsWith("Usage: " + ("scriptorium " + command).strip());
    assertThat(text(error)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "frobnicate | Unmatched argument at index 0: 'frobnicate'",
    "models | no command is given",
    "models pull | Missing required parameter: 'NAME'",
    "generate | Missing required parameter: 'PROMPT'",
    "generate --max-new-tokens many hello | Invalid value for option '--max-new-tokens': 'many' is not an int",
    "generate --temperature -1 hello | temperature: expected 0 (greedy) or positive, found -1.0",
    "generate --max-new-tokens 0 hello | max_new_tokens: expected at least 1, found 0",
    "bench --batch 0 --model MODEL | batch: expected at least 1, found 0",
    "bench --prompt-tokens 500 --generate 13 --model MODEL | prompt and generated tokens: expected at most 512, found 513",
    "eval --predictions p.jsonl | Missing required option: '--references=R'",
    "run | Missing required parameter: 'JOB.yaml'",
    "run /no/such/job.yaml | /no/such/job.yaml: there is no such job file"})
  void wrongUseIsOneSentence(String command, String sentence) {
    String model = TinyModel.write(folder, 1).toString();
    assertThat(call(command.replace("MODEL", model).split(" "))).isEqualTo(2);
    assertThat(text(error)).startsWith("scriptorium: " + sentence).doesNotContain("\tat ");
    assertThat(text(out)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "models pull no-such-model | no-such-model: expected a name of the catalog, which has smollm2-135m-instruct, gemma-3-270m, all-minilm-l6-v2",
    "models inspect no-such-model | no-such-model: expected a name of the catalog (see: scriptorium models list), a .gguf file or a model folder, found none of them",
    "generate --model /no/such.gguf hello | /no/such.gguf: expected a name of the catalog (see: scriptorium models list), a .gguf file or a model folder, found none of them"})
  void aMissingModelIsOneSentence(String command, String sentence) {
    assertThat(call(command.split(" "))).isEqualTo(1);
    assertThat(text(error)).isEqualTo("scriptorium: " + sentence + System.lineSeparator());
  }

  @Test
  void versionsOfTheJarAndOfJava() {
    assertThat(call("--version")).isZero();
    assertThat(text(out).lines()).satisfiesExactly(
        jar -> assertThat(jar).startsWith("scriptorium "), java -> assertThat(java).isEqualTo("java " + Runtime.version()));
  }

  @Test
  void verboseShowsTheStack() {
    assertThat(call("models", "inspect", "no-such-model", "--verbose")).isEqualTo(1);
    assertThat(text(error)).contains("ModelException", "\tat org.scriptorium.jobs.Models.locate");
  }

  @Test
  void inspectsAFileByPathAndByUri() {
    var model = TinyModel.write(folder, 1);
    assertThat(call("models", "inspect", model.toString())).isZero();
    var byPath = text(out);
    assertThat(byPath.lines()).first().isEqualTo("file: " + model);
    assertThat(byPath.lines()).contains("layers: " + TinyModel.LAYERS, "hidden_size: " + TinyModel.WIDTH, "tokenizer: gpt2", "pre_tokenizer: smollm")
        .anyMatch(line -> line.startsWith("template: {"));
    out.reset();
    assertThat(call("models", "inspect", model.toUri().toString())).isZero();
    assertThat(text(out)).isEqualTo(byPath);
  }

  @Test
  void inspectsAModelThatReads() {
    var model = new TinyBert("BertForSequenceClassification").write(folder.resolve("bert"));
    assertThat(call("models", "inspect", model.toString())).isZero();
    assertThat(text(out).lines()).contains("file: " + model, "supported: yes", "architecture: bert", "layers: 2", "hidden_size: " + TinyBert.WIDTH,
        "gives: labels", "labels: good, bad, neither", "pooling: mean", "vector_length: none", "vector_max_tokens: " + TinyBert.POSITIONS);
  }

  @Test
  void measuresBatches() {
    var model = TinyModel.write(folder, 1);
    assertThat(call("bench", "--model", model.toString(), "--prompt-tokens", "40", "--generate", "8", "--batch", "1,3", "--threads", "2")).isZero();
    assertThat(text(out).lines()).hasSize(2)
        .allMatch(line -> line.matches("\\{\"engine\":\"scriptorium\",\"type\":\"[A-Z0-9_, ]+\",.*\"prefill_tps\":[0-9.]+,\"decode_tps\":[0-9.]+,"
            + "\"total_tps\":[0-9.]+,\"peak_rss_mib\":[0-9]+}"))
        .satisfiesExactly(one -> assertThat(one).contains("\"batch\":1,"), three -> assertThat(three).contains("\"batch\":3,"));
  }

  @Test
  void aFolderWithoutConfigurationIsNoModel() {
    assertThat(call("models", "inspect", folder.toString())).isEqualTo(1);
    assertThat(text(error)).isEqualTo("scriptorium: %s: expected a .gguf file or a model folder, found a folder without config.json%n"
        .formatted(folder));
  }

  @Test
  void promptsOfStandardInputMustBeUtf8() {
    var model = TinyModel.write(folder, 1);
    input = new byte[] {'a', (byte) 0xff};
    assertThat(call("generate", "--model", model.toString(), "-")).isEqualTo(1);
    assertThat(text(error)).contains("standard input: expected UTF-8");
  }

  @Test
  void aPromptThatIsTooLongFails() {
    var model = TinyModel.write(folder, 1);
    assertThat(call("generate", "--model", model.toString(), "--threads", "1", "word ".repeat(3000))).isEqualTo(1);
    assertThat(text(error)).startsWith("scriptorium: prompt_too_long: ");
    assertThat(text(out)).isEmpty();
  }

  @Test
  void equalPromptsGiveEqualTexts() {
    var model = TinyModel.write(folder, 1);
    assertThat(call("generate", "--model", model.toString(), "--max-new-tokens", "12", "--temperature", "0.8", "Tell me.")).isZero();
    var first = text(out);
    out.reset();
    assertThat(call("generate", "--model", model.toString(), "--max-new-tokens", "12", "--temperature", "0.8", "--threads", "1", "Tell me.")).isZero();
    assertThat(text(out)).isEqualTo(first).isNotBlank();
  }

  @Test
  void theDemoNeedsTheProjectsFolder() {
    // Tests run in the module's folder, which has no conf/demo.yaml.
    assertThat(Files.exists(Path.of("conf", "demo.yaml"))).isFalse();
    assertThat(call("demo")).isEqualTo(2);
    assertThat(text(error)).contains("demo.yaml: there is no such file; the demo runs in the project's folder");
  }

  private int call(String... arguments) {
    return Main.run(new Console(new ByteArrayInputStream(input), stream(out), stream(error), Console.Kind.FILE), arguments);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
