package org.scriptorium.engine.architecture;

import java.util.Set;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.weights.GgufFile;

/** A family of models: how its configuration and weight names become composed blocks. */
public interface Family {

  /** Values of {@code general.architecture} that name it in GGUF files. */
  Set<String> ggufArchitectures();

  /**
   * Composes a model; no weight is read but norms.
   *
   * @param parts records the linear maps whose weights are packed afterwards
   */
  Decoder build(GgufFile weights, Parts parts);
}
