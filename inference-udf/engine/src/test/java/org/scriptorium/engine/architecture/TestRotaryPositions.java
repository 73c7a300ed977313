package org.scriptorium.engine.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.model.Rotary;
import org.scriptorium.engine.weights.Configuration;

/** Frequencies by the formulas of transformers 5.23.0 ({@code modeling_rope_utils.py}), evaluated in float64 with Python. */
class TestRotaryPositions {
  private static final int WIDTH = 16;
  private static final double[] PLAIN = {1, 0.316227766, 0.1, 0.0316227766, 0.01, 0.00316227766, 0.001, 0.000316227766};

  @Test
  void olderAndNewerSpellingsAreOne() {
    for (String type : new String[] {"rope_type", "type"}) {
      var scaling = Map.of(type, "linear", "factor", 4);
      assertFrequencies(positions(Map.of("rope_theta", 10_000, "rope_scaling", scaling)).whole(WIDTH), scaled(PLAIN, 0.25));
      var parameters = new HashMap<String, Object>(scaling);
      parameters.put("rope_theta", 10_000);
      assertFrequencies(positions(Map.of("rope_parameters", parameters)).whole(WIDTH), scaled(PLAIN, 0.25));
    }
    assertFrequencies(positions(Map.of()).whole(WIDTH), PLAIN);
    assertFrequencies(positions(Map.of("rope_scaling", Map.of(), "rope_theta", 10_000.0)).whole(WIDTH), PLAIN);
  }

  @Test
  void llama3StretchesLongWaves() {
    var scaling = Map.of("rope_type", "llama3", "factor", 8.0, "low_freq_factor", 1.0, "high_freq_factor", 4.0,
        "original_max_position_embeddings", 8192);
    assertFrequencies(positions(Map.of("rope_theta", 500_000, "rope_scaling", scaling)).whole(WIDTH),
        1, 0.193922745, 0.0376060309, 0.00729266474, 0.000524846161, 3.4281022e-05, 6.64786987e-06, 1.28917317e-06);
  }

  @Test
  void yarnMixesByRotations() {
    var scaling = Map.<String, Object>of("rope_type", "yarn", "factor", 4.0, "original_max_position_embeddings", 4096);
    Rotary rotary = positions(Map.of("rope_theta", 10_000, "rope_scaling", scaling)).whole(WIDTH);
    assertFrequencies(rotary, 1, 0.316227766, 0.1, 0.025693506, 0.00625, 0.00138349648, 0.00025, 7.90569415e-05);
    assertThat(rotary.scale()).as("attention factor").isCloseTo(1.138629436f, within(1e-6f));
    var whole = new HashMap<>(scaling);
    whole.put("truncate", false);
    assertFrequencies(positions(Map.of("rope_theta", 10_000, "rope_scaling", whole)).whole(WIDTH),
        1, 0.316227766, 0.1, 0.0286136088, 0.00655697152, 0.00128563203, 0.00025, 7.90569415e-05);
  }

  /** Where the factor is absent, it is the ratio of the lengths; a length outside the parameters comes first. */
  @Test
  void yarnTakesLengthsFromWhereTheyStand() {
    var scaling = Map.of("type", "yarn");
    Rotary rotary = positions(Map.of("rope_theta", 1_000_000, "rope_scaling", scaling, "max_position_embeddings", 131_072,
        "original_max_position_embeddings", 32_768)).whole(WIDTH);
    assertFrequencies(rotary, 1, 0.177827941, 0.0316227766, 0.00421755994, 0.0005, 4.44569853e-05, 7.90569415e-06, 1.40585331e-06);
  }

  /** Of the model's own length or less, which is all that it takes, sequences are turned as without. */
  @Test
  void dynamicScalingLeavesWhatFits() {
    var scaling = Map.of("type", "dynamic", "factor", 4.0);
    assertFrequencies(positions(Map.of("rope_theta", 10_000, "rope_scaling", scaling)).whole(WIDTH), PLAIN);
  }

  @Test
  void longRopeHasFrequenciesForLongSequences() {
    List<Double> shorter = List.of(1.0, 1.25, 2.0, 4.0), longer = List.of(1.0, 5.0, 10.0, 64.0);
    var scaling = new HashMap<String, Object>(Map.of("type", "longrope", "short_factor", shorter, "long_factor", longer));
    var values = new HashMap<String, Object>(Map.of("rope_scaling", scaling, "max_position_embeddings", 131_072, "partial_rotary_factor", 0.5,
        "original_max_position_embeddings", 4096));
    Rotary rotary = positions(values).longRope(WIDTH, 77);
    assertFrequencies(rotary, 1, 0.08, 0.005, 0.00025);
    assertThat(rotary.longFrequencies()).containsExactly(new float[] {1, 0.02f, 0.001f, 0.000015625f}, within(1e-9f));
    assertThat(rotary.shortLength()).isEqualTo(4096);
    assertThat(rotary.scale()).isCloseTo(1.19023808f, within(1e-6f));
    scaling.put("factor", 1);
    assertThat(positions(values).longRope(WIDTH, 77).scale()).isEqualTo(1);
    scaling.put("attention_factor", 1.5);
    values.remove("original_max_position_embeddings");
    assertThat(positions(values).longRope(WIDTH, 77)).extracting(Rotary::shortLength, Rotary::scale).containsExactly(77, 1.5f);
    scaling.put("long_factor", List.of(1.0));
    assertThatThrownBy(() -> positions(values).longRope(WIDTH, 77)).isInstanceOf(ModelException.class).hasMessage("config.json: "
        + "rope_scaling.long_factor: expected one for each of the 4 rotated pairs, found [1.0]; the configuration is wrong");
  }

  @Test
  void magnitudesOfYarn() {
    var scaling = new HashMap<String, Object>(Map.of("type", "yarn", "factor", 40, "original_max_position_embeddings", 4096, "mscale", 0.707,
        "mscale_all_dim", 1.0));
    RotaryPositions positions = positions(Map.of("rope_scaling", scaling));
    assertThat(positions.whole(WIDTH).scale()).isCloseTo(0.921042355f, within(1e-6f));
    scaling.put("attention_factor", 1.5);
    assertThat(positions(Map.of("rope_scaling", scaling)).whole(WIDTH).scale()).isEqualTo(1.5f);
    scaling.put("factor", 4);
    assertThat(positions(Map.of("rope_scaling", scaling)).scoreScale()).isCloseTo(1.29647699278, within(1e-9));
    assertThat(positions(Map.of()).scoreScale()).isEqualTo(1);
  }

  @Test
  void partsOfHeads() {
    assertThat(positions(Map.of("rope_parameters", Map.of("partial_rotary_factor", 0.5))).partial(WIDTH, 1).frequencies()).hasSize(4);
    assertThat(positions(Map.of("partial_rotary_factor", 0.25)).partial(WIDTH, 1).frequencies()).hasSize(2);
    assertThat(positions(Map.of()).partial(WIDTH, 0.25).frequencies()).hasSize(2);
    assertThatThrownBy(() -> positions(Map.of("partial_rotary_factor", 0.1)).partial(WIDTH, 1)).isInstanceOf(ModelException.class)
        .hasMessage("config.json: head_dim: expected an even width of the rotated part of heads, which is 1, found nothing; the configuration is wrong");
  }

  @Test
  void kindsOfLayersHaveTheirOwn() {
    var nested = configuration(Map.of("rope_parameters", Map.of("full_attention", Map.of("rope_type", "default", "rope_theta", 100),
        "sliding_attention", Map.of("rope_type", "linear", "rope_theta", 10_000, "factor", 2))));
    assertThat(RotaryPositions.ofLayers(nested, "full_attention", "rope_theta", 1).whole(WIDTH).frequencies()[4]).isCloseTo(0.1f, within(1e-7f));
    assertFrequencies(RotaryPositions.ofLayers(nested, "sliding_attention", "rope_local_base_freq", 1).whole(WIDTH), scaled(PLAIN, 0.5));
    var older = configuration(Map.of("rope_local_base_freq", 10_000, "rope_theta", 100, "rope_scaling", Map.of("rope_type", "linear", "factor", 8)));
    assertFrequencies(RotaryPositions.ofLayers(older, "sliding_attention", "rope_local_base_freq", 1).whole(WIDTH), PLAIN);
    RotaryPositions full = RotaryPositions.ofLayers(older, "full_attention", "rope_theta", 1).withOlderScaling();
    assertThat(full.whole(WIDTH).frequencies()[4]).isCloseTo(0.1f / 8, within(1e-8f));
  }

  /** Else a base would be passed over without a word. */
  @Test
  void formsOfAnotherFamilyAreRefused() {
    assertThatThrownBy(() -> positions(Map.of("rope_parameters", Map.of("full_attention", Map.of("rope_theta", 100)))))
        .isInstanceOf(ModelException.class).hasMessageStartingWith("config.json: rope_parameters.full_attention is {\"rope_theta\":100}; supported is none");
    var flat = configuration(Map.of("rope_parameters", Map.of("rope_theta", 100)));
    assertThatThrownBy(() -> RotaryPositions.ofLayers(flat, "full_attention", "rope_theta", 1)).isInstanceOf(ModelException.class)
        .hasMessageStartingWith("config.json: rope_parameters.rope_theta is 100; supported is one in each of sliding_attention, full_attention");
  }

  private static RotaryPositions positions(Map<String, ?> values) {
    return RotaryPositions.of(configuration(values), 10_000);
  }

  private static Configuration configuration(Map<String, ?> values) {
    return Configuration.of(Path.of("config.json"), values);
  }

  private static double[] scaled(double[] values, double factor) {
    return java.util.Arrays.stream(values).map(value -> value * factor).toArray();
  }

  private static void assertFrequencies(Rotary rotary, double... expected) {
    assertThat(rotary.frequencies()).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) rotary.frequencies()[i]).as("pair %d", i).isCloseTo(expected[i], within(1e-6 * expected[i]));
    }
  }
}
