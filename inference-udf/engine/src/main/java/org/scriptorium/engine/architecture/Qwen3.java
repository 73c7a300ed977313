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
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/** Qwen 3: Llama with norms of each head's query and key (Yang et al. 2025, arXiv:2505.09388). */
final class Qwen3 implements Family {
  private static final int HEAD_WIDTH = 128;

  @Override
  public Set<String> modelTypes() {
    return Set.of("qwen3");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("qwen3", GgufNames.LLAMA.withModule("self_attn.q_norm", "attn_q_norm").withModule("self_attn.k_norm", "attn_k_norm"));
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = LlamaKin.epsilon(configuration, 1e-6);
    AttentionShape shape = shape(configuration);
    Rotary rotary = RotaryPositions.of(configuration, 10_000).whole(shape.width());
    IntPredicate sliding = LayerKinds.ofQwen(configuration);
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    Bias bias = Bias.of(configuration.bool("attention_bias", false));
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      Window window = LayerKinds.window(configuration, sliding.test(index));
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          attention(layer.under("self_attn"), width, shape, rotary, bias, epsilon).withWindow(window),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          LlamaKin.feedForward(layer.under("mlp"), width, inner, activation, Bias.NONE));
    });
  }

  /** Heads of 128 where the configuration does not say their width, whatever the model's. */
  static AttentionShape shape(Configuration configuration) {
    AttentionShape shape = LlamaKin.shape(configuration);
    return configuration.has("head_dim") ? shape : new AttentionShape(shape.heads(), shape.keyHeads(), HEAD_WIDTH);
  }

  static SelfAttention attention(Parts parts, int width, AttentionShape shape, Rotary rotary, Bias bias, float epsilon) {
    return LlamaKin.attention(parts, width, shape, rotary, bias, bias)
        .withNorms(parts.rmsNorm("q_norm", shape.width(), epsilon), parts.rmsNorm("k_norm", shape.width(), epsilon));
  }
}
