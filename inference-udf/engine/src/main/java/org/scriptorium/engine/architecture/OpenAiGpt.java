package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.weights.Configuration;

/** OpenAI's first GPT: as GPT-2, but norms come after each block and there is none at the end (Radford et al. 2018). */
final class OpenAiGpt implements Family {
  /** Its own names: {@code gelu} is the form by tanh here. */
  private static final Map<String, Activation> ACTIVATIONS =
      Map.of("gelu", Activation.GELU_TANH, "relu", Activation.RELU, "silu", Activation.SILU, "swish", Activation.SILU);

  @Override
  public Set<String> modelTypes() {
    return Set.of("openai-gpt");
  }

  @Override
  public Map<String, String> otherKeys() {
    return Gpt2.KEYS;
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    Activation activation = ACTIVATIONS.get(configuration.string("afn", "gelu"));
    if (activation == null) throw configuration.unsupported("afn", "one of gelu, relu, silu, swish");
    int width = LlamaKin.width(configuration), positions = configuration.size("max_position_embeddings");
    float epsilon = (float) configuration.real("layer_norm_epsilon", 1e-5);
    AttentionShape shape = Gpt2.shape(configuration);
    Parts base = parts.base("transformer");
    Embedding embedding = base.embedding("tokens_embed", configuration.size("vocab_size"), width, "positions_embed", positions);
    var layers = LlamaKin.layers(configuration, index -> {
      Parts layer = base.under("h." + index);
      return new DecoderLayer.PostNorm(Gpt2.attention(layer.under("attn"), width, shape, Gpt2.Stored.INPUTS_FIRST),
          layer.layerNorm("ln_1", width, epsilon),
          Gpt2.feedForward(layer.under("mlp"), width, 4 * width, activation, Gpt2.Stored.INPUTS_FIRST),
          layer.layerNorm("ln_2", width, epsilon));
    });
    return new Decoder(embedding, layers, new Norm.None(width),
        parts.head("lm_head", embedding, configuration.bool("tie_word_embeddings", true)), positions);
  }
}
