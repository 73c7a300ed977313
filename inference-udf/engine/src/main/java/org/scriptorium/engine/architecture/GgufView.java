package org.scriptorium.engine.architecture;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.Tensor;
import org.scriptorium.engine.weights.Weights;

/** A GGUF file under Hugging Face's names. Errors name keys and tensors as the file does. Borrows the file. */
final class GgufView implements Weights {
  private static final Pattern LAYER =
      Pattern.compile("(?:model\\.layers|encoder\\.layer|(encoder|decoder)\\.block)\\.(\\d+)\\.(.+)\\.(weight|bias)");
  private static final Pattern OUTSIDE = Pattern.compile("(?:model\\.)?(.+)\\.(weight|bias)");

  private final String architecture;
  private final GgufFile file;
  private final GgufNames names;

  GgufView(String architecture, GgufFile file, GgufNames names) {
    this.architecture = architecture;
    this.file = file;
    this.names = names;
  }

  /** The file's metadata and what its tensors imply, as a configuration. */
  Configuration configuration() {
    Metadata metadata = file.metadata();
    var values = new HashMap<String, Object>();
    for (String name : names.keys().values()) {
      String key = key(name);
      if (metadata.has(key)) values.put(key, metadata.number(key));
    }
    refuseOthers(metadata);
    values.put("vocab_size", metadata.strings("tokenizer.ggml.tokens").size());
    values.put("tie_word_embeddings", file.find("output.weight").isEmpty());
    values.put("attention_bias", file.find("blk.0.attn_q.bias").isPresent());
    values.put("mlp_bias", file.find("blk.0.ffn_gate.bias").isPresent());
    values.putAll(names.values());
    scaling(metadata).ifPresent(scaling -> values.put("rope_scaling", scaling));
    Map<String, String> spellings = names.keys().entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey,
        entry -> key(entry.getValue())));
    return Configuration.of(file.path(), values).withNames(spellings);
  }

  private String key(String name) {
    return architecture + "." + name;
  }

  /** What would change the result and has no counterpart in the view. */
  private void refuseOthers(Metadata metadata) {
    if (metadata.integer(key("expert_count"), 0) > 0) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: %s is %d; experts in GGUF files are not supported"
          .formatted(file.path(), key("expert_count"), metadata.integer(key("expert_count"))));
    }
    int heads = metadata.integer(key("attention.head_count"), 1, 1 << 14),
        width = metadata.integer(key("embedding_length"), 1, 1 << 20) / heads;
    int keys = metadata.integer(key("attention.key_length"), width);
    requireSame(metadata, "attention.value_length", keys);
    requireSame(metadata, "rope.dimension_count", keys);
  }

  private void requireSame(Metadata metadata, String name, int expected) {
    int found = metadata.integer(key(name), expected);
    if (found == expected) return;
    throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION, "%s: %s: expected that of keys, %d, found %d"
        .formatted(file.path(), key(name), expected, found));
  }

  private Optional<Map<String, Object>> scaling(Metadata metadata) {
    String type = metadata.string(key("rope.scaling.type"), "none");
    return switch (type) {
      case "none" -> Optional.empty();
      case "linear" -> Optional.of(Map.of("rope_type", "linear", "factor", metadata.real(key("rope.scaling.factor"))));
      case String _ -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION, "%s: %s is \"%s\"; supported are none, linear"
          .formatted(file.path(), key("rope.scaling.type"), type));
    };
  }

  /** The file's name of a tensor; one that is no module's stays as it is. */
  private String translate(String name) {
    Matcher layer = LAYER.matcher(name), outside = OUTSIDE.matcher(name);
    if (layer.matches()) {
      // Models of two stacks have layers of both, whose modules are told apart by their stack.
      String stack = layer.group(1), module = stack == null ? layer.group(3) : stack + "." + layer.group(3);
      String prefix = stack == null ? "" : stack.substring(0, 3) + ".";
      if (names.modules().containsKey(module)) {
        return "%sblk.%s.%s.%s".formatted(prefix, layer.group(2), names.modules().get(module), layer.group(4));
      }
    }
    if (outside.matches() && names.modules().containsKey(outside.group(1))) {
      return names.modules().get(outside.group(1)) + "." + outside.group(2);
    }
    return name;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public long bytes() {
    return file.bytes();
  }

  /** Under the file's own names. */
  @Override
  public Collection<Tensor> tensors() {
    return file.tensors();
  }

  @Override
  public Optional<Tensor> find(String name) {
    return file.find(translate(name));
  }

  @Override
  public Tensor tensor(String name) {
    return file.tensor(translate(name));
  }

  /** Leaves the file open: it is borrowed. */
  @Override
  public void close() {}
}
