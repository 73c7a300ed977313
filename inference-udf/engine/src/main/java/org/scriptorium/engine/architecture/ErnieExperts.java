package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows.Pairing;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Experts;
import org.scriptorium.engine.model.FeedForward;
import org.scriptorium.engine.model.GatedFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.Routing;
import org.scriptorium.engine.weights.Configuration;

/**
 * ERNIE 4.5 with experts: a bias takes part in their choice only, and some experts serve every row (Baidu 2025, ERNIE 4.5 Technical
 * Report).
 */
final class ErnieExperts implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("ernie4_5_moe");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("ernie4_5-moe", GgufNames.LLAMA.withExperts("moe_num_experts", "moe_k")
        .withKey("moe_layer_interval", "interleave_moe_layer_step")
        .withKey("moe_layer_start_index", "leading_dense_block_count").withKey("moe_num_shared_experts", "expert_shared_count")
        .withTensor("mlp.moe_statics.e_score_correction_bias", "exp_probs_b.bias"));
  }

  @Override
  public Map<String, String> otherKeys() {
    return Map.of("moe_num_experts", "num_experts", "moe_k", "num_experts_per_tok");
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    if (configuration.bool("use_bias", false)) throw configuration.unsupported("use_bias", "false");
    int width = LlamaKin.width(configuration);
    float epsilon = LlamaKin.epsilon(configuration, 1e-5);
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 500_000, Pairing.NEIGHBOURS).whole(shape.width());
    return LlamaKin.decoder(configuration, parts, true, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          LlamaKin.attention(layer.under("self_attn"), width, shape, rotary, Bias.NONE, Bias.NONE),
          layer.rmsNorm("post_attention_layernorm", width, epsilon), feedForward(configuration, layer.under("mlp"), width, index));
    });
  }

  private static FeedForward feedForward(Configuration configuration, Parts parts, int width, int layer) {
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    int first = configuration.integer("moe_layer_start_index", 1), last = configuration.integer("moe_layer_end_index", -1);
    int interval = configuration.integer("moe_layer_interval", 1);
    configuration.require(interval >= 1, "moe_layer_interval", "at least 1");
    boolean sparse = (layer + 1) % interval == 0 && layer >= first && (last == -1 || layer <= last);
    if (!sparse) return LlamaKin.feedForward(parts, width, LlamaKin.inner(configuration, "intermediate_size"), activation, Bias.NONE);
    int experts = configuration.size("moe_num_experts", 1 << 12), chosen = configuration.size("moe_k", experts);
    int inner = LlamaKin.inner(configuration, "moe_intermediate_size"), always = configuration.integer("moe_num_shared_experts", 2);
    var routing = new Routing(Routing.Scoring.SOFTMAX, parts.onlyRow("moe_statics.e_score_correction_bias", experts), 1, 1, chosen,
        new Routing.Weighting.Shares((float) configuration.real("moe_norm_min", 1e-12)), 1f);
    var all = IntStream.range(0, experts)
        .mapToObj(expert -> LlamaKin.feedForward(parts.under("experts." + expert), width, inner, activation, Bias.NONE)).toList();
    Optional<GatedFeedForward> shared = always == 0 ? Optional.empty()
        : Optional.of(LlamaKin.feedForward(parts.under("shared_experts"), width, inner * always, activation, Bias.NONE));
    return new Experts(parts.linear("gate", width, experts, Bias.NONE), routing, all, shared);
  }
}
