package org.scriptorium.engine.architecture;

import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.scriptorium.engine.kernel.Activation;
import org.scriptorium.engine.weights.Configuration;

/** Activations by the names that configurations give them. */
final class Activations {
  private static final Map<String, Activation> NAMES = Map.ofEntries(Map.entry("silu", Activation.SILU),
      Map.entry("swish", Activation.SILU),
      Map.entry("gelu", Activation.GELU), Map.entry("gelu_python", Activation.GELU), Map.entry("gelu_new", Activation.GELU_TANH),
      Map.entry("gelu_fast", Activation.GELU_TANH), Map.entry("gelu_pytorch_tanh", Activation.GELU_TANH),
      Map.entry("gelu_python_tanh", Activation.GELU_TANH), Map.entry("gelu_accurate", Activation.GELU_TANH),
      Map.entry("quick_gelu", Activation.QUICK_GELU), Map.entry("relu", Activation.RELU), Map.entry("sigmoid", Activation.SIGMOID),
      Map.entry("tanh", Activation.TANH));

  private Activations() {}

  static Optional<Activation> named(String name) {
    return Optional.ofNullable(NAMES.get(name));
  }

  static Activation of(Configuration configuration, String key, String otherwise) {
    Activation found = NAMES.get(configuration.string(key, otherwise));
    if (found == null) throw configuration.unsupported(key, "one of " + String.join(", ", new TreeSet<>(NAMES.keySet())));
    return found;
  }
}
