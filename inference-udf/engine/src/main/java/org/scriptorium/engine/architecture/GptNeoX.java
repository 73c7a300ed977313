package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.weights.Configuration;

/**
 * GPT-NeoX and Pythia: both blocks of a layer read the same input, and a part of each head is rotated (Black et al. 2022,
 * arXiv:2204.06745).
 */
final class GptNeoX implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("gpt_neox");
  }

  @Override
  public Map<String, String> otherKeys() {
    return Map.of("rope_theta", "rotary_emb_base", "partial_rotary_factor", "rotary_pct");
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = (float) configuration.real("layer_norm_eps", 1e-5);
    int heads = configuration.size("num_attention_heads", width);
    configuration.require(width % heads == 0, "num_attention_heads", "a divisor of hidden_size, %d".formatted(width));
    var shape = new AttentionShape(heads, heads, width / heads);
    Rotary rotary = RotaryPositions.of(configuration, 10_000).partial(shape.width(), 0.25);
    Activation activation = Activations.of(configuration, "hidden_act", "gelu");
    Bias bias = Bias.of(configuration.bool("attention_bias", true));
    boolean parallel = configuration.bool("use_parallel_residual", true);
    Parts base = parts.base("gpt_neox");
    Embedding embedding = base.embedding("embed_in", configuration.size("vocab_size"), width);
    var layers = LlamaKin.layers(configuration, index -> {
      Parts layer = base.under("layers." + index), feedForward = layer.under("mlp");
      Norm first = layer.layerNorm("input_layernorm", width, epsilon), second = layer.layerNorm("post_attention_layernorm", width, epsilon);
      SelfAttention attention = attention(layer.under("attention"), width, shape, rotary, bias);
      var plain = new PlainFeedForward(feedForward.linear("dense_h_to_4h", width, inner, Bias.ADDED),
          feedForward.linear("dense_4h_to_h", inner, width, Bias.ADDED), activation);
      return parallel ? new DecoderLayer.Parallel(first, attention, second, plain)
          : new DecoderLayer.PreNorm(first, attention, second, plain);
    });
    return new Decoder(embedding, layers, base.layerNorm("final_layer_norm", width, epsilon),
        parts.head("embed_out", embedding, configuration.bool("tie_word_embeddings", false)),
        configuration.size("max_position_embeddings", Integer.MAX_VALUE));
  }

  /** One tensor holds query, key and value of the first head, then those of the second, and so on. */
  private static SelfAttention attention(Parts parts, int width, AttentionShape shape, Rotary rotary, Bias bias) {
    int head = shape.width(), all = 3 * width;
    return SelfAttention.plain(shape, parts.rowsAtIntervals("query_key_value", width, all, 0, head, 3 * head, width, bias),
        parts.rowsAtIntervals("query_key_value", width, all, head, head, 3 * head, width, bias),
        parts.rowsAtIntervals("query_key_value", width, all, 2 * head, head, 3 * head, width, bias),
        parts.linear("dense", width, width, bias), rotary);
  }
}
