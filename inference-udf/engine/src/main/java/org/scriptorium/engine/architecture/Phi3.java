package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.GatedFeedForward;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.model.SelfAttention;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/** Phi 3 and 4: Llama whose queries, keys and values are one tensor, as are gate and up (Abdin et al. 2024, arXiv:2404.14219). */
final class Phi3 implements Family {
  private static final int ORIGINAL_LENGTH = 4096;

  @Override
  public Set<String> modelTypes() {
    return Set.of("phi3");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("phi3", GgufNames.LLAMA.withKey("sliding_window", "attention.sliding_window").withModule("self_attn.qkv_proj", "attn_qkv")
        .withModule("mlp.gate_up_proj", "ffn_up"));
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = LlamaKin.epsilon(configuration, 1e-5);
    AttentionShape shape = LlamaKin.shape(configuration);
    RotaryPositions positions = RotaryPositions.of(configuration, 10_000).only("default", "longrope", "su", "yarn");
    // Older files call it by the last two names.
    Rotary rotary = positions.isPlain() ? positions.partial(shape.width(), 1) : positions.longRope(shape.width(), ORIGINAL_LENGTH);
    Window window = LlamaKin.window(configuration);
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    return LlamaKin.decoder(configuration, parts, false, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index), feedForward = layer.under("mlp");
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          attention(layer.under("self_attn"), width, shape, rotary).withWindow(window),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          new GatedFeedForward(feedForward.rows("gate_up_proj", width, 2 * inner, 0, inner, Bias.NONE),
              feedForward.rows("gate_up_proj", width, 2 * inner, inner, inner, Bias.NONE),
              feedForward.linear("down_proj", inner, width, Bias.NONE), activation));
    });
  }

  private static SelfAttention attention(Parts parts, int width, AttentionShape shape, Rotary rotary) {
    int queries = shape.queryWidth(), keys = shape.keyWidth(), all = queries + 2 * keys;
    return SelfAttention.plain(shape, parts.rows("qkv_proj", width, all, 0, queries, Bias.NONE),
        parts.rows("qkv_proj", width, all, queries, keys, Bias.NONE), parts.rows("qkv_proj", width, all, queries + keys, keys, Bias.NONE),
        parts.linear("o_proj", queries, width, Bias.NONE), rotary);
  }
}
