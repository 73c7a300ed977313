package org.scriptorium.engine.architecture;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.CrossAttention;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.DistanceBias;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.model.EncoderStack;
import org.scriptorium.engine.model.FeedForward;
import org.scriptorium.engine.model.GatedFeedForward;
import org.scriptorium.engine.model.Norm;
import org.scriptorium.engine.model.PlainFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.Tensor;

/**
 * T5 and FLAN-T5: text to text, positions by biases of distances that a stack's layers share, scores without scale (Raffel et al. 2019,
 * arXiv:1910.10683). Version 1.1 has gated feed-forwards and a head of its own (Shazeer 2020, arXiv:2002.05202).
 */
final class T5 implements Family {
  /** Longest source and longest text: distances have no end by themselves. */
  private static final int MOST_TOKENS = 1 << 13;
  private static final Map<String, String> GGUF_MODULES = ggufModules();
  private static final int MOST_WIDTH = 1 << 20, MOST_LAYERS = 1 << 12, MOST_HEADS = 1 << 10;

  @Override
  public Set<String> modelTypes() {
    return Set.of("t5");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("t5", new GgufNames(
        Map.of("d_model", "embedding_length", "d_kv", "attention.key_length", "d_ff", "feed_forward_length", "num_layers", "block_count",
            "num_decoder_layers", "decoder_block_count", "num_heads", "attention.head_count", "layer_norm_epsilon",
            "attention.layer_norm_rms_epsilon", "relative_attention_num_buckets", "attention.relative_buckets_count"),
        GGUF_MODULES, Map.of()));
  }

  @Override
  public EncoderDecoder build(Configuration configuration, Parts parts) {
    List<String> names = configuration.has("architectures") ? configuration.strings("architectures") : List.of();
    if (names.stream().anyMatch(name -> !name.equals("T5ForConditionalGeneration") && !name.equals("T5WithLMHeadModel"))) {
      throw configuration.unsupported("architectures", "T5ForConditionalGeneration");
    }
    int width = configuration.size("d_model", MOST_WIDTH), vocabulary = configuration.size("vocab_size");
    int layers = configuration.size("num_layers", MOST_LAYERS);
    int written = configuration.has("num_decoder_layers") ? configuration.size("num_decoder_layers", MOST_LAYERS) : layers;
    Sizes sizes = sizes(configuration, parts, width);
    Parts encoder = parts.under("encoder"), decoder = parts.under("decoder");
    Embedding read = embedding(parts, "encoder", vocabulary, width), text = embedding(parts, "decoder", vocabulary, width);
    DistanceBias around = bias(configuration, encoder, sizes, Ahead.SEEN), behind = bias(configuration, decoder, sizes, Ahead.HIDDEN);
    var stack = new EncoderStack(read, new float[0], new Norm.None(width),
        layers(layers, index -> readingLayer(encoder.under("block." + index), sizes, around)), norm(encoder, "final_layer_norm", sizes));
    Norm last = norm(decoder, "final_layer_norm", sizes);
    // By the reference's rule "tie_word_embeddings" says whether states are scaled, and the file whether the head is tied.
    boolean scaled = configuration.bool("scale_decoder_outputs", configuration.bool("tie_word_embeddings", true));
    Norm norm = scaled ? new Norm.Scaled(last, (float) Math.pow(width, -0.5)) : last;
    return new EncoderDecoder(stack, new Decoder(text,
        layers(written, index -> writingLayer(decoder.under("block." + index), sizes, behind)), norm,
        parts.head("lm_head", text, parts.find("lm_head.weight").isEmpty()), MOST_TOKENS), MOST_TOKENS);
  }

  /** Embeddings and a tied head are one tensor, which files hold under any of these names, unless a stack has its own. */
  private static Embedding embedding(Parts parts, String stack, int vocabulary, int width) {
    String shared = "shared.weight";
    Tensor tokens = parts.first(stack + ".embed_tokens.weight", shared, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight",
        "lm_head.weight").orElseGet(() -> parts.tensor(shared));
    return new Embedding(tokens.requireShape(vocabulary, width), vocabulary, width, 1f, new float[0]);
  }

  /** The decoder's blocks have cross-attention between the other two. */
  private static Map<String, String> ggufModules() {
    var modules = new HashMap<>(Map.of("shared", "token_embd", "lm_head", "output"));
    for (String stack : new String[] {"encoder", "decoder"}) {
      boolean crosses = stack.equals("decoder");
      modules.put(stack + ".final_layer_norm", stack.substring(0, 3) + ".output_norm");
      ggufAttention(modules, stack + ".layer.0", "SelfAttention", "attn_");
      if (crosses) ggufAttention(modules, stack + ".layer.1", "EncDecAttention", "cross_attn_");
      String last = stack + (crosses ? ".layer.2." : ".layer.1."), feedForward = last + "DenseReluDense.";
      modules.putAll(Map.of(last + "layer_norm", "ffn_norm", feedForward + "wi", "ffn_up", feedForward + "wi_0", "ffn_gate",
          feedForward + "wi_1", "ffn_up", feedForward + "wo", "ffn_down"));
    }
    return Map.copyOf(modules);
  }

  private static void ggufAttention(Map<String, String> modules, String layer, String attention, String name) {
    modules.put(layer + ".layer_norm", name + "norm");
    for (String map : new String[] {"q", "k", "v", "o"}) modules.put("%s.%s.%s".formatted(layer, attention, map), name + map);
    modules.put("%s.%s.relative_attention_bias".formatted(layer, attention), name + "rel_b");
  }

  private enum Ahead { SEEN, HIDDEN }

  /**
   * What the layers have in common.
   *
   * @param activation of the feed-forward, gated where {@code gated}
   */
  private record Sizes(int width, int inner, AttentionShape shape, float epsilon, Activation activation, boolean gated) {}

  private static Sizes sizes(Configuration configuration, Parts parts, int width) {
    int heads = configuration.size("num_heads", MOST_HEADS);
    // GGUF files say it by their tensors alone.
    boolean hasGate = parts.find("encoder.block.0.layer.1.DenseReluDense.wi_0.weight").isPresent();
    String kind = configuration.string("feed_forward_proj", hasGate ? "gated-gelu" : "relu");
    boolean gated = kind.startsWith("gated-");
    String name = gated ? kind.substring("gated-".length()) : kind;
    // The reference's own reading of the name: that of version 1.1 means the form by tanh.
    String function = kind.equals("gated-gelu") ? "gelu_new" : name;
    Optional<Activation> activation = Activations.named(function);
    if (activation.isEmpty()) throw configuration.unsupported("feed_forward_proj", "relu, gelu, silu, or one of them after \"gated-\"");
    return new Sizes(width, configuration.size("d_ff", MOST_WIDTH), new AttentionShape(heads, heads, configuration.size("d_kv", MOST_WIDTH)),
        (float) configuration.real("layer_norm_epsilon", 1e-6), activation.get(), gated);
  }

  private static List<DecoderLayer> layers(int count, IntFunction<DecoderLayer> layer) {
    return IntStream.range(0, count).mapToObj(layer).toList();
  }

  private static Norm norm(Parts parts, String module, Sizes sizes) {
    return parts.rmsNorm(module, sizes.width, sizes.epsilon);
  }

  private static DecoderLayer readingLayer(Parts block, Sizes sizes, DistanceBias bias) {
    return new DecoderLayer.PreNorm(norm(block, "layer.0.layer_norm", sizes),
        attention(block.under("layer.0.SelfAttention"), sizes).withBias(bias).withWindow(Window.WHOLE),
        norm(block, "layer.1.layer_norm", sizes), feedForward(block.under("layer.1.DenseReluDense"), sizes));
  }

  private static DecoderLayer writingLayer(Parts block, Sizes sizes, DistanceBias bias) {
    SelfAttention maps = attention(block.under("layer.1.EncDecAttention"), sizes);
    return new DecoderLayer.PreNormCrossing(norm(block, "layer.0.layer_norm", sizes),
        attention(block.under("layer.0.SelfAttention"), sizes).withBias(bias), norm(block, "layer.1.layer_norm", sizes),
        new CrossAttention(sizes.shape, maps.query(), maps.key(), maps.value(), maps.output(), 1f), norm(block, "layer.2.layer_norm", sizes),
        feedForward(block.under("layer.2.DenseReluDense"), sizes));
  }

  private static SelfAttention attention(Parts parts, Sizes sizes) {
    int width = sizes.width, inner = sizes.shape.queryWidth();
    return SelfAttention.plain(sizes.shape, parts.linear("q", width, inner, Bias.NONE), parts.linear("k", width, inner, Bias.NONE),
        parts.linear("v", width, inner, Bias.NONE), parts.linear("o", inner, width, Bias.NONE), Rotary.NONE).withScale(1);
  }

  private static FeedForward feedForward(Parts parts, Sizes sizes) {
    var down = parts.linear("wo", sizes.inner, sizes.width, Bias.NONE);
    if (!sizes.gated) return new PlainFeedForward(parts.linear("wi", sizes.width, sizes.inner, Bias.NONE), down, sizes.activation);
    return new GatedFeedForward(parts.linear("wi_0", sizes.width, sizes.inner, Bias.NONE),
        parts.linear("wi_1", sizes.width, sizes.inner, Bias.NONE), down, sizes.activation);
  }

  /** The biases of all distances that can be, from those of the first block's buckets. */
  private static DistanceBias bias(Configuration configuration, Parts stack, Sizes sizes, Ahead ahead) {
    int buckets = configuration.size("relative_attention_num_buckets", 1 << 16), heads = sizes.shape.heads();
    int most = configuration.has("relative_attention_max_distance") ? configuration.size("relative_attention_max_distance") : 128;
    configuration.require(buckets >= 4 && buckets / 2 < most, "relative_attention_num_buckets",
        "at least 4, half of them below relative_attention_max_distance, %d".formatted(most));
    float[] values = stack.matrix("block.0.layer.0.SelfAttention.relative_attention_bias.weight", buckets, heads);
    int behind = MOST_TOKENS - 1, following = ahead == Ahead.SEEN ? behind : 0, stride = behind + 1 + following;
    var table = new float[Math.multiplyExact(heads, stride)];
    for (int i = 0; i < stride; i++) {
      int bucket = bucket(i - behind, ahead, buckets, most);
      for (int head = 0; head < heads; head++) table[head * stride + i] = values[bucket * heads + head];
    }
    return new DistanceBias(table, behind, following);
  }

  /** Short distances have buckets of their own, longer ones share them by their logarithm, in float32 as the reference computes it. */
  private static int bucket(int distance, Ahead ahead, int buckets, int most) {
    int half = ahead == Ahead.SEEN ? buckets / 2 : buckets, exact = half / 2;
    int first = ahead == Ahead.SEEN && distance > 0 ? half : 0;
    int far = ahead == Ahead.SEEN ? Math.abs(distance) : Math.max(0, -distance);
    if (far < exact) return first + far;
    float share = (float) Math.log((float) far / exact) / (float) Math.log((double) most / exact);
    return first + Math.min(half - 1, exact + (int) (share * (half - exact)));
  }
}
