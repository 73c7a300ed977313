package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.Fingerprint;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.SafetensorsWriter;
import org.scriptorium.engine.weights.Tensor;

/**
 * Keys and values beyond what 16 bits hold, by every kind of layer and of attention: no token follows then, where 32 bits give one. Keys that
 * were read back all the same would pass for numbers.
 */
class TestUnkeptValuesFixture {
  private static final float FACTOR = 1e7f;

  @TempDir Path folder;

  /**
   * @param enlarged end of the names of weights that keys or values come from
   * @param row first row of them that is enlarged; latent attention's after the latent give the rotated key
   */
  @ParameterizedTest
  @CsvSource({"llama, k_proj.weight, 0", "llama, v_proj.weight, 0", "gemma3_text, k_norm.weight, 0", "mixtral, k_proj.weight, 0",
      "gpt_neox, query_key_value.weight, 0", "openai-gpt, c_attn.weight, 0", "deepseek_v3, kv_a_proj_with_mqa.weight, 16",
      "deepseek_v3, kv_a_layernorm.weight, 0"})
  void giveNoToken(String name, String enlarged, int row) throws IOException {
    ReferenceModel reference = ReferenceModel.require(name);
    Path source = reference.folder();
    int[] prompt = reference.prompts().stream().filter(tokens -> tokens.length > 2).findFirst().orElseThrow();
    Path model = enlarge(source, enlarged, row);
    for (String kernels : Providers.hasVectorModule() ? new String[] {"scalar", "vector"} : new String[] {"scalar"}) {
      assertThat(next(model, kernels, CacheType.FLOAT32, prompt)).as(kernels).isNotNegative();
      assertThat(next(model, kernels, CacheType.FLOAT16, prompt)).as(kernels).isEqualTo(-1);
      assertThat(next(source, kernels, CacheType.FLOAT16, prompt)).as(kernels + ", as it was").isNotNegative();
    }
  }

  private Path enlarge(Path source, String enlarged, int row) throws IOException {
    Path copy = Files.createDirectory(folder.resolve("model"));
    Files.copy(source.resolve("config.json"), copy.resolve("config.json"));
    var writer = new SafetensorsWriter();
    int found = 0;
    try (var opened = ModelFolder.open(source)) {
      for (Tensor tensor : opened.tensors()) {
        float[] values = new float[(int) tensor.elements()];
        ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
        boolean chosen = tensor.name().endsWith(enlarged);
        if (chosen) found++;
        int first = row * (values.length / (int) tensor.shape()[0]);
        for (int i = first; chosen && i < values.length; i++) values[i] *= FACTOR;
        writer.tensor(tensor.name(), "F32", BlockWriter.write(StorageType.F32, values), tensor.shape());
      }
    }
    assertThat(found).isPositive();
    writer.write(copy.resolve("model.safetensors"));
    return copy;
  }

  /** The greedy token after a prompt that comes in two steps, the first without an output. */
  private int next(Path path, String kernels, CacheType cacheType, int[] prompt) {
    try (var model = LanguageModel.open(path); var machine = new Machine(Providers.open(kernels, 0), 2, "unkept");
        var _ = PackedWeights.bind(model.maps(), model.weights(), machine, folder.resolve("packed"), Fingerprint.sha256(path))) {
      CacheShape shape = model.decoder().cacheShape(cacheType);
      var step = new Step(prompt.length, 1);
      Decoder.Execution execution = model.decoder().bind(machine, step, shape);
      var cache = new SequenceCache();
      try (var pool = new BlockPool(shape, 1L << 30)) {
        while (cache.capacity() < prompt.length) cache.append(pool.take());
        for (int i = 0; i < prompt.length - 2; i++) step.add(prompt[i], i, cache);
        execution.run();
        step.clear();
        step.add(prompt[prompt.length - 2], prompt.length - 2, cache);
        step.addChoice(prompt[prompt.length - 1], prompt.length - 1, cache);
        execution.run();
        return execution.argmax(0);
      }
    }
  }
}
