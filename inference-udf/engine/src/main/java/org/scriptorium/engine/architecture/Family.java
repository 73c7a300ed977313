package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.model.Transformer;
import org.scriptorium.engine.weights.Configuration;

/**
 * A family of models: how its configuration and weight names become composed blocks. Both are Hugging Face's; what GGUF files call them a
 * family says by {@link #ggufNames}.
 */
public interface Family {

  /** Values of {@code model_type} in {@code config.json} that name it. */
  Set<String> modelTypes();

  /** By values of {@code general.architecture} in GGUF files, the names there; none where the family is not read from such files. */
  default Map<String, GgufNames> ggufNames() {
    return Map.of();
  }

  /** Other names of configuration keys, by the names that {@link #build} uses. */
  default Map<String, String> otherKeys() {
    return Map.of();
  }

  /** The rule by which the beams of the family's reference are searched. */
  default BeamRule beamRule() {
    return BeamRule.TRANSFORMERS_5;
  }

  /**
   * Composes a model; no weight is read but norms, biases and learned positions.
   *
   * @param parts of the whole model; records the linear maps, whose weights are packed afterwards
   */
  Transformer build(Configuration configuration, Parts parts);
}
