package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufWriter;

/**
 * Families whose GGUF files differ from folders by more than names: stacks of experts, maps cut apart, weights transposed, architectures that
 * are several families'. The fixtures' models as {@link GgufConversion} writes them give their reference's logits.
 */
class TestGgufConversionFixture {
  private static final Map<String, String> ARCHITECTURES = Map.of("mistral", "llama", "mixtral", "llama", "phi3", "phi3", "ernie4_5", "ernie4_5",
      "ernie4_5_moe", "ernie4_5-moe", "qwen3_moe", "qwen3moe", "deepseek_v3", "deepseek2", "gpt2", "gpt2");

  @TempDir static Path folder;

  private static List<ReferenceModel> models() {
    return ReferenceModel.all().stream().filter(model -> !ReferenceFixtures.ships(model.folder()) && ARCHITECTURES.containsKey(model.type()) && isExpressible(model)).toList();
  }

  /** Whether files have room for what a model's configuration says: there is none for GPT-2's options, nor for DeepSeek's pairs of halves. */
  private static boolean isExpressible(ReferenceModel model) {
    var configuration = Configuration.read(model.folder().resolve(ReferenceModel.CONFIGURATION));
    return !configuration.bool("scale_attn_by_inverse_layer_idx", false) && configuration.bool("rope_interleave", true)
        && configuration.string("activation_function", "gelu_new").equals("gelu_new");
  }

  private static ReferenceModel model(String type) {
    return models().stream().filter(model -> model.type().equals(type)).findFirst().orElseGet(() -> {
      ReferenceFixtures.skip("no model of type " + type + " among the fixtures");
      throw new IllegalStateException("skipped");
    });
  }

  @TestFactory
  Stream<DynamicTest> convertedModels() {
    var tests = new ArrayList<DynamicTest>();
    for (ReferenceModel model : models()) {
      tests.add(dynamicTest(model.name(), () -> check(model, true)));
      if (model.type().equals("deepseek_v3")) tests.add(dynamicTest(model.name() + ", as older files are", () -> check(model, false)));
    }
    return tests.stream();
  }

  private static void check(ReferenceModel model, boolean cutApart) {
    Path file = write(model, cutApart, "converted-" + cutApart, UnaryOperator.identity());
    new ReferenceLogits(model).check(file, "scalar", 0, folder, "GGUF, scalar");
    new ReferenceLogits(model).check(file, "auto", 0, folder, "GGUF, auto");
  }

  private static Path write(ReferenceModel model, boolean cutApart, String name, UnaryOperator<GgufWriter> further) {
    return GgufConversion.write(model, ARCHITECTURES.get(model.type()), cutApart, folder.resolve(model.name() + "-" + name + ".gguf"), further);
  }

  @Test
  void whatFilesSayAndTheFamilyDoesNotReadIsRefused() {
    refused("qwen3_moe", writer -> writer.put("qwen3moe.expert_gating_func", 2),
        "qwen3moe.expert_gating_func: expected 1, found 2; nothing else is supported for this architecture");
    refused("mixtral", writer -> writer.put("llama.expert_weights_scale", 2.5f), "llama.expert_weights_scale: expected 1, found 2.5; ");
    refused("ernie4_5", writer -> writer.put("ernie4_5.expert_count", 4),
        "ernie4_5.expert_count is 4; experts of this architecture in GGUF files are not supported");
    refused("ernie4_5", writer -> writer.put("ernie4_5.rope.scaling.type", "longrope"),
        "ernie4_5.rope.scaling.type is \"longrope\"; supported are none, linear, yarn");
    refused("phi3", writer -> writer.tensor("rope_factors_long.weight", StorageType.F32, BlockWriter.write(StorageType.F32, new float[4]), 4),
        "rope_factors_long.weight: rotary factors of long and short contexts are not supported");
    refused("gpt2", writer -> writer.put("gpt2.rope.dimension_count", 3), "gpt2.rope.dimension_count: expected 8, found 3; ");
  }

  private static void refused(String type, UnaryOperator<GgufWriter> change, String message) {
    Path file = write(model(type), true, "refused-" + Integer.toHexString(message.hashCode()), change);
    assertThatThrownBy(() -> LanguageModel.open(file)).isInstanceOf(ModelException.class).hasMessageContaining(message);
  }
}
