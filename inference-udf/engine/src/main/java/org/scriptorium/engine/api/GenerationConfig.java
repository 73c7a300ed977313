package org.scriptorium.engine.api;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a text is generated: values of {@link Parameters}, and for those that are not given their defaults. Greedy, 256 tokens at most, no
 * truncation, where nothing is given. Immutable; equal where the same values are given.
 */
public final class GenerationConfig {
  public static final GenerationConfig DEFAULT = new GenerationConfig(Map.of());

  /** What only a draw depends on. */
  private static final Set<Parameter<?>> OF_SAMPLING = Set.of(Parameters.TEMPERATURE, Parameters.TOP_H, Parameters.TOP_K, Parameters.TOP_P,
      Parameters.MIN_P, Parameters.TYPICAL_P, Parameters.EPSILON_CUTOFF, Parameters.ETA_CUTOFF, Parameters.SEED);
  /** What only beams depend on. */
  private static final Set<Parameter<?>> OF_BEAMS = Set.of(Parameters.EARLY_STOPPING, Parameters.LENGTH_PENALTY,
      Parameters.NUM_RETURN_SEQUENCES, Parameters.RENORMALIZE_LOGITS);

  private final Map<String, Object> given;

  private GenerationConfig(Map<String, Object> given) {
    this.given = given;
  }

  /**
   * The configuration that {@link #given} is of.
   *
   * @throws ModelException INVALID_PARAMETER if there is no such parameter, or its value is outside its domain
   */
  public static GenerationConfig of(Map<String, ?> values) {
    GenerationConfig config = DEFAULT;
    for (var entry : values.entrySet()) {
      Parameter<?> parameter = Parameters.named(entry.getKey()).orElseThrow(() -> new ModelException(ErrorCode.INVALID_PARAMETER,
          "%s: expected a parameter of generation, found none of this name".formatted(entry.getKey())));
      config = config.withValue(parameter, parameter.read(entry.getValue()));
    }
    return config;
  }

  /** The values that are given, by name; all can be serialized. */
  public Map<String, Object> given() {
    return Collections.unmodifiableMap(given);
  }

  /** The values that are given, by name, as strings, numbers, booleans and lists of them; {@link #of} reads them. */
  public Map<String, Object> plain() {
    var plain = new TreeMap<String, Object>();
    given.forEach((name, value) -> plain.put(name, ParameterForm.plain(value)));
    return plain;
  }

  public boolean has(Parameter<?> parameter) {
    return given.containsKey(parameter.name());
  }

  /** The value given, or the default. */
  public <T> T value(Parameter<T> parameter) {
    Object value = given.get(parameter.name());
    return value == null ? parameter.otherwise() : parameter.parse(value).orElseThrow();
  }

  /** @throws ModelException INVALID_PARAMETER if the value is outside the parameter's domain */
  public <T> GenerationConfig with(Parameter<T> parameter, T value) {
    return withValue(parameter, parameter.checked(value));
  }

  private GenerationConfig withValue(Parameter<?> parameter, Object value) {
    var values = new TreeMap<>(given);
    values.put(parameter.name(), value);
    return new GenerationConfig(values);
  }

  /** This, with the default instead of what is given for a parameter. */
  public GenerationConfig without(Parameter<?> parameter) {
    var values = new TreeMap<>(given);
    values.remove(parameter.name());
    return new GenerationConfig(values);
  }

  /** This, with the values of others for all parameters that are not given. */
  public GenerationConfig over(GenerationConfig others) {
    var values = new TreeMap<>(others.given);
    values.putAll(given);
    return new GenerationConfig(values);
  }

  /**
   * This configuration, if its values go together.
   *
   * @throws ModelException INVALID_PARAMETER if not
   */
  public GenerationConfig consistent() {
    int least = value(Parameters.MIN_NEW_TOKENS), beams = numBeams(), returned = value(Parameters.NUM_RETURN_SEQUENCES);
    if (maxLength() == 0 && least > maxNewTokens()) throw Parameters.MIN_NEW_TOKENS.refusal("from 0 to max_new_tokens", least);
    if (returned > beams) throw Parameters.NUM_RETURN_SEQUENCES.refusal("at most num_beams, " + beams, returned);
    if (beams > 1 && !isGreedy())
      throw Parameters.NUM_BEAMS.refusal("1 where tokens are drawn (do_sample or a temperature above 0)", beams);
    if (beams > 1 && !stopStrings().isEmpty()) throw Parameters.STOP_STRINGS.refusal("none where there are beams", stopStrings());
    if (value(Parameters.DO_SAMPLE) && has(Parameters.TEMPERATURE) && value(Parameters.TEMPERATURE) == 0)
      throw Parameters.TEMPERATURE.refusal("above 0 where do_sample is true", 0);
    return this;
  }

  /** False if tokens are drawn. */
  public boolean isGreedy() {
    return !value(Parameters.DO_SAMPLE) && (has(Parameters.DO_SAMPLE) || value(Parameters.TEMPERATURE) == 0);
  }

  /** By which scores are divided; 0 is greedy. */
  public double temperature() {
    if (isGreedy()) return 0;
    return has(Parameters.TEMPERATURE) ? value(Parameters.TEMPERATURE) : 1;
  }

  public int maxNewTokens() {
    return value(Parameters.MAX_NEW_TOKENS);
  }

  /** Tokens at most, the prompt's included; 0 where {@link #maxNewTokens} decides. */
  public int maxLength() {
    return has(Parameters.MAX_NEW_TOKENS) ? 0 : value(Parameters.MAX_LENGTH);
  }

  /** Tokens at most after a prompt of so many; may be less than 1. */
  public int room(int promptLength) {
    return maxLength() > 0 ? maxLength() - promptLength : maxNewTokens();
  }

  public int numBeams() {
    return value(Parameters.NUM_BEAMS);
  }

  public List<String> stopStrings() {
    return value(Parameters.STOP_STRINGS);
  }

  public long seed() {
    return value(Parameters.SEED);
  }

  public Truncation truncation() {
    return value(Parameters.TRUNCATION);
  }

  public GenerationConfig withMaxNewTokens(int value) {
    return with(Parameters.MAX_NEW_TOKENS, value);
  }

  public GenerationConfig withTruncation(Truncation value) {
    return with(Parameters.TRUNCATION, value);
  }

  /**
   * What can change a text, by name: values other than the default that have an effect beside the others. What may be cut from a prompt is
   * not among it: the prompt shows it.
   */
  Map<String, Object> effects() {
    var effects = new TreeMap<String, Object>();
    for (Parameter<?> parameter : Parameters.ALL) {
      Object value = value(parameter);
      boolean counts = !value.equals(parameter.otherwise()) && parameter != Parameters.TRUNCATION && parameter != Parameters.DO_SAMPLE
          && !(isGreedy() && OF_SAMPLING.contains(parameter)) && !(numBeams() == 1 && OF_BEAMS.contains(parameter));
      if (counts) effects.put(parameter.name(), value);
    }
    if (maxLength() == 0) {
      effects.put(Parameters.MAX_NEW_TOKENS.name(), maxNewTokens());
      effects.remove(Parameters.MAX_LENGTH.name());
    }
    if (!isGreedy()) effects.put(Parameters.TEMPERATURE.name(), temperature());
    return effects;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GenerationConfig that && given.equals(that.given);
  }

  @Override
  public int hashCode() {
    return given.hashCode();
  }

  @Override
  public String toString() {
    return given.toString();
  }
}
