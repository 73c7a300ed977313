package org.scriptorium.engine.architecture;

import java.util.Map;
import org.scriptorium.engine.kernel.Rows.Pairing;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.weights.Configuration;

/**
 * Rotary positions as a configuration names them: {@code rope_parameters} of newer files, {@code rope_theta} and {@code rope_scaling} of
 * older ones. Formulas are those of Hugging Face transformers ({@code modeling_rope_utils.py}).
 */
final class RotaryPositions {
  private static final String SUPPORTED = "default, linear, dynamic, llama3, yarn";

  private final Configuration configuration;
  private final Configuration parameters;
  private final double base;
  private final Pairing pairing;

  private RotaryPositions(Configuration configuration, Configuration parameters, double base, Pairing pairing) {
    this.configuration = configuration;
    this.parameters = parameters;
    this.base = base;
    this.pairing = pairing;
  }

  /** Those of all layers, pairs being halves of a head. */
  static RotaryPositions of(Configuration configuration, double defaultBase) {
    return of(configuration, defaultBase, Pairing.HALVES);
  }

  static RotaryPositions of(Configuration configuration, double defaultBase, Pairing pairing) {
    Configuration parameters = scaling(configuration).or(() -> configuration.section("rope_parameters"))
        .orElseGet(() -> empty(configuration));
    for (String kind : LayerKinds.NAMES) {
      if (parameters.has(kind)) throw parameters.unsupported(kind, "none, as all layers of this family have the same positions");
    }
    double base = parameters.real("rope_theta", configuration.real("rope_theta", defaultBase));
    configuration.require(base > 0, "rope_theta", "a positive number");
    return new RotaryPositions(configuration, parameters, base, pairing);
  }

  /** Those of a kind of layers, where each kind has its own. */
  static RotaryPositions ofLayers(Configuration configuration, String kind, String olderBase, double defaultBase) {
    Configuration all = configuration.section("rope_parameters").orElseGet(() -> empty(configuration));
    for (String key : new String[] {"rope_theta", "rope_type"}) {
      if (all.has(key)) throw all.unsupported(key, "one in each of " + String.join(", ", LayerKinds.NAMES));
    }
    Configuration parameters = all.section(kind).orElseGet(() -> empty(configuration));
    return new RotaryPositions(configuration, parameters, parameters.real("rope_theta", configuration.real(olderBase, defaultBase)),
        Pairing.HALVES);
  }

  /** With the older files' {@code rope_scaling} where there is one. */
  RotaryPositions withOlderScaling() {
    return scaling(configuration).map(older -> new RotaryPositions(configuration, older, base, pairing)).orElse(this);
  }

  /** An empty object counts as none, as in the reference. */
  private static java.util.Optional<Configuration> scaling(Configuration configuration) {
    return configuration.section("rope_scaling").filter(section -> !section.isEmpty());
  }

  private static Configuration empty(Configuration configuration) {
    return Configuration.of(configuration.path(), Map.of());
  }

  /** Newer files' {@code rope_type}, older ones' {@code type}. */
  private String typeKey() {
    return parameters.has("rope_type") ? "rope_type" : "type";
  }

  String type() {
    return parameters.string(typeKey(), "default");
  }

  /** Refuses all types but some, for families whose reference has no others. */
  RotaryPositions only(String... types) {
    for (String type : types) if (type().equals(type)) return this;
    throw parameters.unsupported(typeKey(), String.join(", ", types));
  }

  /** True where no scaling is asked for. */
  boolean isPlain() {
    return type().equals("default");
  }

  /** Share of a head that is rotated. */
  double partialFactor(double otherwise) {
    return parameters.real("partial_rotary_factor", configuration.real("partial_rotary_factor", otherwise));
  }

  /** The whole head is rotated; a configuration that says otherwise is refused, as the family's reference rotates all of it. */
  Rotary whole(int width) {
    if (partialFactor(1) != 1) throw configuration.unsupported("partial_rotary_factor", "1");
    return rotary(width);
  }

  /** A part of the head, from its beginning, is rotated. */
  Rotary partial(int width, double otherwise) {
    return rotary((int) (width * partialFactor(otherwise)));
  }

  /**
   * LongRoPE (Ding et al. 2024, arXiv:2402.13753): factors of each frequency, others for sequences longer than those first learned.
   *
   * @param width of a head
   * @param defaultLength of those first learned
   */
  Rotary longRope(int width, int defaultLength) {
    int rotated = (int) (width * partialFactor(1)), length = configuration.integer("original_max_position_embeddings", defaultLength);
    configuration.require(length > 0, "original_max_position_embeddings", "a positive number");
    double factor = parameters.has("factor") ? factor() : configuration.integer("max_position_embeddings") / (double) length;
    double stretch = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(length));
    return new Rotary(divided(rotated, "short_factor"), divided(rotated, "long_factor"), length, pairing,
        (float) parameters.real("attention_factor", stretch));
  }

  private float[] divided(int width, String key) {
    double[] factors = parameters.reals(key);
    parameters.require(factors.length == width / 2 && width % 2 == 0, key, "one for each of the %d rotated pairs".formatted(width / 2));
    float[] frequencies = new float[factors.length];
    for (int i = 0; i < factors.length; i++) frequencies[i] = 1 / ((float) factors[i] * (float) Math.pow(base, 2f * i / width));
    return frequencies;
  }

  /** @param width of the rotated part */
  private Rotary rotary(int width) {
    configuration.require(width >= 2 && width % 2 == 0, "head_dim",
        "an even width of the rotated part of heads, which is %d".formatted(width));
    return switch (type()) {
      // Dynamic scaling (NTK-aware) changes nothing up to the model's own length, and longer sequences are refused.
      case "default", "dynamic" -> Rotary.of(width, base, pairing);
      case "linear" -> linear(width);
      case "llama3" -> llama3(width);
      case "yarn" -> yarn(width);
      case String _ -> throw parameters.unsupported(typeKey(), SUPPORTED);
    };
  }

  private double factor() {
    double factor = parameters.real("factor");
    parameters.require(factor > 0, "factor", "a positive number");
    return factor;
  }

  private double originalLength() {
    String key = "original_max_position_embeddings";
    return configuration.real(key, parameters.real(key, configuration.integer("max_position_embeddings", 0)));
  }

  /** Position interpolation (Chen et al. 2023, arXiv:2306.15595). */
  private Rotary linear(int width) {
    float factor = (float) factor();
    Rotary plain = Rotary.of(width, base, pairing);
    for (int i = 0; i < width / 2; i++) plain.frequencies()[i] /= factor;
    return plain;
  }

  /** Llama 3.1's: long waves are stretched, short ones stay, those between are mixed. */
  private Rotary llama3(int width) {
    double factor = factor(), low = parameters.real("low_freq_factor"), high = parameters.real("high_freq_factor"),
        length = originalLength();
    parameters.require(high > low, "high_freq_factor", "more than low_freq_factor");
    Rotary plain = Rotary.of(width, base, pairing);
    float[] frequencies = plain.frequencies();
    for (int i = 0; i < frequencies.length; i++) {
      double wave = 2 * Math.PI / frequencies[i];
      if (wave > length / low) {
        frequencies[i] = (float) (frequencies[i] / factor);
      } else if (wave >= length / high) {
        double smooth = (length / wave - low) / (high - low);
        frequencies[i] = (float) ((1 - smooth) * frequencies[i] / factor + smooth * frequencies[i]);
      }
    }
    return plain;
  }

  /** YaRN (Peng et al. 2023, arXiv:2309.00071). */
  private Rotary yarn(int width) {
    double length = originalLength();
    double factor = parameters.has("factor") ? factor() : configuration.integer("max_position_embeddings") / length;
    double fast = orDefault("beta_fast", 32), slow = orDefault("beta_slow", 1);
    double from = correction(fast, width, length), to = correction(slow, width, length);
    if (parameters.bool("truncate", true)) {
      from = Math.floor(from);
      to = Math.ceil(to);
    }
    from = Math.max(from, 0);
    to = Math.min(to, width - 1);
    if (from == to) to += 0.001;
    float[] frequencies = new float[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      double plain = 1 / (float) Math.pow(base, 2f * i / width), ramp = Math.clamp((i - from) / (to - from), 0, 1);
      frequencies[i] = (float) (plain / factor * ramp + plain * (1 - ramp));
    }
    return new Rotary(frequencies, pairing, (float) attentionFactor(factor));
  }

  private double correction(double rotations, int width, double length) {
    return width * Math.log(length / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
  }

  private double attentionFactor(double factor) {
    if (parameters.has("attention_factor")) return parameters.real("attention_factor");
    double scale = orDefault("mscale", 0), all = orDefault("mscale_all_dim", 0);
    return scale != 0 && all != 0 ? magnitude(factor, scale) / magnitude(factor, all) : magnitude(factor, 1);
  }

  /** What DeepSeek's models multiply the softmax's scale by: the square of the magnitude that {@code mscale_all_dim} gives. */
  double scoreScale() {
    double all = type().equals("default") ? 0 : orDefault("mscale_all_dim", 0);
    return all == 0 ? 1 : Math.pow(magnitude(factor(), all), 2);
  }

  private static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  /** A value of 0 counts as none, as in the reference. */
  private double orDefault(String key, double otherwise) {
    double found = parameters.real(key, otherwise);
    return found == 0 ? otherwise : found;
  }
}
