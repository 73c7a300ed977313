package org.scriptorium.engine.architecture;

import java.util.HashMap;
import java.util.Map;

/**
 * What GGUF files of one architecture call a family's keys and tensors.
 *
 * @param keys by Hugging Face's key; the file's begin with the architecture's name, which is left out here
 * @param modules by Hugging Face's module, within a layer or within the model; {@code #} stands for an expert's number, and experts of a
 *     module are one stack in the file
 * @param tensors by Hugging Face's tensor within a layer, where that is no module's
 * @param values keys that the files do not have, as the architecture implies them
 * @param fixed numbers that keys of the file must have, if the family reads them not at all; {@link #FIXED} where none is given
 */
record GgufNames(Map<String, String> keys, Map<String, String> modules, Map<String, String> tensors, Map<String, Object> values,
    Map<String, Integer> fixed) {
  private static final String KIND = " with ";
  /** What is added to the names of architectures that are several families'. */
  static final String EXPERTS = KIND + "experts", WINDOW = KIND + "a sliding window", WHOLE_HEADS = KIND + "keys of whole heads";

  /** How experts are chosen and weighted where a file does not say it: by a softmax, without groups, as they are. */
  static final Map<String, Integer> FIXED = Map.of("expert_gating_func", 1, "expert_weights_scale", 1, "expert_group_count", 1);

  /** Llama's, on which most architectures' are built. */
  static final GgufNames LLAMA = new GgufNames(
      Map.ofEntries(Map.entry("hidden_size", "embedding_length"), Map.entry("num_hidden_layers", "block_count"),
          Map.entry("num_attention_heads", "attention.head_count"), Map.entry("num_key_value_heads", "attention.head_count_kv"),
          Map.entry("head_dim", "attention.key_length"), Map.entry("intermediate_size", "feed_forward_length"),
          Map.entry("rms_norm_eps", "attention.layer_norm_rms_epsilon"), Map.entry("max_position_embeddings", "context_length"),
          Map.entry("rope_theta", "rope.freq_base")),
      Map.ofEntries(Map.entry("embed_tokens", "token_embd"), Map.entry("norm", "output_norm"), Map.entry("lm_head", "output"),
          Map.entry("self_attn.q_proj", "attn_q"), Map.entry("self_attn.k_proj", "attn_k"), Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"), Map.entry("mlp.gate_proj", "ffn_gate"), Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"), Map.entry("input_layernorm", "attn_norm"),
          Map.entry("post_attention_layernorm", "ffn_norm")),
      Map.of());

  /** The architecture that a kind of it belongs to, as files name it. */
  static String architecture(String kind) {
    return kind.split(KIND, 2)[0];
  }

  GgufNames {
    keys = Map.copyOf(keys);
    modules = Map.copyOf(modules);
    tensors = Map.copyOf(tensors);
    values = Map.copyOf(values);
    fixed = Map.copyOf(fixed);
  }

  GgufNames(Map<String, String> keys, Map<String, String> modules, Map<String, Object> values) {
    this(keys, modules, Map.of(), values, FIXED);
  }

  GgufNames withKey(String key, String name) {
    return new GgufNames(with(keys, key, name), modules, tensors, values, fixed);
  }

  GgufNames withModule(String module, String name) {
    return new GgufNames(keys, with(modules, module, name), tensors, values, fixed);
  }

  GgufNames withValue(String key, Object value) {
    return new GgufNames(keys, modules, tensors, with(values, key, value), fixed);
  }

  GgufNames withTensor(String tensor, String name) {
    return new GgufNames(keys, modules, with(tensors, tensor, name), values, fixed);
  }

  GgufNames withFixed(String key, int value) {
    return new GgufNames(keys, modules, tensors, values, with(fixed, key, value));
  }

  GgufNames without(String key) {
    var others = new HashMap<>(keys);
    others.remove(key);
    return new GgufNames(others, modules, tensors, values, fixed);
  }

  /** Experts of a block, their gate, and what they are counted by. */
  GgufNames withExperts(String block, String gate, String up, String down, String countKey, String chosenKey) {
    String experts = block + ".experts.#.";
    return withKey(countKey, "expert_count").withKey(chosenKey, "expert_used_count").withModule(block + ".gate", "ffn_gate_inp")
        .withModule(experts + gate, "ffn_gate_exps").withModule(experts + up, "ffn_up_exps").withModule(experts + down, "ffn_down_exps");
  }

  /** Experts under Llama's names, and those that serve every row. */
  GgufNames withExperts(String countKey, String chosenKey) {
    return withExperts("mlp", "gate_proj", "up_proj", "down_proj", countKey, chosenKey)
        .withKey("moe_intermediate_size", "expert_feed_forward_length").withModule("mlp.shared_experts.gate_proj", "ffn_gate_shexp")
        .withModule("mlp.shared_experts.up_proj", "ffn_up_shexp").withModule("mlp.shared_experts.down_proj", "ffn_down_shexp");
  }

  private static <T> Map<String, T> with(Map<String, T> map, String key, T value) {
    var result = new HashMap<>(map);
    result.put(key, value);
    return result;
  }
}
