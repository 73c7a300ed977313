package org.scriptorium.engine.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestGenerationConfig {
  /** Values other than the defaults. */
  private static final Map<String, Object> OTHERS = Map.ofEntries(
      Map.entry("max_new_tokens", 9), Map.entry("min_new_tokens", 2), Map.entry("max_length", 30), Map.entry("min_length", 3),
      Map.entry("do_sample", true), Map.entry("temperature", 0.5), Map.entry("top_h", 0.4), Map.entry("top_k", 3), Map.entry("top_p", 0.9),
      Map.entry("min_p", 0.1), Map.entry("typical_p", 0.8), Map.entry("epsilon_cutoff", 0.01), Map.entry("eta_cutoff", 0.02), Map.entry("seed", 7),
      Map.entry("num_beams", 4), Map.entry("early_stopping", "never"), Map.entry("length_penalty", 0.6), Map.entry("num_return_sequences", 2),
      Map.entry("renormalize_logits", true), Map.entry("repetition_penalty", 1.1), Map.entry("encoder_repetition_penalty", 0.9),
      Map.entry("presence_penalty", 0.2), Map.entry("frequency_penalty", -0.2), Map.entry("no_repeat_ngram_size", 3),
      Map.entry("encoder_no_repeat_ngram_size", 2), Map.entry("exponential_decay_length_penalty", List.of(5, 1.01)), Map.entry("eos_token_id", 5),
      Map.entry("forced_bos_token_id", 1), Map.entry("forced_eos_token_id", List.of(2, 3)), Map.entry("bad_words_ids", List.of(List.of(1, 2))),
      Map.entry("suppress_tokens", List.of(4)), Map.entry("begin_suppress_tokens", List.of(5)),
      Map.entry("sequence_bias", List.of(List.of(List.of(1, 2), -1.5))), Map.entry("stop_strings", "END"), Map.entry("truncation", "middle"));
  private static final Set<String> OF_SAMPLING = Set.of("temperature", "top_h", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff",
      "seed", "do_sample");
  private static final Set<String> OF_BEAMS = Set.of("early_stopping", "length_penalty", "num_return_sequences", "renormalize_logits");

  @Test
  void plainValuesMakeTheSameConfiguration() {
    assertThat(OTHERS.keySet()).isEqualTo(new HashSet<>(Parameters.ALL.stream().map(Parameter::name).toList()));
    for (var other : OTHERS.entrySet()) {
      GenerationConfig config = GenerationConfig.of(Map.of(other.getKey(), other.getValue()));
      assertThat(config).isNotEqualTo(GenerationConfig.DEFAULT);
      assertThat(GenerationConfig.of(config.plain())).isEqualTo(config);
      assertThat(GenerationConfig.of(config.given())).isEqualTo(config);
      Parameter<?> parameter = Parameters.named(other.getKey()).orElseThrow();
      assertThat(config.value(parameter)).as("%s", parameter).isNotEqualTo(parameter.otherwise());
      assertThat(config.without(parameter)).isEqualTo(GenerationConfig.DEFAULT);
    }
  }

  @Test
  void whatChangesATextChangesItsKey() {
    var greedy = Map.<String, Object>of();
    var drawn = Map.<String, Object>of("do_sample", true);
    var beams = Map.<String, Object>of("num_beams", 6);
    for (String name : OTHERS.keySet()) {
      boolean always = !OF_SAMPLING.contains(name) && !OF_BEAMS.contains(name) && !name.equals("truncation");
      boolean draws = name.equals("do_sample") || name.equals("temperature");
      assertThat(changes(greedy, name)).as("%s, greedy", name).isEqualTo(always || draws);
      assertThat(changes(drawn, name)).as("%s, drawn", name).isEqualTo(always || OF_SAMPLING.contains(name) && !name.equals("do_sample"));
      assertThat(changes(beams, name)).as("%s, beams", name).isEqualTo(always || draws || OF_BEAMS.contains(name));
    }
    assertThat(key(Map.of("num_beams", 1, "top_k", 5, "max_new_tokens", 256))).isEqualTo(key(greedy));
  }

  private static boolean changes(Map<String, Object> base, String name) {
    var values = new java.util.HashMap<>(base);
    values.put(name, OTHERS.get(name));
    return !key(values).equals(key(base));
  }

  private static String key(Map<String, Object> values) {
    return new java.util.TreeMap<>(GenerationConfig.of(values).effects()).toString();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      max_new_tokens        | 0         | max_new_tokens: expected at least 1, found 0
      max_new_tokens        | 1.5       | max_new_tokens: expected a whole number, found 1.5
      temperature           | -1        | temperature: expected 0 (greedy) or positive, found -1.0
      early_stopping        | sometimes | early_stopping: expected one of true, false, never, found sometimes
      bad_words_ids         | 5         | bad_words_ids: expected a list of lists of ids, found 5
      suppress_tokens       | -4        | suppress_tokens: expected tokens' ids, found [-4]
      num_beam              | 5         | num_beam: expected a parameter of generation, found none of this name
      """)
  void valuesThatAreNoneAreRefused(String name, String value, String message) {
    assertThatThrownBy(() -> GenerationConfig.of(Map.of(name, value))).isInstanceOf(ModelException.class).hasMessage(message);
  }

  @Test
  void valuesThatDoNotGoTogetherAreRefused() {
    assertInconsistent(Map.of("max_new_tokens", 3, "min_new_tokens", 4), "min_new_tokens: expected from 0 to max_new_tokens, found 4");
    assertInconsistent(Map.of("num_return_sequences", 2), "num_return_sequences: expected at most num_beams, 1, found 2");
    assertInconsistent(Map.of("num_beams", 2, "temperature", 0.5),
        "num_beams: expected 1 where tokens are drawn (do_sample or a temperature above 0), found 2");
    assertInconsistent(Map.of("num_beams", 2, "stop_strings", "END"), "stop_strings: expected none where there are beams, found [END]");
    assertInconsistent(Map.of("do_sample", true, "temperature", 0), "temperature: expected above 0 where do_sample is true, found 0");
  }

  private static void assertInconsistent(Map<String, ?> values, String message) {
    assertThatThrownBy(() -> GenerationConfig.of(values).consistent()).isInstanceOf(ModelException.class).hasMessage(message)
        .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.INVALID_PARAMETER);
  }

  @Test
  void temperatureAndSamplingBelongTogether() {
    assertThat(GenerationConfig.DEFAULT.isGreedy()).isTrue();
    assertThat(GenerationConfig.of(Map.of("temperature", 0.5)).temperature()).isEqualTo(0.5);
    assertThat(GenerationConfig.of(Map.of("temperature", 0.5, "do_sample", false)).temperature()).isZero();
    assertThat(GenerationConfig.of(Map.of("do_sample", true)).temperature()).isEqualTo(1);
  }

  @Test
  void newTokensTakeThePlaceOfLengths() {
    assertThat(GenerationConfig.of(Map.of("max_length", 30)).room(10)).isEqualTo(20);
    assertThat(GenerationConfig.of(Map.of("max_length", 30, "max_new_tokens", 4)).room(10)).isEqualTo(4);
    assertThat(GenerationConfig.DEFAULT.room(10)).isEqualTo(256);
  }
}
