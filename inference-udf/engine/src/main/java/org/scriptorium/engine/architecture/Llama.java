package org.scriptorium.engine.architecture;

import java.util.Set;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.Rows.Pairing;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.GatedFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;

/**
 * Llama and its kin: RMS norms before each block, rotary positions, grouped queries, gated feed-forward (Touvron et al. 2023,
 * arXiv:2302.13971). GGUF files hold queries and keys permuted so that rotary pairs are neighbours.
 */
final class Llama implements Family {

  @Override
  public Set<String> ggufArchitectures() {
    return Set.of("llama");
  }

  @Override
  public Decoder build(GgufFile weights, Parts parts) {
    Metadata metadata = weights.metadata();
    if (metadata.integer("llama.expert_count", 0) > 0) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: llama.expert_count is %d; experts are not supported"
          .formatted(weights.path(), metadata.integer("llama.expert_count")));
    }
    int width = metadata.integer("llama.embedding_length", 1, 1 << 20), heads = metadata.integer("llama.attention.head_count", 1, 1 << 14);
    int keyHeads = metadata.has("llama.attention.head_count_kv") ? metadata.integer("llama.attention.head_count_kv", 1, heads) : heads;
    var shape = new AttentionShape(heads, keyHeads, metadata.integer("llama.attention.key_length", width / heads));
    check(weights, heads % keyHeads == 0, "llama.attention.head_count_kv", "a divisor of %d".formatted(heads), keyHeads);
    int valueWidth = metadata.integer("llama.attention.value_length", shape.width());
    check(weights, valueWidth == shape.width(), "llama.attention.value_length", "that of keys, %d".formatted(shape.width()), valueWidth);
    Rotary rotary = rotary(weights, parts, shape);
    float epsilon = (float) metadata.real("llama.attention.layer_norm_rms_epsilon");
    var layers = IntStream.range(0, metadata.integer("llama.block_count", 1, 1 << 12))
        .mapToObj(layer -> layer(metadata, parts, "blk." + layer + ".", width, shape, rotary, epsilon)).toList();
    int vocabulary = metadata.strings("tokenizer.ggml.tokens").size();
    var embedding = parts.embedding("token_embd.weight", vocabulary, width);
    String head = weights.find("output.weight").isPresent() ? "output.weight" : "token_embd.weight";
    return new Decoder(embedding, layers, parts.rmsNorm("output_norm.weight", width, epsilon), parts.linear(head, width, vocabulary), rotary,
        metadata.integer("llama.context_length", 1, Integer.MAX_VALUE));
  }

  private static DecoderLayer layer(Metadata metadata, Parts parts, String name, int width, AttentionShape shape, Rotary rotary, float epsilon) {
    for (String bias : new String[] {"attn_q.bias", "attn_k.bias", "attn_v.bias", "attn_output.bias", "ffn_gate.bias", "ffn_up.bias", "ffn_down.bias"}) {
      parts.refuse(name + bias, "a bias");
    }
    int feedForward = metadata.integer("llama.feed_forward_length", 1, 1 << 20);
    var attention = new SelfAttention(shape, rotary, parts.linear(name + "attn_q.weight", width, shape.queryWidth()),
        parts.linear(name + "attn_k.weight", width, shape.keyWidth()), parts.linear(name + "attn_v.weight", width, shape.keyWidth()),
        parts.linear(name + "attn_output.weight", shape.queryWidth(), width));
    var gated = new GatedFeedForward(parts.linear(name + "ffn_gate.weight", width, feedForward),
        parts.linear(name + "ffn_up.weight", width, feedForward), parts.linear(name + "ffn_down.weight", feedForward, width));
    return new DecoderLayer(parts.rmsNorm(name + "attn_norm.weight", width, epsilon), attention,
        parts.rmsNorm(name + "ffn_norm.weight", width, epsilon), gated);
  }

  /** Plain positions, linear scaling, or the factors of Llama 3.1 that the file holds as a tensor. */
  private static Rotary rotary(GgufFile weights, Parts parts, AttentionShape shape) {
    Metadata metadata = weights.metadata();
    int rotated = metadata.integer("llama.rope.dimension_count", shape.width());
    check(weights, rotated > 0 && rotated % 2 == 0 && rotated <= shape.width(), "llama.rope.dimension_count",
        "even, at most %d".formatted(shape.width()), rotated);
    Rotary plain = Rotary.of(rotated, metadata.real("llama.rope.freq_base", 10_000), Pairing.NEIGHBOURS);
    float[] frequencies = plain.frequencies();
    String scaling = metadata.string("llama.rope.scaling.type", "none");
    switch (scaling) {
      case "none" -> { }
      case "linear" -> {
        float factor = (float) metadata.real("llama.rope.scaling.factor");
        for (int i = 0; i < frequencies.length; i++) frequencies[i] /= factor;
      }
      default -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
          "%s: llama.rope.scaling.type is \"%s\"; supported are none, linear".formatted(weights.path(), scaling));
    }
    if (weights.find("rope_freqs.weight").isPresent()) {
      float[] factors = parts.vector("rope_freqs.weight", frequencies.length);
      for (int i = 0; i < frequencies.length; i++) frequencies[i] /= factors[i];
    }
    return plain;
  }

  private static void check(GgufFile weights, boolean holds, String key, String expected, Object found) {
    if (!holds) {
      throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION, "%s: %s: expected %s, found %s".formatted(weights.path(), key, expected, found));
    }
  }
}
