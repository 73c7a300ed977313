package org.scriptorium.engine.architecture;

import java.util.Set;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.weights.Configuration;

/**
 * Marian's translators: the original Transformer, with positions of sines and cosines (Vaswani et al. 2017, arXiv:1706.03762;
 * Junczys-Dowmunt et al. 2018, arXiv:1804.00344). Sines fill the first half of a position's row and cosines the second.
 */
final class Marian implements Family {

  @Override
  public Set<String> modelTypes() {
    return Set.of("marian");
  }

  @Override
  public EncoderDecoder build(Configuration configuration, Parts parts) {
    for (String key : new String[] {"normalize_before", "add_final_layer_norm", "normalize_embedding"}) {
      if (configuration.bool(key, false)) throw configuration.unsupported(key, "false");
    }
    if (!configuration.bool("static_position_embeddings", true)) throw configuration.unsupported("static_position_embeddings", "true");
    int width = Bart.width(configuration);
    float[] positions = positions(configuration.size("max_position_embeddings"), width);
    return Bart.model(configuration, parts,
        (stack, tensor) -> new Embedding(tensor, Bart.vocabulary(tensor), width, Bart.scale(configuration), positions));
  }

  /** [positions, width], as the reference rounds them: computed in double precision. */
  static float[] positions(int count, int width) {
    int sines = (width + 1) / 2;
    var result = new float[Math.multiplyExact(count, width)];
    for (int position = 0; position < count; position++) {
      for (int i = 0; i < width; i++) {
        // Pair j of sine and cosine turns by position / 10000^(2j / width).
        int pair = i < sines ? i : i - sines;
        double angle = position / Math.pow(10000, 2.0 * pair / width);
        result[position * width + i] = (float) (i < sines ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return result;
  }
}
