package org.scriptorium.engine.architecture;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.CrossAttention;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.model.EncoderStack;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Matrix;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Tensor;

/** BART: the original encoder and decoder with learned positions and normed embeddings (Lewis et al. 2019, arXiv:1910.13461). */
final class Bart implements Family {
  /** Layer norms', which the family's configurations do not have. */
  private static final float EPSILON = 1e-5f;
  /** Classes that write: others of the family have heads of another kind. */
  private static final List<String> CLASSES = List.of("BartForConditionalGeneration", "BartModel", "MarianMTModel", "MarianModel");
  private static final int MOST_LAYERS = 1 << 12;
  private static final String HEAD = "lm_head.weight";
  /** Rows before the first position: where the reference's first release kept padding. */
  private static final int OFFSET = 2;

  @Override
  public Set<String> modelTypes() {
    return Set.of("bart");
  }

  @Override
  public EncoderDecoder build(Configuration configuration, Parts parts) {
    for (String key : List.of("normalize_before", "add_final_layer_norm", "static_position_embeddings", "add_bias_logits")) {
      if (configuration.bool(key, false)) throw configuration.unsupported(key, "false");
    }
    if (!configuration.bool("normalize_embedding", true)) throw configuration.unsupported("normalize_embedding", "true");
    int width = width(configuration), positions = configuration.size("max_position_embeddings");
    return model(configuration, parts, (stack, tensor) -> {
      float[] rows = stack.matrix("embed_positions.weight", positions + OFFSET, width);
      return new Embedding(tensor, vocabulary(tensor), width, scale(configuration), Arrays.copyOfRange(rows, OFFSET * width, rows.length),
          stack.layerNorm("layernorm_embedding", width, EPSILON));
    });
  }

  /** Makes the embeddings of one stack, whose tokens have a given tensor. */
  interface Embeddings {
    Embedding of(Parts stack, Tensor tokens);
  }

  /** The layers that the family shares with its kin, around embeddings of each one's own. */
  static EncoderDecoder model(Configuration configuration, Parts parts, Embeddings embeddings) {
    List<String> names = configuration.has("architectures") ? configuration.strings("architectures") : List.of();
    if (names.stream().anyMatch(name -> !CLASSES.contains(name))) throw configuration.unsupported("architectures", String.join(", ", CLASSES));
    int width = width(configuration), positions = configuration.size("max_position_embeddings");
    Parts base = parts.base("model"), encoder = base.under("encoder"), decoder = base.under("decoder");
    Activation activation = Activations.of(configuration, "activation_function", "gelu");
    Tensor sources = tokens(configuration, parts, "encoder", "vocab_size"), targets = tokens(configuration, parts, "decoder", "decoder_vocab_size");
    AttentionShape reading = shape(configuration, "encoder_attention_heads"), writing = shape(configuration, "decoder_attention_heads");
    int encoderInner = configuration.size("encoder_ffn_dim", 1 << 20), decoderInner = configuration.size("decoder_ffn_dim", 1 << 20);
    var stack = new EncoderStack(embeddings.of(encoder, sources), new float[0], new Norm.None(width), layers(configuration, "encoder_layers",
        index -> readingLayer(encoder.under("layers." + index), width, encoderInner, reading, activation)), new Norm.None(width));
    Embedding written = embeddings.of(decoder, targets);
    var layers = layers(configuration, "decoder_layers",
        index -> writingLayer(decoder.under("layers." + index), width, decoderInner, writing, activation));
    return new EncoderDecoder(stack, new Decoder(written, layers, new Norm.None(width), head(configuration, parts, written), positions),
        positions);
  }

  /**
   * A stack's own tokens; otherwise the tensor that both and a tied head are, which files hold under any of its names.
   *
   * @param size key of how many there are where the stacks have tokens of their own
   */
  private static Tensor tokens(Configuration configuration, Parts parts, String stack, String size) {
    Parts base = parts.base("model");
    String shared = "shared.weight";
    Tensor tokens = base.first(stack + ".embed_tokens.weight", shared, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
        .or(() -> parts.find(HEAD)).orElseGet(() -> base.tensor(shared));
    boolean own = !configuration.bool("share_encoder_decoder_embeddings", true) && configuration.has(size);
    return tokens.requireShape(configuration.size(own ? size : "vocab_size"), width(configuration));
  }

  static int vocabulary(Tensor tokens) {
    return Math.toIntExact(tokens.shape()[0]);
  }

  static int width(Configuration configuration) {
    return configuration.size("d_model", 1 << 20);
  }

  static float scale(Configuration configuration) {
    return configuration.bool("scale_embedding", false) ? (float) Math.sqrt(width(configuration)) : 1f;
  }

  private static AttentionShape shape(Configuration configuration, String key) {
    int width = width(configuration), heads = configuration.size(key, width);
    configuration.require(width % heads == 0, key, "a divisor of d_model, %d".formatted(width));
    return new AttentionShape(heads, heads, width / heads);
  }

  private static List<DecoderLayer> layers(Configuration configuration, String key, IntFunction<DecoderLayer> layer) {
    return IntStream.range(0, configuration.size(key, MOST_LAYERS)).mapToObj(layer).toList();
  }

  private static DecoderLayer readingLayer(Parts layer, int width, int inner, AttentionShape shape, Activation activation) {
    return new DecoderLayer.PostNorm(attention(layer.under("self_attn"), width, shape).withWindow(Window.WHOLE),
        layer.layerNorm("self_attn_layer_norm", width, EPSILON), feedForward(layer, width, inner, activation),
        layer.layerNorm("final_layer_norm", width, EPSILON));
  }

  private static DecoderLayer writingLayer(Parts layer, int width, int inner, AttentionShape shape, Activation activation) {
    return new DecoderLayer.PostNormCrossing(attention(layer.under("self_attn"), width, shape),
        layer.layerNorm("self_attn_layer_norm", width, EPSILON), crossing(layer.under("encoder_attn"), width, shape),
        layer.layerNorm("encoder_attn_layer_norm", width, EPSILON), feedForward(layer, width, inner, activation),
        layer.layerNorm("final_layer_norm", width, EPSILON));
  }

  private static SelfAttention attention(Parts parts, int width, AttentionShape shape) {
    Function<String, Linear> map = name -> parts.linear(name, width, width, Bias.ADDED);
    return SelfAttention.plain(shape, map.apply("q_proj"), map.apply("k_proj"), map.apply("v_proj"), map.apply("out_proj"), Rotary.NONE);
  }

  private static CrossAttention crossing(Parts parts, int width, AttentionShape shape) {
    Function<String, Linear> map = name -> parts.linear(name, width, width, Bias.ADDED);
    return new CrossAttention(shape, map.apply("q_proj"), map.apply("k_proj"), map.apply("v_proj"), map.apply("out_proj"),
        (float) (1 / Math.sqrt(shape.width())));
  }

  private static PlainFeedForward feedForward(Parts layer, int width, int inner, Activation activation) {
    return new PlainFeedForward(layer.linear("fc1", width, inner, Bias.ADDED), layer.linear("fc2", inner, width, Bias.ADDED), activation);
  }

  /**
   * A file that holds a head means it, whatever its configuration says of ties. Files that are as old as the family have no biases of the
   * vocabulary: all are zero then.
   */
  private static Linear head(Configuration configuration, Parts parts, Embedding embedding) {
    int width = embedding.width(), vocabulary = embedding.vocabulary();
    boolean tied = configuration.bool("tie_word_embeddings", true) && parts.find(HEAD).isEmpty();
    Tensor weight = tied ? embedding.tensor() : parts.tensor(HEAD).requireShape(vocabulary, width);
    String bias = "final_logits_bias";
    return parts.find(bias).isPresent() ? parts.linear(Matrix.of(weight), parts.onlyRow(bias, vocabulary)) : parts.linear(Matrix.of(weight));
  }
}
