package org.scriptorium.engine.model;

import java.util.Optional;
import org.scriptorium.engine.kernel.Activation;

/**
 * A stage of a head: norm(activation(map(x))).
 *
 * @param activation none where the map's values are the stage's
 */
public record Dense(Linear map, Optional<Activation> activation, Norm norm) {

  /** A map alone. */
  public static Dense of(Linear map) {
    return new Dense(map, Optional.empty(), new Norm.None(map.outputs()));
  }

  /** A map and an activation. */
  public static Dense of(Linear map, Activation activation) {
    return new Dense(map, Optional.of(activation), new Norm.None(map.outputs()));
  }
}
