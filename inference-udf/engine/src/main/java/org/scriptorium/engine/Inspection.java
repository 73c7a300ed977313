package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Fingerprint;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Tensor;
import org.scriptorium.engine.weights.Weights;

/** What a model says of itself, whether it is supported or not, as names and values for people and scripts. */
public final class Inspection {
  /** Names of sizes, and the keys that families of folders have for them. */
  private static final List<List<String>> SIZES = List.of(
      List.of("context_length", "max_position_embeddings", "n_positions", "n_ctx"),
      List.of("layers", "num_hidden_layers", "n_layer", "num_layers", "encoder_layers"),
      List.of("encoder_layers", "encoder_layers"), List.of("decoder_layers", "decoder_layers", "num_decoder_layers"),
      List.of("hidden_size", "hidden_size", "n_embd", "d_model"),
      List.of("feed_forward_size", "intermediate_size", "n_inner", "d_ff", "d_inner", "encoder_ffn_dim"),
      List.of("attention_heads", "num_attention_heads", "n_head", "num_heads", "encoder_attention_heads"),
      List.of("key_value_heads", "num_key_value_heads"),
      List.of("experts", "n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts"),
      List.of("sliding_window", "sliding_window"), List.of("memory_length", "mem_len"), List.of("vocabulary_size", "vocab_size"));
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "source.spm", "target.spm", "tokenizer.model", "spiece.model", "vocab.json", "merges.txt", "vocab.txt");

  private final Map<String, String> values = new LinkedHashMap<>();

  private Inspection() {}

  /**
   * Names and values in the order to be shown, {@code file} (the full path) first; what a model does not say is left out.
   *
   * @param model a GGUF file or a model folder
   * @throws ModelException if it is not there, can't be read or is damaged
   */
  public static Map<String, String> of(Path model) {
    var inspection = new Inspection();
    inspection.show("file", model.toAbsolutePath().normalize().toString());
    if (ModelFolder.isFolder(model)) {
      try (var folder = ModelFolder.open(model)) {
        inspection.folder(folder);
      }
    } else {
      try (var file = GgufFile.open(model)) {
        inspection.gguf(file);
      }
    }
    return inspection.values;
  }

  private void gguf(GgufFile file) {
    Metadata metadata = file.metadata();
    String architecture = metadata.text("general.architecture");
    about(file, architecture);
    show("name", metadata.text("general.name"));
    var keys = Map.of("context_length", "context_length", "layers", "block_count", "hidden_size", "embedding_length", "feed_forward_size",
        "feed_forward_length", "attention_heads", "attention.head_count", "key_value_heads", "attention.head_count_kv");
    new TreeMap<>(keys).forEach((name, key) -> show(name, metadata.text(architecture + "." + key)));
    tensors(file);
    show("tokenizer", metadata.text("tokenizer.ggml.model"));
    show("pre_tokenizer", metadata.text("tokenizer.ggml.pre"));
    if (metadata.has("tokenizer.ggml.tokens")) show("vocabulary_size", Integer.toString(metadata.strings("tokenizer.ggml.tokens").size()));
    show("bos_token_id", metadata.text("tokenizer.ggml.bos_token_id"));
    show("eos_token_id", metadata.text("tokenizer.ggml.eos_token_id"));
    show("template", metadata.text("tokenizer.chat_template"));
  }

  private void folder(ModelFolder folder) {
    Configuration configuration = folder.configuration();
    about(folder, text(configuration, "model_type"));
    show("class", configuration.isList("architectures") ? String.join(", ", configuration.strings("architectures")) : "");
    for (List<String> size : SIZES) {
      size.stream().skip(1).filter(configuration::has).findFirst().ifPresent(key -> show(size.getFirst(), configuration.text(key)));
    }
    show("dtype", text(configuration, configuration.has("dtype") ? "dtype" : "torch_dtype"));
    show("shards", Integer.toString(folder.shards().size()));
    tensors(folder);
    tokenizer(folder.path());
    for (String key : List.of("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id")) {
      show(key, text(folder.generation().has(key) ? folder.generation() : configuration, key));
    }
    for (String key : folder.generation().keys()) {
      if (!key.equals("transformers_version") && !key.startsWith("_")) show("generation." + key, text(folder.generation(), key));
    }
  }

  private void about(Weights weights, String architecture) {
    show("architecture", architecture);
    show("bytes", Long.toString(weights.bytes()));
    show("sha256", Fingerprint.sha256(weights.path()));
    support(weights.path());
  }

  private void support(Path model) {
    try {
      ModelDescription description = Engine.describe(model, model.toString());
      show("supported", "yes");
      show("kind", description.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    } catch (ModelException e) {
      show("supported", "no: " + e.getMessage());
    }
  }

  private void tensors(Weights weights) {
    show("parameters", Long.toString(weights.tensors().stream().mapToLong(Tensor::elements).sum()));
    show("tensors", Integer.toString(weights.tensors().size()));
    var types = weights.tensors().stream()
        .collect(Collectors.groupingBy(Tensor::type, TreeMap<StorageType, Long>::new, Collectors.counting()));
    var counts = types.entrySet().stream().map(entry -> entry.getKey() + " " + entry.getValue());
    show("storage_types", counts.collect(Collectors.joining(", ")));
  }

  private void tokenizer(Path folder) {
    show("tokenizer", TOKENIZER_FILES.stream().filter(name -> folder.resolve(name).toFile().isFile()).collect(Collectors.joining(", ")));
    show("tokenizer_class", text(FolderTexts.settings(folder, FolderTexts.SETTINGS), "tokenizer_class"));
    try {
      show("tokenizer_vocabulary_size", Integer.toString(FolderTexts.read(folder).tokenizer().vocabularySize()));
    } catch (ModelException e) {
      show("tokenizer_supported", "no: " + e.getMessage());
    }
    FolderTexts.source(folder).ifPresent(template -> show("template", template.source()));
  }

  private static String text(Configuration configuration, String key) {
    return configuration.has(key) ? configuration.text(key) : "";
  }

  private void show(String name, String value) {
    if (!value.isEmpty()) values.put(name, value);
  }
}
