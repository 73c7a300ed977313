package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.weights.Configuration;

/** What of a folder's generation_config.json counts for a request, and what is refused. */
class TestGenerationDefaults {
  private static final Path FILE = Path.of("generation_config.json");

  @Test
  void whatShapesATextAppliesToEveryRequest() {
    GenerationDefaults defaults = read("""
        {"num_beams": 4, "early_stopping": true, "length_penalty": 2.0, "no_repeat_ngram_size": 3, "min_length": 5, "forced_eos_token_id": 2,
         "bad_words_ids": [[7], [8, 9]], "suppress_tokens": [3], "repetition_penalty": 1.2, "stop_strings": null,
         "exponential_decay_length_penalty": [4, 1.1], "transformers_version": "5.23.0", "_from_model_config": true, "cache_implementation": "hybrid",
         "num_beam_groups": 1, "guidance_scale": 1.0, "bos_token_id": 1, "pad_token_id": 0}""");
    assertThat(defaults.under(GenerationConfig.DEFAULT)).isEqualTo(GenerationConfig.of(Map.of("num_beams", 4, "early_stopping", "true",
        "length_penalty", 2, "no_repeat_ngram_size", 3, "min_length", 5, "forced_eos_token_id", 2, "bad_words_ids", List.of(List.of(7), List.of(8, 9)),
        "suppress_tokens", 3, "repetition_penalty", 1.2, "exponential_decay_length_penalty", List.of(4, 1.1))));
    GenerationConfig own = GenerationConfig.of(Map.of("num_beams", 1, "no_repeat_ngram_size", 0));
    assertThat(defaults.under(own).given()).containsEntry("num_beams", 1).containsEntry("no_repeat_ngram_size", 0).containsEntry("length_penalty", 2.0);
  }

  @Test
  void aFileDrawsNothingThatIsNotAskedFor() {
    GenerationDefaults defaults = read("""
        {"do_sample": true, "temperature": 0.6, "top_p": 0.9, "top_k": 20, "max_length": 40, "max_new_tokens": 7, "num_return_sequences": 3}""");
    GenerationConfig plain = defaults.under(GenerationConfig.DEFAULT);
    assertThat(plain.isGreedy()).isTrue();
    assertThat(plain.room(10)).isEqualTo(256);
    assertThat(plain.given()).containsOnlyKeys("top_p", "top_k");
    assertThat(defaults.under(GenerationConfig.of(Map.of("temperature", 0.9))).temperature()).isEqualTo(0.9);
    assertThat(defaults.under(GenerationConfig.of(Map.of("do_sample", true))).temperature()).isEqualTo(0.6);
    assertThat(read("{}").under(GenerationConfig.of(Map.of("do_sample", true))).temperature()).isEqualTo(1);
  }

  @Test
  void aLeastLengthWithoutRoomIsPassedOver() {
    GenerationDefaults defaults = read("{\"min_new_tokens\": 30}");
    assertThat(defaults.under(GenerationConfig.of(Map.of("max_new_tokens", 29)))).isEqualTo(GenerationConfig.of(Map.of("max_new_tokens", 29)));
    assertThat(defaults.under(GenerationConfig.of(Map.of("max_new_tokens", 30))).given()).containsEntry("min_new_tokens", 30);
    assertThat(defaults.under(GenerationConfig.of(Map.of("min_length", 3))).given()).containsOnlyKeys("min_length");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
      num_beam_groups       | 2                  | num_beam_groups is 2; supported is 1
      penalty_alpha         | 0.6                | penalty_alpha is 0.6; supported is 0
      guidance_scale        | 1.5                | guidance_scale is 1.5; supported is 1
      force_words_ids       | [[4]]              | force_words_ids is [[4]]; supported is none
      forced_decoder_ids    | [[1, 5]]           | forced_decoder_ids is [[1,5]]; supported is none
      dola_layers           | "high"             | dola_layers is "high"; supported is none
      watermarking_config   | {"bias": 2.5}      | watermarking_config is {"bias":2.5}; supported is none
      token_healing         | true               | token_healing is true; supported is false
      remove_invalid_values | true               | remove_invalid_values is true; supported is false
      max_time              | 2.0                | max_time is 2.0; supported is none
      """)
  void whatIsNotSupportedIsRefusedByName(String key, String value, String problem) {
    assertThatThrownBy(() -> read("{\"%s\": %s}".formatted(key, value))).isInstanceOf(ModelException.class)
        .hasMessage(FILE + ": " + problem + ". Convert the model or choose another")
        .extracting(e -> ((ModelException) e).code()).isEqualTo(ErrorCode.UNSUPPORTED_CONFIGURATION);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
      num_beams          | "many" | num_beams: expected a whole number, found "many"; the configuration is wrong
      repetition_penalty | 0      | repetition_penalty: expected positive, found 0; the configuration is wrong
      bad_words_ids      | [5]    | bad_words_ids: expected a list of lists of ids, found [5]; the configuration is wrong
      """)
  void valuesThatAreNoneAreRefused(String key, String value, String problem) {
    assertThatThrownBy(() -> read("{\"%s\": %s}".formatted(key, value))).isInstanceOf(ModelException.class).hasMessage(FILE + ": " + problem);
  }

  private static GenerationDefaults read(String json) {
    try {
      return GenerationDefaults.read(Configuration.of(FILE, new ObjectMapper().readValue(json, new TypeReference<Map<String, Object>>() {})));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }
}
