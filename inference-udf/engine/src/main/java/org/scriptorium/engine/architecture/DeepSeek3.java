package org.scriptorium.engine.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows.Pairing;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Experts;
import org.scriptorium.engine.model.FeedForward;
import org.scriptorium.engine.model.LatentAttention;
import org.scriptorium.engine.model.LatentAttention.LatentShape;
import org.scriptorium.engine.model.LatentAttention.Query;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Matrix;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.Routing;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Tensor;

/** DeepSeek V3 and R1: latent attention, experts in groups and some that serve every row (DeepSeek-AI 2024, arXiv:2412.19437). */
final class DeepSeek3 implements Family {
  /** The reference's norms of latents have this epsilon, whatever the configuration's. */
  private static final float LATENT_EPSILON = 1e-6f;
  private static final int MOST = 1 << 20;
  /** What both kinds of GGUF files share: those whose heads' maps from the latent are cut apart, and older ones. */
  private static final GgufNames GGUF = GgufNames.LLAMA.without("head_dim").without("num_key_value_heads")
      .withKey("kv_lora_rank", "attention.kv_lora_rank").withKey("q_lora_rank", "attention.q_lora_rank")
      .withKey("qk_rope_head_dim", "rope.dimension_count").withExperts("n_routed_experts", "num_experts_per_tok")
      .withKey("first_k_dense_replace", "leading_dense_block_count").withKey("n_shared_experts", "expert_shared_count")
      .withKey("n_group", "expert_group_count").withKey("topk_group", "expert_group_used_count")
      .withKey("routed_scaling_factor", "expert_weights_scale").withKey("norm_topk_prob", "expert_weights_norm")
      .withFixed("expert_gating_func", 2).withTensor("mlp.gate.e_score_correction_bias", "exp_probs_b.bias")
      .withModule("self_attn.q_a_proj", "attn_q_a").withModule("self_attn.q_a_layernorm", "attn_q_a_norm")
      .withModule("self_attn.q_b_proj", "attn_q_b").withModule("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa")
      .withModule("self_attn.kv_a_layernorm", "attn_kv_a_norm").withModule("self_attn.kv_b_proj", "attn_kv_b")
      .withModule("self_attn.k_b_proj", "attn_k_b").withModule("self_attn.v_b_proj", "attn_v_b");

  @Override
  public Set<String> modelTypes() {
    return Set.of("deepseek_v3");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("deepseek2", GGUF.withKey("qk_head_dim", "attention.key_length_mla").withKey("v_head_dim", "attention.value_length_mla"),
        "deepseek2" + GgufNames.WHOLE_HEADS,
        GGUF.withKey("qk_head_dim", "attention.key_length").withKey("v_head_dim", "attention.value_length"));
  }

  @Override
  public Map<String, String> otherKeys() {
    return Map.of("n_routed_experts", "num_local_experts");
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    refuse(configuration, "scoring_func", "sigmoid");
    refuse(configuration, "topk_method", "noaux_tc");
    if (configuration.integer("moe_layer_freq", 1) != 1) throw configuration.unsupported("moe_layer_freq", "1");
    int width = LlamaKin.width(configuration);
    float epsilon = LlamaKin.epsilon(configuration, 1e-6);
    int rotated = configuration.size("qk_rope_head_dim", MOST);
    var shape = new LatentShape(configuration.size("num_attention_heads", 1 << 14), plain(configuration, rotated), rotated,
        configuration.size("kv_lora_rank", MOST), configuration.size("v_head_dim", MOST));
    Pairing pairing = configuration.bool("rope_interleave", true) ? Pairing.NEIGHBOURS : Pairing.HALVES;
    RotaryPositions positions = RotaryPositions.of(configuration, 10_000, pairing);
    Rotary rotary = positions.whole(rotated);
    float scale = (float) (positions.scoreScale() / Math.sqrt(shape.plain() + shape.rotated()));
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          attention(configuration, layer.under("self_attn"), width, shape, rotary, scale),
          layer.rmsNorm("post_attention_layernorm", width, epsilon), feedForward(configuration, layer.under("mlp"), width, index));
    });
  }

  /** What of a head is not rotated; GGUF files have the width of the whole head. */
  private static int plain(Configuration configuration, int rotated) {
    if (configuration.has("qk_nope_head_dim")) return configuration.size("qk_nope_head_dim", MOST);
    int whole = configuration.size("qk_head_dim", MOST);
    configuration.require(whole > rotated, "qk_head_dim", "more than qk_rope_head_dim, %d".formatted(rotated));
    return whole - rotated;
  }

  private static void refuse(Configuration configuration, String key, String supported) {
    if (!configuration.string(key, supported).equals(supported)) throw configuration.unsupported(key, supported);
  }

  private static LatentAttention attention(Configuration configuration, Parts parts, int width, LatentShape shape, Rotary rotary,
      float scale) {
    Bias bias = Bias.of(configuration.bool("attention_bias", false));
    int heads = shape.heads(), queries = heads * (shape.plain() + shape.rotated());
    var keyUp = new ArrayList<Linear>();
    var valueUp = new ArrayList<Linear>();
    if (parts.find("k_b_proj.weight").isPresent()) addCutApart(parts, shape, keyUp, valueUp);
    else addWhole(parts, shape, keyUp, valueUp);
    return new LatentAttention(shape, query(configuration, parts, width, queries, bias),
        parts.linear("kv_a_proj_with_mqa", width, shape.rank() + shape.rotated(), bias),
        parts.rmsNorm("kv_a_layernorm", shape.rank(), LATENT_EPSILON), keyUp, valueUp,
        parts.linear("o_proj", heads * shape.value(), width, bias), rotary, scale);
  }

  /** Heads' maps from the latent to keys and values, one tensor. */
  private static void addWhole(Parts parts, LatentShape shape, List<Linear> keyUp, List<Linear> valueUp) {
    int expanded = shape.plain() + shape.value();
    Tensor up = parts.tensor("kv_b_proj.weight").requireShape((long) shape.heads() * expanded, shape.rank());
    for (int head = 0; head < shape.heads(); head++) {
      // The map from a query into the latent's space is the transpose of that from the latent to a key.
      keyUp.add(parts.linear(Matrix.columns(up.rows((long) head * expanded, shape.plain()), 0, shape.rank())));
      valueUp.add(parts.linear(Matrix.of(up.rows((long) head * expanded + shape.plain(), shape.value()))));
    }
  }

  /** The same as two stacks of matrices, those of keys transposed already. */
  private static void addCutApart(Parts parts, LatentShape shape, List<Linear> keyUp, List<Linear> valueUp) {
    Tensor keys = parts.tensor("k_b_proj.weight").requireShape(shape.heads(), shape.rank(), shape.plain());
    Tensor values = parts.tensor("v_b_proj.weight").requireShape(shape.heads(), shape.value(), shape.rank());
    for (int head = 0; head < shape.heads(); head++) {
      keyUp.add(parts.linear(Matrix.of(keys.rows((long) head * shape.rank(), shape.rank()))));
      valueUp.add(parts.linear(Matrix.of(values.rows((long) head * shape.value(), shape.value()))));
    }
  }

  private static Query query(Configuration configuration, Parts parts, int width, int queries, Bias bias) {
    // GGUF files have the tensor instead of the key's null.
    boolean direct = configuration.mentions("q_lora_rank") ? !configuration.has("q_lora_rank") : parts.find("q_proj.weight").isPresent();
    if (!direct && !configuration.has("q_lora_rank")) throw configuration.unsupported("q_lora_rank", "a number or null");
    if (direct) return new Query.Direct(parts.linear("q_proj", width, queries, Bias.NONE));
    int rank = configuration.size("q_lora_rank", MOST);
    return new Query.Compressed(parts.linear("q_a_proj", width, rank, bias), parts.rmsNorm("q_a_layernorm", rank, LATENT_EPSILON),
        parts.linear("q_b_proj", rank, queries, Bias.NONE));
  }

  private static FeedForward feedForward(Configuration configuration, Parts parts, int width, int layer) {
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    if (layer < configuration.integer("first_k_dense_replace")) {
      return LlamaKin.feedForward(parts, width, LlamaKin.inner(configuration, "intermediate_size"), activation, Bias.NONE);
    }
    int experts = configuration.size("n_routed_experts", 1 << 12), groups = configuration.size("n_group", Math.min(experts, Long.SIZE));
    configuration.require(experts % groups == 0 && experts / groups >= 2, "n_group",
        "a divisor of n_routed_experts, with 2 experts or more to a group");
    int chosenGroups = configuration.size("topk_group", groups);
    int chosen = configuration.size("num_experts_per_tok", experts / groups * chosenGroups);
    int inner = LlamaKin.inner(configuration, "moe_intermediate_size"), shared = configuration.size("n_shared_experts", 1 << 10);
    Routing.Weighting weighting =
        configuration.bool("norm_topk_prob", true) ? new Routing.Weighting.Shares(1e-20f) : new Routing.Weighting.Scores();
    var routing = new Routing(Routing.Scoring.SIGMOID, parts.vector("gate.e_score_correction_bias", experts), groups, chosenGroups, chosen,
        weighting, (float) configuration.real("routed_scaling_factor", 2.5));
    var all = IntStream.range(0, experts)
        .mapToObj(expert -> LlamaKin.feedForward(parts.under("experts." + expert), width, inner, activation, Bias.NONE)).toList();
    return new Experts(parts.linear("gate", width, experts, Bias.NONE), routing, all,
        Optional.of(LlamaKin.feedForward(parts.under("shared_experts"), width, inner * shared, activation, Bias.NONE)));
  }
}
