package org.scriptorium.engine.architecture;

import java.util.List;
import java.util.function.IntPredicate;
import org.scriptorium.engine.model.Window;
import org.scriptorium.engine.weights.Configuration;

/** Which layers see a sliding window: by {@code layer_types} of newer files, else by the rule that a family's older files imply. */
final class LayerKinds {
  private static final String KEY = "layer_types", SLIDING = "sliding_attention", FULL = "full_attention";
  /** What kinds are called. */
  static final List<String> NAMES = List.of(SLIDING, FULL);

  private LayerKinds() {}

  /** True for the layers that slide. */
  static IntPredicate sliding(Configuration configuration, IntPredicate older) {
    if (!configuration.has(KEY)) return older;
    List<String> kinds = configuration.strings(KEY);
    configuration.require(kinds.size() == configuration.size("num_hidden_layers"), KEY, "one for each of num_hidden_layers");
    if (!NAMES.containsAll(kinds)) throw configuration.unsupported(KEY, String.join(", ", NAMES));
    return layer -> kinds.get(layer).equals(SLIDING);
  }

  /** Qwen's: layers from {@code max_window_layers} on, where {@code use_sliding_window} is set. */
  static IntPredicate ofQwen(Configuration configuration) {
    boolean used = configuration.bool("use_sliding_window", false) && configuration.has("sliding_window");
    int first = configuration.integer("max_window_layers", 28);
    IntPredicate sliding = sliding(configuration, layer -> used && layer >= first);
    return layer -> {
      boolean slides = sliding.test(layer);
      if (slides && !used) throw configuration.unsupported(KEY, FULL + " where no sliding_window is used");
      return slides;
    };
  }

  static Window window(Configuration configuration, boolean slides) {
    return slides ? new Window(configuration.size("sliding_window")) : Window.NONE;
  }
}
