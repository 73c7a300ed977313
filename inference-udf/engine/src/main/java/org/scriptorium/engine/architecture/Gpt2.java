package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.weights.Configuration;

/** GPT-2: learned positions, layer norms before each block, weights stored [inputs, outputs] (Radford et al. 2019). */
final class Gpt2 implements Family {
  /** What GPT and GPT-2 call the usual keys. */
  static final Map<String, String> KEYS = Map.of("hidden_size", "n_embd", "num_hidden_layers", "n_layer", "num_attention_heads", "n_head",
      "max_position_embeddings", "n_positions");

  /** True where weights are stored [outputs, inputs]: in GGUF files. */
  private static final String OUTPUTS_FIRST = "outputs_first";

  /** How weights are stored. */
  enum Stored {
    INPUTS_FIRST,
    OUTPUTS_FIRST;

    /** Neighbouring outputs of a map to {@code all}, with their biases. */
    Linear linear(Parts parts, String module, int inputs, int all, int from, int outputs) {
      return switch (this) {
        case INPUTS_FIRST -> parts.columns(module, inputs, all, from, outputs, Bias.ADDED);
        case OUTPUTS_FIRST -> parts.rows(module, inputs, all, from, outputs, Bias.ADDED);
      };
    }
  }

  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt2");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("gpt2", new GgufNames(
        Map.of("hidden_size", "embedding_length", "num_hidden_layers", "block_count", "num_attention_heads", "attention.head_count", "n_inner",
            "feed_forward_length", "layer_norm_epsilon", "attention.layer_norm_epsilon", "max_position_embeddings", "context_length"),
        Map.of("wte", "token_embd", "wpe", "position_embd", "ln_f", "output_norm", "lm_head", "output", "ln_1", "attn_norm", "attn.c_attn",
            "attn_qkv", "attn.c_proj", "attn_output", "ln_2", "ffn_norm", "mlp.c_fc", "ffn_up", "mlp.c_proj", "ffn_down"),
        Map.of(OUTPUTS_FIRST, true)));
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
    Stored stored = configuration.bool(OUTPUTS_FIRST, false) ? Stored.OUTPUTS_FIRST : Stored.INPUTS_FIRST;
    Parts base = parts.base("transformer");
    Embedding embedding = base.embedding("wte", configuration.size("vocab_size"), width, "wpe", positions);
    var layers = LlamaKin.layers(configuration, index -> {
      Parts layer = base.under("h." + index);
      return new DecoderLayer.PreNorm(layer.layerNorm("ln_1", width, epsilon),
          attention(layer.under("attn"), width, shape, stored).withScale(scale(configuration, shape, index)),
          layer.layerNorm("ln_2", width, epsilon), feedForward(layer.under("mlp"), width, inner, activation, stored));
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

  static SelfAttention attention(Parts parts, int width, AttentionShape shape, Stored stored) {
    return SelfAttention.plain(shape, stored.linear(parts, "c_attn", width, 3 * width, 0, width),
        stored.linear(parts, "c_attn", width, 3 * width, width, width), stored.linear(parts, "c_attn", width, 3 * width, 2 * width, width),
        stored.linear(parts, "c_proj", width, width, 0, width), Rotary.NONE);
  }

  static PlainFeedForward feedForward(Parts parts, int width, int inner, Activation activation, Stored stored) {
    return new PlainFeedForward(stored.linear(parts, "c_fc", width, inner, 0, inner), stored.linear(parts, "c_proj", inner, width, 0, width),
        activation);
  }
}
