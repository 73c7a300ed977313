package org.scriptorium.engine;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Parameter;
import org.scriptorium.engine.api.Parameters;
import org.scriptorium.engine.weights.Configuration;

/**
 * What a model's {@code generation_config.json} says of generations that do not say it themselves; a key that is absent or null is the
 * library's default.
 *
 * <p>What shapes a text applies to every request: beams and their penalties, forced, forbidden and suppressed tokens, least lengths, stop
 * strings. What decides whether a request draws, how long its text may get and how many texts it gets is the request's own: a folder's
 * {@code do_sample} draws nothing, its {@code temperature} counts only for a request that asks for {@code do_sample} and names none, and its
 * {@code max_length}, {@code max_new_tokens} and {@code num_return_sequences} are passed over. Its other parameters of sampling count where
 * a request draws. A choice among given texts knows none of this: forced or forbidden tokens would make a choice impossible.
 */
final class GenerationDefaults {
  static final GenerationDefaults NONE = new GenerationDefaults(GenerationConfig.DEFAULT);

  /** Those of requests alone, and those that the library lacks. End tokens are read with the model. */
  private static final Set<Parameter<?>> NOT_READ = Set.of(Parameters.MAX_NEW_TOKENS, Parameters.MAX_LENGTH, Parameters.DO_SAMPLE,
      Parameters.NUM_RETURN_SEQUENCES, Parameters.EOS_TOKEN_ID, Parameters.SEED, Parameters.TRUNCATION, Parameters.PRESENCE_PENALTY,
      Parameters.FREQUENCY_PENALTY);

  /** Keys that change texts in the reference and are not supported, with the values that change nothing. */
  private static final Map<String, List<Object>> UNSUPPORTED = Map.ofEntries(entry("num_beam_groups", List.of(1)),
      entry("penalty_alpha", List.of(0, 0.0)), entry("dola_layers", List.of()), entry("constraints", List.of(List.of())),
      entry("force_words_ids", List.of(List.of())), entry("forced_decoder_ids", List.of(List.of())),
      entry("guidance_scale", List.of(1, 1.0)), entry("watermarking_config", List.of()), entry("token_healing", List.of(false)),
      entry("remove_invalid_values", List.of(false)), entry("max_time", List.of()));

  private final GenerationConfig values;

  private GenerationDefaults(GenerationConfig values) {
    this.values = values;
  }

  /**
   * Reads a folder's defaults.
   *
   * @param source {@code generation_config.json}, or {@code config.json} where there is none, as the reference does
   * @throws ModelException UNSUPPORTED_CONFIGURATION if a key would change texts and is not supported, MODEL_CORRUPT if a value is none
   */
  static GenerationDefaults read(Configuration source) {
    UNSUPPORTED.forEach((key, harmless) -> refuse(source, key, harmless));
    GenerationConfig values = GenerationConfig.DEFAULT;
    for (Parameter<?> parameter : Parameters.ALL) {
      if (!NOT_READ.contains(parameter) && source.has(parameter.name())) values = with(values, parameter, source);
    }
    return new GenerationDefaults(values);
  }

  private static void refuse(Configuration source, String key, List<Object> harmless) {
    if (source.has(key) && !harmless.contains(source.plain(key))) {
      throw source.unsupported(key, harmless.isEmpty() || harmless.getFirst() instanceof List ? "none" : harmless.getFirst().toString());
    }
  }

  private static <T> GenerationConfig with(GenerationConfig values, Parameter<T> parameter, Configuration source) {
    var value = parameter.parse(source.plain(parameter.name()));
    source.require(value.isPresent(), parameter.name(), parameter.form());
    try {
      return values.with(parameter, value.get());
    } catch (ModelException e) {
      source.require(false, parameter.name(), parameter.domain());
      throw e;
    }
  }

  /** What holds for a request: its own values, over these. */
  GenerationConfig under(GenerationConfig request) {
    GenerationConfig defaults = values;
    if (!request.value(Parameters.DO_SAMPLE)) defaults = defaults.without(Parameters.TEMPERATURE);
    // A least length that the request has no room for is the file's, not the request's mistake.
    if (defaults.value(Parameters.MIN_NEW_TOKENS) > request.maxNewTokens()) defaults = defaults.without(Parameters.MIN_NEW_TOKENS);
    if (request.has(Parameters.MIN_LENGTH)) defaults = defaults.without(Parameters.MIN_NEW_TOKENS);
    return request.over(defaults);
  }
}
