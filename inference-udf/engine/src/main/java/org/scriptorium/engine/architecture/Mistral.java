package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/** Mistral: Llama with a sliding window in every layer (Jiang et al. 2023, arXiv:2310.06825). */
final class Mistral implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("mistral");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("llama" + GgufNames.WINDOW, GgufNames.LLAMA.withValue(LlamaKin.NEIGHBOURS, true)
        .withKey("sliding_window", "attention.sliding_window"));
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    // Where the key is absent the reference takes 8, whatever the heads: nobody can mean that.
    configuration.require(configuration.mentions("num_key_value_heads"), "num_key_value_heads", "an integer");
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = LlamaKin.epsilon(configuration, 1e-6);
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 10_000, LlamaKin.pairing(configuration)).whole(shape.width());
    Window window = configuration.mentions("sliding_window") ? LlamaKin.window(configuration) : new Window(4096);
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          LlamaKin.attention(layer.under("self_attn"), width, shape, rotary, Bias.NONE, Bias.NONE).withWindow(window),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          LlamaKin.feedForward(layer.under("mlp"), width, inner, activation, Bias.NONE));
    });
  }
}
