package org.scriptorium.engine.architecture;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Experts;
import org.scriptorium.engine.model.FeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.Routing;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/** Qwen 3 with experts, chosen by their probabilities among all (Yang et al. 2025, arXiv:2505.09388). */
final class Qwen3Experts implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("qwen3_moe");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("qwen3moe", GgufNames.LLAMA.withModule("self_attn.q_norm", "attn_q_norm").withModule("self_attn.k_norm", "attn_k_norm")
        .withExperts("num_experts", "num_experts_per_tok").withValue("norm_topk_prob", true));
  }

  @Override
  public Map<String, String> otherKeys() {
    return Map.of("num_experts", "num_local_experts");
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration);
    float epsilon = LlamaKin.epsilon(configuration, 1e-6);
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 10_000).whole(shape.width());
    Window window = configuration.bool("use_sliding_window", false) ? LlamaKin.window(configuration) : Window.NONE;
    Bias bias = Bias.of(configuration.bool("attention_bias", false));
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          Qwen3.attention(layer.under("self_attn"), width, shape, rotary, bias, epsilon).withWindow(window),
          layer.rmsNorm("post_attention_layernorm", width, epsilon), feedForward(configuration, layer.under("mlp"), width, index));
    });
  }

  private static FeedForward feedForward(Configuration configuration, Parts parts, int width, int layer) {
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    int experts = configuration.integer("num_experts", 128), step = configuration.integer("decoder_sparse_step", 1);
    configuration.require(step >= 1, "decoder_sparse_step", "at least 1");
    boolean sparse = experts > 0 && (layer + 1) % step == 0
        && Arrays.stream(configuration.integers("mlp_only_layers")).noneMatch(dense -> dense == layer);
    if (!sparse) return LlamaKin.feedForward(parts, width, LlamaKin.inner(configuration, "intermediate_size"), activation, Bias.NONE);
    int inner = LlamaKin.inner(configuration, "moe_intermediate_size"), chosen = configuration.size("num_experts_per_tok", experts);
    Routing.Weighting weighting = configuration.bool("norm_topk_prob", false) ? new Routing.Weighting.Shares(0)
        : new Routing.Weighting.Scores();
    var all = IntStream.range(0, experts)
        .mapToObj(expert -> LlamaKin.feedForward(parts.under("experts." + expert), width, inner, activation, Bias.NONE)).toList();
    return new Experts(parts.linear("gate", width, experts, Bias.NONE),
        new Routing(Routing.Scoring.SOFTMAX, new float[experts], 1, 1, chosen, weighting, 1f), all, Optional.empty());
  }
}
