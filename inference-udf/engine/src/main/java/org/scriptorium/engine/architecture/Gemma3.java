package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.weights.Configuration;

/**
 * Gemma 3's text models: norms before and after each block, sliding and full layers in turns with rotary bases of their own, norms of
 * heads'
 * queries and keys, scaled embeddings (Gemma Team 2025, arXiv:2503.19786).
 */
final class Gemma3 implements Family {
  /** What stored norm weights are the difference from; the key is ours, since GGUF files hold the sums. */
  private static final String OFFSET = "rms_norm_offset";
  private static final String SCALAR = "query_pre_attn_scalar";
  /** Of the model of 27 billion parameters, the only one whose scores are scaled by another width than a head's. */
  private static final int LAYERS_OF_27B = 62;

  @Override
  public Set<String> modelTypes() {
    return Set.of("gemma3_text");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("gemma3", GgufNames.LLAMA.withValue(OFFSET, 0).withKey("sliding_window", "attention.sliding_window")
        .withKey("sliding_window_pattern", "attention.sliding_window_pattern")
        .withKey("rope_local_base_freq", "rope.freq_base_swa").withKey(SCALAR, "attention.key_length")
        .withModule("self_attn.q_norm", "attn_q_norm").withModule("self_attn.k_norm", "attn_k_norm")
        .withModule("post_attention_layernorm", "post_attention_norm").withModule("pre_feedforward_layernorm", "ffn_norm")
        .withModule("post_feedforward_layernorm", "post_ffw_norm"));
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    for (String key : new String[] {"attn_logit_softcapping", "final_logit_softcapping"}) {
      if (configuration.has(key)) throw configuration.unsupported(key, "null");
    }
    if (configuration.bool("use_bidirectional_attention", false)) throw configuration.unsupported("use_bidirectional_attention", "false");
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    AttentionShape shape = LlamaKin.shape(configuration);
    Rotary full = RotaryPositions.ofLayers(configuration, "full_attention", "rope_theta", 1_000_000).withOlderScaling()
        .whole(shape.width());
    Rotary local = RotaryPositions.ofLayers(configuration, "sliding_attention", "rope_local_base_freq", 10_000).whole(shape.width());
    int pattern = configuration.integer("sliding_window_pattern", 6);
    IntPredicate sliding = LayerKinds.sliding(configuration, layer -> (layer + 1) % pattern != 0);
    Activation activation = Activations.of(configuration, "hidden_activation", "gelu_pytorch_tanh");
    Bias bias = Bias.of(configuration.bool("attention_bias", false));
    double scale = 1 / Math.sqrt(scalar(configuration, shape));
    var embedding = parts.embedding("model.embed_tokens", configuration.size("vocab_size"), width, (float) Math.sqrt(width));
    return LlamaKin.decoder(configuration, parts, true, embedding, norm(configuration, parts, "model.norm", width), index -> {
      Parts layer = LlamaKin.layer(parts, index), attention = layer.under("self_attn");
      boolean slides = sliding.test(index);
      SelfAttention block = LlamaKin.attention(attention, width, shape, slides ? local : full, bias, bias).withScale(scale)
          .withWindow(LayerKinds.window(configuration, slides))
          .withNorms(norm(configuration, attention, "q_norm", shape.width()), norm(configuration, attention, "k_norm", shape.width()));
      return new DecoderLayer.Sandwich(norm(configuration, layer, "input_layernorm", width), block,
          norm(configuration, layer, "post_attention_layernorm", width), norm(configuration, layer, "pre_feedforward_layernorm", width),
          LlamaKin.feedForward(layer.under("mlp"), width, inner, activation, Bias.NONE),
          norm(configuration, layer, "post_feedforward_layernorm", width));
    });
  }

  private static double scalar(Configuration configuration, AttentionShape shape) {
    boolean unsaid = configuration.has(OFFSET) && configuration.integer("num_hidden_layers") == LAYERS_OF_27B;
    return unsaid ? LlamaKin.width(configuration) / (double) shape.heads() : configuration.real(SCALAR, 256);
  }

  private static Norm norm(Configuration configuration, Parts parts, String module, int width) {
    return parts.rmsNorm(module, width, LlamaKin.epsilon(configuration, 1e-6), configuration.integer(OFFSET, 1));
  }
}
