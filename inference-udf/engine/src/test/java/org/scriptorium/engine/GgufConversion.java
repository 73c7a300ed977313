package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufWriter;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Tensor;

/**
 * Writes a folder's model as a GGUF file by the rules of llama.cpp's converter: names and orders of tensors, experts in stacks, heads' maps
 * from a latent cut apart or, as older files have them, whole.
 */
final class GgufConversion {
  private static final Pattern EXPERT = Pattern.compile("(.+)\\.experts\\.(\\d+)\\.(.+)");
  private static final Map<String, String> NAMES = Map.ofEntries(Map.entry("self_attn.q_proj", "attn_q"), Map.entry("self_attn.k_proj", "attn_k"),
      Map.entry("self_attn.v_proj", "attn_v"), Map.entry("self_attn.o_proj", "attn_output"), Map.entry("self_attn.qkv_proj", "attn_qkv"),
      Map.entry("self_attn.q_norm", "attn_q_norm"), Map.entry("self_attn.k_norm", "attn_k_norm"), Map.entry("self_attn.q_a_proj", "attn_q_a"),
      Map.entry("self_attn.q_a_layernorm", "attn_q_a_norm"), Map.entry("self_attn.q_b_proj", "attn_q_b"),
      Map.entry("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"), Map.entry("self_attn.kv_a_layernorm", "attn_kv_a_norm"),
      Map.entry("self_attn.kv_b_proj", "attn_kv_b"), Map.entry("mlp.gate_proj", "ffn_gate"), Map.entry("mlp.up_proj", "ffn_up"),
      Map.entry("mlp.gate_up_proj", "ffn_up"), Map.entry("mlp.down_proj", "ffn_down"), Map.entry("input_layernorm", "attn_norm"),
      Map.entry("post_attention_layernorm", "ffn_norm"), Map.entry("mlp.gate", "ffn_gate_inp"), Map.entry("block_sparse_moe.gate", "ffn_gate_inp"),
      Map.entry("mlp.experts.gate_proj", "ffn_gate_exps"), Map.entry("mlp.experts.up_proj", "ffn_up_exps"),
      Map.entry("mlp.experts.down_proj", "ffn_down_exps"), Map.entry("block_sparse_moe.experts.w1", "ffn_gate_exps"),
      Map.entry("block_sparse_moe.experts.w2", "ffn_down_exps"), Map.entry("block_sparse_moe.experts.w3", "ffn_up_exps"),
      Map.entry("mlp.shared_experts.gate_proj", "ffn_gate_shexp"), Map.entry("mlp.shared_experts.up_proj", "ffn_up_shexp"),
      Map.entry("mlp.shared_experts.down_proj", "ffn_down_shexp"), Map.entry("embed_tokens", "token_embd"), Map.entry("norm", "output_norm"),
      Map.entry("lm_head", "output"), Map.entry("wte", "token_embd"), Map.entry("wpe", "position_embd"), Map.entry("ln_f", "output_norm"),
      Map.entry("ln_1", "attn_norm"), Map.entry("ln_2", "ffn_norm"), Map.entry("attn.c_attn", "attn_qkv"), Map.entry("attn.c_proj", "attn_output"),
      Map.entry("mlp.c_fc", "ffn_up"), Map.entry("mlp.c_proj", "ffn_down"));
  /** Keys of the file by those of the folder, where both are numbers of one meaning. */
  private static final Map<String, String> KEYS = Map.ofEntries(Map.entry("hidden_size", "embedding_length"), Map.entry("n_embd", "embedding_length"),
      Map.entry("num_hidden_layers", "block_count"), Map.entry("n_layer", "block_count"), Map.entry("num_attention_heads", "attention.head_count"),
      Map.entry("n_head", "attention.head_count"), Map.entry("num_key_value_heads", "attention.head_count_kv"),
      Map.entry("intermediate_size", "feed_forward_length"), Map.entry("max_position_embeddings", "context_length"),
      Map.entry("n_positions", "context_length"), Map.entry("num_local_experts", "expert_count"), Map.entry("n_routed_experts", "expert_count"),
      Map.entry("moe_num_experts", "expert_count"), Map.entry("num_experts_per_tok", "expert_used_count"), Map.entry("moe_k", "expert_used_count"),
      Map.entry("moe_intermediate_size", "expert_feed_forward_length"), Map.entry("n_shared_experts", "expert_shared_count"),
      Map.entry("moe_num_shared_experts", "expert_shared_count"), Map.entry("moe_layer_interval", "interleave_moe_layer_step"),
      Map.entry("moe_layer_start_index", "leading_dense_block_count"), Map.entry("first_k_dense_replace", "leading_dense_block_count"),
      Map.entry("n_group", "expert_group_count"), Map.entry("topk_group", "expert_group_used_count"), Map.entry("q_lora_rank", "attention.q_lora_rank"),
      Map.entry("kv_lora_rank", "attention.kv_lora_rank"), Map.entry("qk_rope_head_dim", "rope.dimension_count"),
      Map.entry("sliding_window", "attention.sliding_window"));

  private static final TinyVocabulary VOCABULARY = TinyVocabulary.learn();

  private final String architecture;
  private final boolean cutApart;
  private final GgufWriter writer = new GgufWriter();
  private final Map<String, TreeMap<Integer, Tensor>> stacks = new HashMap<>();

  /** @param cutApart whether heads' maps from a latent are two tensors, as newer files have them */
  private GgufConversion(String architecture, boolean cutApart) {
    this.architecture = architecture;
    this.cutApart = cutApart;
  }

  static Path write(ReferenceModel model, String architecture, boolean cutApart, Path file, UnaryOperator<GgufWriter> further) {
    var conversion = new GgufConversion(architecture, cutApart);
    try (var source = ModelFolder.open(model.folder())) {
      conversion.metadata(source.configuration());
      for (Tensor tensor : source.tensors()) conversion.tensor(tensor, source.configuration());
      conversion.stacks.forEach(conversion::stack);
    }
    return further.apply(conversion.writer).write(file);
  }

  private void metadata(Configuration configuration) {
    writer.put("general.architecture", architecture);
    KEYS.forEach((key, name) -> {
      if (configuration.has(key)) put(name, configuration.integer(key));
    });
    if (configuration.has("rms_norm_eps")) put("attention.layer_norm_rms_epsilon", (float) configuration.real("rms_norm_eps"));
    if (configuration.has("layer_norm_epsilon")) put("attention.layer_norm_epsilon", (float) configuration.real("layer_norm_epsilon"));
    if (configuration.has("n_embd")) put("feed_forward_length", 4 * configuration.integer("n_embd"));
    // Zero tells one of this architecture's models from others.
    if (architecture.equals("phi3") && !configuration.has("sliding_window")) put("attention.sliding_window", 0);
    if (configuration.has("kv_lora_rank")) latents(configuration);
    else if (configuration.has("head_dim")) put("attention.key_length", configuration.integer("head_dim"));
    configuration.section("rope_parameters").ifPresent(this::positions);
    int size = configuration.integer("vocab_size");
    int[] types = new int[size];
    Arrays.fill(types, 1);
    writer.put("tokenizer.ggml.model", "gpt2").put("tokenizer.ggml.pre", "gpt-2").put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.merges", VOCABULARY.merges()).put("tokenizer.ggml.eos_token_id", 0)
        .put("tokenizer.ggml.tokens", IntStream.range(0, size).mapToObj(GgufConversion::token).toList());
  }

  private static String token(int id) {
    return id < VOCABULARY.tokens().size() ? VOCABULARY.tokens().get(id) : "<filler-" + id + ">";
  }

  private void latents(Configuration configuration) {
    int whole = configuration.integer("qk_nope_head_dim") + configuration.integer("qk_rope_head_dim"), value = configuration.integer("v_head_dim");
    int rank = configuration.integer("kv_lora_rank");
    put("attention.key_length", cutApart ? rank + configuration.integer("qk_rope_head_dim") : whole);
    put("attention.value_length", cutApart ? rank : value);
    if (cutApart) put("attention.key_length_mla", whole);
    if (cutApart) put("attention.value_length_mla", value);
    put("expert_weights_scale", (float) configuration.real("routed_scaling_factor"));
    put("expert_weights_norm", configuration.bool("norm_topk_prob", false));
    put("expert_gating_func", 2);
  }

  private void positions(Configuration parameters) {
    put("rope.freq_base", (float) parameters.real("rope_theta"));
    if (!parameters.string("rope_type").equals("yarn")) return;
    put("rope.scaling.type", "yarn");
    put("rope.scaling.factor", (float) parameters.real("factor"));
    put("rope.scaling.original_context_length", parameters.integer("original_max_position_embeddings"));
    put("rope.scaling.yarn_beta_fast", (float) parameters.real("beta_fast"));
    put("rope.scaling.yarn_beta_slow", (float) parameters.real("beta_slow"));
    if (parameters.has("mscale_all_dim")) put("rope.scaling.yarn_log_multiplier", (float) (0.1 * parameters.real("mscale_all_dim")));
  }

  private void put(String name, Object value) {
    writer.put(architecture + "." + name, value);
  }

  private void tensor(Tensor tensor, Configuration configuration) {
    Matcher expert = EXPERT.matcher(tensor.name());
    if (expert.matches()) {
      stacks.computeIfAbsent(expert.group(1) + ".experts." + expert.group(3), name -> new TreeMap<>()).put(Integer.parseInt(expert.group(2)), tensor);
      return;
    }
    float[] values = values(tensor);
    long[] shape = tensor.shape();
    String name = tensor.name();
    boolean permuted = architecture.equals("llama") && name.matches(".*\\.[qk]_proj\\.weight");
    if (permuted) {
      int heads = configuration.integer(name.contains("q_proj") ? "num_attention_heads" : "num_key_value_heads");
      put(name, neighbours(values, heads, (int) shape[1]), shape);
    } else if (name.matches(".*\\.(c_attn|c_proj|c_fc)\\.weight")) {
      put(name, transposed(values, (int) shape[0], (int) shape[1]), shape[1], shape[0]);
    } else if (cutApart && name.endsWith("kv_b_proj.weight")) {
      cut(name, values, configuration);
    } else {
      // A bias of experts' choice has one row in some folders, and is a vector in files.
      put(name, values, name.contains("e_score_correction_bias") ? new long[] {values.length} : shape);
    }
  }

  private void stack(String name, TreeMap<Integer, Tensor> experts) {
    long[] shape = experts.firstEntry().getValue().shape();
    int size = (int) (shape[0] * shape[1]);
    float[] all = new float[experts.size() * size];
    experts.forEach((index, tensor) -> System.arraycopy(values(tensor), 0, all, index * size, size));
    put(name, all, experts.size(), shape[0], shape[1]);
  }

  /** Keys' part of each head transposed, values' part as it is. */
  private void cut(String name, float[] values, Configuration configuration) {
    int heads = configuration.integer("num_attention_heads"), plain = configuration.integer("qk_nope_head_dim");
    int value = configuration.integer("v_head_dim"), rank = configuration.integer("kv_lora_rank"), row = rank * (plain + value);
    float[] keys = new float[heads * rank * plain], others = new float[heads * value * rank];
    for (int head = 0; head < heads; head++) {
      float[] key = transposed(Arrays.copyOfRange(values, head * row, head * row + plain * rank), plain, rank);
      System.arraycopy(key, 0, keys, head * key.length, key.length);
      System.arraycopy(values, head * row + plain * rank, others, head * value * rank, value * rank);
    }
    String block = "blk." + name.replaceAll("\\D*(\\d+).*", "$1") + ".";
    write(block + "attn_k_b.weight", keys, heads, rank, plain);
    write(block + "attn_v_b.weight", others, heads, value, rank);
  }

  private void put(String name, float[] values, long... shape) {
    write(translated(name), values, shape);
  }

  private void write(String name, float[] values, long... shape) {
    writer.tensor(name, StorageType.F32, BlockWriter.write(StorageType.F32, values), shape);
  }

  private static String translated(String name) {
    Matcher layer = Pattern.compile("(?:model\\.layers|transformer\\.h)\\.(\\d+)\\.(.+)").matcher(name);
    String place = layer.matches() ? "blk." + layer.group(1) + "." : "", within = layer.matches() ? layer.group(2) : name.replaceFirst("^(model|transformer)\\.", "");
    if (within.contains("e_score_correction_bias")) return place + "exp_probs_b.bias";
    int end = within.lastIndexOf('.');
    String found = NAMES.get(within.substring(0, end));
    assertThat(found).as(name).isNotNull();
    return place + found + within.substring(end);
  }

  /** The halves of each head's rows become neighbours. */
  private static float[] neighbours(float[] values, int heads, int columns) {
    int rows = values.length / columns, head = rows / heads;
    float[] result = new float[values.length];
    for (int i = 0; i < rows; i++) {
      int place = i % head, to = i / head * head + (place < head / 2 ? 2 * place : 2 * (place - head / 2) + 1);
      System.arraycopy(values, i * columns, result, to * columns, columns);
    }
    return result;
  }

  private static float[] transposed(float[] values, int rows, int columns) {
    float[] result = new float[values.length];
    for (int i = 0; i < values.length; i++) result[i % columns * rows + i / columns] = values[i];
    return result;
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
    return values;
  }
}
