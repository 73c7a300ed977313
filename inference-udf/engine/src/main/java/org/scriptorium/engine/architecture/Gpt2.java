package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.weights.Configuration;

/** GPT-2: learned positions, layer norms before each block, weights stored [inputs, outputs] (Radford et al. 2019). */
final class Gpt2 implements Family {
  /** What GPT and GPT-2 call the usual keys. */
  static final Map<String, String> KEYS = Map.of("hidden_size", "n_embd", "num_hidden_layers", "n_layer", "num_attention_heads", "n_head",
      "max_position_embeddings", "n_positions");

  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt2");
  }

  @Override
  public Map<String, String> otherKeys() {
    return KEYS;
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    if (configuration.bool("add_cross_attention", false)) throw configuration.unsupported("add_cross_attention", "false");
    int width = LlamaKin.width(configuration), positions = configuration.size("max_position_embeddings");
    int inner = configuration.has("n_inner") ? LlamaKin.inner(configuration, "n_inner") : 4 * width;
    float epsilon = (float) configuration.real("layer_norm_epsilon", 1e-5);
    AttentionShape shape = shape(configuration);
    Activation activation = Activations.of(configuration, "activation_function", "gelu_new");
    Parts base = parts.base("transformer");
    Embedding embedding = base.embedding("wte", configuration.size("vocab_size"), width, "wpe", positions);
    var layers = LlamaKin.layers(configuration, index -> {
      Parts layer = base.under("h." + index);
      return new DecoderLayer.PreNorm(layer.layerNorm("ln_1", width, epsilon),
          attention(layer.under("attn"), width, shape).withScale(scale(configuration, shape, index)),
          layer.layerNorm("ln_2", width, epsilon), feedForward(layer.under("mlp"), width, inner, activation));
    });
    return new Decoder(embedding, layers, base.layerNorm("ln_f", width, epsilon),
        parts.head("lm_head", embedding, configuration.bool("tie_word_embeddings", true)), positions);
  }

  static AttentionShape shape(Configuration configuration) {
    int width = LlamaKin.width(configuration), heads = configuration.size("num_attention_heads", width);
    configuration.require(width % heads == 0, "num_attention_heads", "a divisor of hidden_size, %d".formatted(width));
    return new AttentionShape(heads, heads, width / heads);
  }

  private static double scale(Configuration configuration, AttentionShape shape, int layer) {
    double scale = configuration.bool("scale_attn_weights", true) ? 1 / Math.sqrt(shape.width()) : 1;
    return configuration.bool("scale_attn_by_inverse_layer_idx", false) ? scale / (layer + 1) : scale;
  }

  static SelfAttention attention(Parts parts, int width, AttentionShape shape) {
    return SelfAttention.plain(shape, parts.columns("c_attn", width, 3 * width, 0, width, Bias.ADDED),
        parts.columns("c_attn", width, 3 * width, width, width, Bias.ADDED),
        parts.columns("c_attn", width, 3 * width, 2 * width, width, Bias.ADDED),
        parts.columns("c_proj", width, width, 0, width, Bias.ADDED), Rotary.NONE);
  }

  static PlainFeedForward feedForward(Parts parts, int width, int inner, Activation activation) {
    return new PlainFeedForward(parts.columns("c_fc", width, inner, 0, inner, Bias.ADDED),
        parts.columns("c_proj", inner, width, 0, width, Bias.ADDED),
        activation);
  }
}
