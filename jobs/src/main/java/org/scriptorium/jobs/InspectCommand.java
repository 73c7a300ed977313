package org.scriptorium.jobs;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.Fingerprint;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Tensor;
import org.scriptorium.engine.weights.Weights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code models inspect MODEL}: one {@code key: value} a line, so that scripts can read it. */
@Command(name = "inspect", description = "Shows what a model's file says of itself, one key a line.")
final class InspectCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private Verbosity verbosity;

  @Parameters(paramLabel = "MODEL", description = "Catalog name, .gguf file, or folder of a model.")
  private String model;

  InspectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var file = Models.locate(model);
    if (ModelFolder.isFolder(file)) inspectFolder(file);
    else inspectFile(file);
    return 0;
  }

  private void inspectFile(Path file) {
    try (var weights = GgufFile.open(file)) {
      showSource(file, weights);
      showArchitecture(weights.metadata());
      showTensors(weights);
      showTokenizer(weights.metadata());
    }
  }

  private void inspectFolder(Path folder) {
    try (var weights = ModelFolder.open(folder)) {
      showSource(folder, weights);
      var configuration = weights.configuration();
      show("architecture", configuration.string("model_type"));
      var keys = Map.of("context_length", "max_position_embeddings", "layers", "num_hidden_layers", "hidden_size", "hidden_size",
          "feed_forward_size", "intermediate_size", "attention_heads", "num_attention_heads", "vocabulary_size", "vocab_size");
      new TreeMap<>(keys).forEach((name, key) -> {
        if (configuration.has(key)) show(name, configuration.text(key));
      });
      showTensors(weights);
    }
  }

  private void showSource(Path file, Weights weights) {
    show("file", file.toString());
    show("bytes", weights.bytes());
    show("sha256", Fingerprint.sha256(file));
    try {
      var description = Engine.describe(file, model);
      show("supported", "yes");
      if (description.kind() == Kind.ENCODER) ReaderLines.of(file).forEach(this::show);
    } catch (ModelException exception) {
      show("supported", "no: " + exception.getMessage());
    }
  }

  private void showArchitecture(Metadata metadata) {
    var architecture = metadata.text("general.architecture");
    show("name", metadata.text("general.name"));
    show("architecture", architecture);
    var keys = Map.of("context_length", "context_length", "layers", "block_count", "hidden_size", "embedding_length", "feed_forward_size",
        "feed_forward_length", "attention_heads", "attention.head_count", "key_value_heads", "attention.head_count_kv");
    new TreeMap<>(keys).forEach((name, key) -> show(name, metadata.text(architecture + "." + key)));
  }

  private void showTensors(Weights weights) {
    show("parameters", weights.tensors().stream().mapToLong(Tensor::elements).sum());
    show("tensors", weights.tensors().size());
    var types = weights.tensors().stream().collect(Collectors.groupingBy(Tensor::type, TreeMap<StorageType, Long>::new, Collectors.counting()));
    show("storage_types", types.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue()).collect(Collectors.joining(", ")));
  }

  private void showTokenizer(Metadata metadata) {
    show("tokenizer", metadata.text("tokenizer.ggml.model"));
    show("pre_tokenizer", metadata.text("tokenizer.ggml.pre"));
    if (metadata.has("tokenizer.ggml.tokens")) show("vocabulary_size", metadata.strings("tokenizer.ggml.tokens").size());
    show("bos_token_id", metadata.text("tokenizer.ggml.bos_token_id"));
    show("eos_token_id", metadata.text("tokenizer.ggml.eos_token_id"));
    show("template", metadata.text("tokenizer.chat_template"));
  }

  private void show(String key, long value) {
    show(key, Long.toString(value));
  }

  /** A value stays on its line, whatever it holds; a key that the file lacks is left out. */
  private void show(String key, String value) {
    if (!value.isEmpty()) console.out().println(key + ": " + value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n"));
  }
}
