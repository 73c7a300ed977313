package org.scriptorium.engine.architecture;

import java.util.Optional;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Experts;
import org.scriptorium.engine.model.GatedFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.Routing;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/**
 * Mixtral: Mistral with experts in every layer, weighted by shares of the chosen ones' probabilities (Jiang et al. 2024, arXiv:2401.04088).
 */
final class Mixtral implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("mixtral");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("llama" + GgufNames.EXPERTS, GgufNames.LLAMA.withValue(LlamaKin.NEIGHBOURS, true)
        .withKey("sliding_window", "attention.sliding_window")
        .withExperts("block_sparse_moe", "w1", "w3", "w2", "num_local_experts", "num_experts_per_tok"));
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    configuration.require(configuration.mentions("num_key_value_heads"), "num_key_value_heads", "an integer");
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    int experts = configuration.size("num_local_experts", 1 << 12), chosen = configuration.size("num_experts_per_tok", experts);
    float epsilon = LlamaKin.epsilon(configuration, 1e-5);
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 1_000_000, LlamaKin.pairing(configuration)).whole(shape.width());
    Window window = LlamaKin.window(configuration);
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    var routing = new Routing(Routing.Scoring.SOFTMAX, new float[experts], 1, 1, chosen, new Routing.Weighting.Shares(0), 1f);
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index), block = layer.under("block_sparse_moe");
      var all = IntStream.range(0, experts).mapToObj(expert -> expert(block.under("experts." + expert), width, inner, activation)).toList();
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          LlamaKin.attention(layer.under("self_attn"), width, shape, rotary, Bias.NONE, Bias.NONE).withWindow(window),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          new Experts(block.linear("gate", width, experts, Bias.NONE), routing, all, Optional.empty()));
    });
  }

  private static GatedFeedForward expert(Parts parts, int width, int inner, Activation activation) {
    return new GatedFeedForward(parts.linear("w1", width, inner, Bias.NONE), parts.linear("w3", width, inner, Bias.NONE),
        parts.linear("w2", inner, width, Bias.NONE), activation);
  }
}
