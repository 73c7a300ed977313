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
      Pattern.compile("(?:model\\.layers|encoder\\.layer|(encoder|decoder)\\.block|(?:transformer\\.)?h)\\.(\\d+)\\.(.+)");
  private static final Pattern MODULE = Pattern.compile("(.+)\\.(weight|bias)");
  private static final Pattern OUTSIDE = Pattern.compile("(?:model\\.|transformer\\.)?(.+)\\.(weight|bias)");
  private static final Pattern EXPERT = Pattern.compile("(.+\\.experts\\.)(\\d+)(\\..+)");
  private static final String WINDOW = "attention.sliding_window", KEY_WIDTH = "attention.key_length";

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
      // A window of zero is none.
      boolean given = metadata.has(key) && !(name.equals(WINDOW) && metadata.integer(key) == 0);
      if (given) values.put(key, metadata.scalar(key));
    }
    refuseOthers(metadata);
    if (names.keys().containsValue(KEY_WIDTH)) values.putIfAbsent(key(KEY_WIDTH), keyWidth(metadata));
    values.put("vocab_size", metadata.strings("tokenizer.ggml.tokens").size());
    values.put("tie_word_embeddings", file.find("output.weight").isEmpty());
    boolean biased = file.find("blk.0.attn_q.bias").isPresent() || file.find("blk.0.attn_kv_a_mqa.bias").isPresent();
    for (String key : new String[] {"attention_bias", "use_bias"}) values.put(key, biased);
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
    if (!names.keys().containsValue("expert_count") && metadata.integer(key("expert_count"), 0) > 0) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: %s is %d; experts of this architecture in GGUF files are not supported"
          .formatted(file.path(), key("expert_count"), metadata.integer(key("expert_count"))));
    }
    names.fixed().forEach((name, value) -> {
      if (!names.keys().containsValue(name)) requireNumber(metadata, name, GgufNames.FIXED.get(name), value);
    });
    for (String name : new String[] {"rope_factors_long.weight", "rope_factors_short.weight"}) {
      if (file.find(name).isPresent()) {
        throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION, "%s: %s: rotary factors of long and short contexts are not supported"
            .formatted(file.path(), name));
      }
    }
    if (readsLatents()) return;
    int keys = metadata.integer(key(KEY_WIDTH), keyWidth(metadata));
    requireNumber(metadata, "attention.value_length", keys, keys);
    requireNumber(metadata, "rope.dimension_count", keys, keys);
  }

  private int keyWidth(Metadata metadata) {
    return metadata.integer(key("embedding_length"), 1, 1 << 20) / metadata.integer(key("attention.head_count"), 1, 1 << 14);
  }

  /** Latent attention has sizes of its own. */
  private boolean readsLatents() {
    return names.keys().containsKey("kv_lora_rank");
  }

  private void requireNumber(Metadata metadata, String name, double absent, double expected) {
    double found = metadata.real(key(name), absent);
    if (found == expected) return;
    throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
        "%s: %s: expected %s, found %s; nothing else is supported for this architecture".formatted(file.path(), key(name), plain(expected),
            plain(found)));
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private Optional<Map<String, Object>> scaling(Metadata metadata) {
    String type = metadata.string(key("rope.scaling.type"), "none");
    return switch (type) {
      case "none" -> Optional.empty();
      case "linear" -> Optional.of(Map.of("rope_type", "linear", "factor", metadata.real(key("rope.scaling.factor"))));
      case "yarn" -> Optional.of(yarn(metadata));
      case String _ -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION, "%s: %s is \"%s\"; supported are none, linear, yarn"
          .formatted(file.path(), key("rope.scaling.type"), type));
    };
  }

  private Map<String, Object> yarn(Metadata metadata) {
    String prefix = "rope.scaling.";
    for (String name : new String[] {"attn_factor", "yarn_attn_factor", "yarn_ext_factor"}) requireNumber(metadata, prefix + name, 1, 1);
    var result = new HashMap<String, Object>(Map.of("rope_type", "yarn", "factor", metadata.real(key(prefix + "factor")),
        "original_max_position_embeddings", metadata.integer(key(prefix + "original_context_length"))));
    Map.of("beta_fast", "yarn_beta_fast", "beta_slow", "yarn_beta_slow").forEach((key, name) -> {
      if (metadata.has(key(prefix + name))) result.put(key, metadata.real(key(prefix + name)));
    });
    String multiplier = prefix + "yarn_log_multiplier";
    if (!readsLatents()) {
      requireNumber(metadata, multiplier, 0, 0);
    } else if (metadata.has(key(multiplier))) {
      // A tenth of mscale_all_dim, rounded to float32; mscale, which files do not have, is the same in all models there are.
      double scale = Math.rint(metadata.real(key(multiplier)) * 1e7) / 1e6;
      result.put("mscale", scale);
      result.put("mscale_all_dim", scale);
    }
    return result;
  }

  /** The file's name of a tensor; one that has none stays as it is. */
  private String translate(String name) {
    Matcher layer = LAYER.matcher(name), outside = OUTSIDE.matcher(name);
    if (layer.matches()) {
      // Models of two stacks have layers of both, whose modules are told apart by their stack.
      String stack = layer.group(1), within = stack == null ? layer.group(3) : stack + "." + layer.group(3);
      String prefix = stack == null ? "" : stack.substring(0, 3) + ".", tensor = names.tensors().get(within);
      Matcher module = MODULE.matcher(within);
      if (tensor == null && module.matches() && names.modules().containsKey(module.group(1))) {
        tensor = names.modules().get(module.group(1)) + "." + module.group(2);
      }
      if (tensor != null) return "%sblk.%s.%s".formatted(prefix, layer.group(2), tensor);
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

  /** An expert's tensor is cut out of its block's stack [experts, outputs, inputs]. */
  @Override
  public Optional<Tensor> find(String name) {
    Matcher expert = EXPERT.matcher(name);
    if (!expert.matches()) return file.find(translate(name));
    int index = Integer.parseInt(expert.group(2));
    return file.find(translate(expert.group(1) + "#" + expert.group(3)))
        .filter(stack -> stack.shape().length == 3 && index < stack.shape()[0])
        .map(stack -> stack.rows(index * stack.shape()[1], stack.shape()[1]));
  }

  @Override
  public Tensor tensor(String name) {
    return find(name).orElseGet(() -> file.tensor(translate(name.replaceFirst("\\.experts\\.\\d+\\.", ".experts.#."))));
  }

  /** Leaves the file open: it is borrowed. */
  @Override
  public void close() {}
}
