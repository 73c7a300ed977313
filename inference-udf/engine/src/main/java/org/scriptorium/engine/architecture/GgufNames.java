package org.scriptorium.engine.architecture;

import java.util.HashMap;
import java.util.Map;

/**
 * What GGUF files of one architecture call a family's keys and tensors.
 *
 * @param keys by Hugging Face's key; the file's begin with the architecture's name, which is left out here
 * @param modules by Hugging Face's module, within a layer or within the model
 * @param values keys that the files do not have, as the architecture implies them
 */
record GgufNames(Map<String, String> keys, Map<String, String> modules, Map<String, Object> values) {
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

  GgufNames {
    keys = Map.copyOf(keys);
    modules = Map.copyOf(modules);
    values = Map.copyOf(values);
  }

  GgufNames withKey(String key, String name) {
    return new GgufNames(with(keys, key, name), modules, values);
  }

  GgufNames withModule(String module, String name) {
    return new GgufNames(keys, with(modules, module, name), values);
  }

  GgufNames withValue(String key, Object value) {
    return new GgufNames(keys, modules, with(values, key, value));
  }

  private static <T> Map<String, T> with(Map<String, T> map, String key, T value) {
    var result = new HashMap<>(map);
    result.put(key, value);
    return result;
  }
}
