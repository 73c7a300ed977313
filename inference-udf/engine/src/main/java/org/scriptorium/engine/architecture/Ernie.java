package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.architecture.Parts.Bias;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.kernel.Rows.Pairing;
import org.scriptorium.engine.model.AttentionShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.DecoderLayer;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.weights.Configuration;

/** ERNIE 4.5: Llama whose rotary pairs are neighbours (Baidu 2025, ERNIE 4.5 Technical Report). */
final class Ernie implements Family {
  private static final int HEAD_WIDTH = 128;

  @Override
  public Set<String> modelTypes() {
    return Set.of("ernie4_5");
  }

  @Override
  public Map<String, GgufNames> ggufNames() {
    return Map.of("ernie4_5", GgufNames.LLAMA);
  }

  @Override
  public Decoder build(Configuration configuration, Parts parts) {
    int width = LlamaKin.width(configuration), inner = LlamaKin.inner(configuration, "intermediate_size");
    float epsilon = LlamaKin.epsilon(configuration, 1e-5);
    AttentionShape found = LlamaKin.shape(configuration);
    AttentionShape shape = configuration.mentions("head_dim") ? found : new AttentionShape(found.heads(), found.keyHeads(), HEAD_WIDTH);
    Rotary rotary = RotaryPositions.of(configuration, 500_000, Pairing.NEIGHBOURS).whole(shape.width());
    Activation activation = Activations.of(configuration, "hidden_act", "silu");
    Bias bias = Bias.of(configuration.bool("use_bias", false));
    return LlamaKin.decoder(configuration, parts, true, epsilon, index -> {
      Parts layer = LlamaKin.layer(parts, index);
      return new DecoderLayer.PreNorm(layer.rmsNorm("input_layernorm", width, epsilon),
          LlamaKin.attention(layer.under("self_attn"), width, shape, rotary, bias, bias),
          layer.rmsNorm("post_attention_layernorm", width, epsilon),
          LlamaKin.feedForward(layer.under("mlp"), width, inner, activation, bias));
    });
  }
}
