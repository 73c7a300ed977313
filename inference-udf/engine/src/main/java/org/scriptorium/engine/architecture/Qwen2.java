package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.weights.Configuration;

/** Qwen 2 and 2.5: Llama with biases of queries, keys and values (Yang et al. 2024, arXiv:2407.10671). */
final class Qwen2 implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("qwen2");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("qwen2", GgufNames.LLAMA);
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = LlamaKin.epsilon(configuration, 1e-6);
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 10_000).whole(shape.width());
    IntPredicate sliding = LayerKinds.ofQwen(configuration);
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          LlamaKin.attention(layer.under("self_attn"), width, shape, rotary, Bias.ADDED, Bias.NONE)
              .withWindow(LayerKinds.window(configuration, sliding.test(index))),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          LlamaKin.feedForward(layer.under("mlp"), width, inner, activation, Bias.NONE));
    });
  }
}
