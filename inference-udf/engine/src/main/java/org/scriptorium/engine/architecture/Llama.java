package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.weights.Configuration;

/**
 * Llama: RMS norms before each block, rotary positions, grouped queries, gated feed-forward (Touvron et al. 2023, arXiv:2302.13971).
 *
 * <p>GGUF files hold queries and keys permuted so that rotary pairs are neighbours, and Llama 3.1's stretching of waves as a tensor.
 */
final class Llama implements Family {
  @Override
  public Set<String> modelTypes() {
    return Set.of("llama");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("llama", GgufNames.LLAMA.withValue(LlamaKin.NEIGHBOURS, true));
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = LlamaKin.epsilon(configuration, 1e-6);
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 10_000, LlamaKin.pairing(configuration)).whole(shape.width());
    if (parts.find("rope_freqs.weight").isPresent()) {
      float[] factors = parts.vector("rope_freqs.weight", shape.width() / 2);
      for (int i = 0; i < factors.length; i++) rotary.frequencies()[i] /= factors[i];
    }
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    Bias attentionBias = Bias.of(configuration.bool("attention_bias", false)), innerBias = Bias.of(configuration.bool("mlp_bias", false));
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          LlamaKin.attention(layer.under("self_attn"), width, shape, rotary, attentionBias, attentionBias),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          LlamaKin.feedForward(layer.under("mlp"), width, inner, activation, innerBias));
    });
  }
}
