package org.scriptorium.engine.architecture;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows.Pairing;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.GatedFeedForward;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/** What Llama and the families that follow its layout share: sizes by its keys, modules by its names. */
final class LlamaKin {
  private static final int MOST_LAYERS = 1 << 12, MOST_HEADS = 1 << 14, MOST_WIDTH = 1 << 20;

  private LlamaKin() {}

  /**
   * Key of DeepSeek's files, true where rotary pairs are neighbours: as in GGUF files of Llama and its kin, whose queries and keys are
   * permuted.
   */
  static final String NEIGHBOURS = "rope_interleave";

  static Pairing pairing(Configuration configuration) {
    return configuration.bool(NEIGHBOURS, false) ? Pairing.NEIGHBOURS : Pairing.HALVES;
  }

  static int width(Configuration configuration) {
    return configuration.size("hidden_size", MOST_WIDTH);
  }

  static int inner(Configuration configuration, String key) {
    return configuration.size(key, MOST_WIDTH);
  }

  static float epsilon(Configuration configuration, double otherwise) {
    return (float) configuration.real("rms_norm_eps", otherwise);
  }

  /** Heads as many as the configuration says, key/value heads as many as heads where it does not. */
  static AttentionShape shape(Configuration configuration) {
    int heads = configuration.size("num_attention_heads", MOST_HEADS), width = width(configuration);
    int keyHeads = configuration.has("num_key_value_heads") ? configuration.size("num_key_value_heads", heads) : heads;
    configuration.require(heads % keyHeads == 0, "num_key_value_heads", "a divisor of %d".formatted(heads));
    if (configuration.has("head_dim")) return new AttentionShape(heads, keyHeads, configuration.size("head_dim", MOST_WIDTH));
    configuration.require(width % heads == 0, "num_attention_heads", "a divisor of hidden_size, %d".formatted(width));
    return new AttentionShape(heads, keyHeads, width / heads);
  }

  /** {@code q_proj}, {@code k_proj}, {@code v_proj} and {@code o_proj} of a module. */
  static SelfAttention attention(Parts parts, int width, AttentionShape shape, Rotary rotary, Bias inputs, Bias output) {
    return SelfAttention.plain(shape, parts.linear("q_proj", width, shape.queryWidth(), inputs),
        parts.linear("k_proj", width, shape.keyWidth(), inputs),
        parts.linear("v_proj", width, shape.keyWidth(), inputs), parts.linear("o_proj", shape.queryWidth(), width, output), rotary);
  }

  /** {@code gate_proj}, {@code up_proj} and {@code down_proj} of a module. */
  static GatedFeedForward feedForward(Parts parts, int width, int inner, Activation activation, Bias bias) {
    return new GatedFeedForward(parts.linear("gate_proj", width, inner, bias), parts.linear("up_proj", width, inner, bias),
        parts.linear("down_proj", inner, width, bias), activation);
  }

  /** A window where the key has a number. */
  static Window window(Configuration configuration) {
    return configuration.has("sliding_window") ? new Window(configuration.size("sliding_window")) : Window.NONE;
  }

  /** A layer at a time, of {@code num_hidden_layers}. */
  static List<DecoderLayer> layers(Configuration configuration, IntFunction<DecoderLayer> layer) {
    return IntStream.range(0, configuration.size("num_hidden_layers", MOST_LAYERS)).mapToObj(layer).toList();
  }

  /**
   * Embeddings, layers, last norm and head under Llama's names.
   *
   * @param tied whether head and embeddings are one tensor where the configuration does not say it: the family's default
   */
  static Decoder decoder(Configuration configuration, Parts parts, boolean tied, float epsilon, IntFunction<DecoderLayer> layer) {
    int width = width(configuration);
    Embedding embedding = parts.embedding("model.embed_tokens", configuration.size("vocab_size"), width);
    return decoder(configuration, parts, tied, embedding, parts.rmsNorm("model.norm", width, epsilon), layer);
  }

  static Decoder decoder(Configuration configuration, Parts parts, boolean tied, Embedding embedding, Norm norm,
      IntFunction<DecoderLayer> layer) {
    return new Decoder(embedding, layers(configuration, layer), norm,
        parts.head("lm_head", embedding, configuration.bool("tie_word_embeddings", tied)),
        configuration.size("max_position_embeddings", Integer.MAX_VALUE));
  }

  static Parts layer(Parts parts, int layer) {
    return parts.under("model.layers." + layer);
  }
}
