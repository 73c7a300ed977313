package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufWriter;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Tensor;

/**
 * The fixtures' models as GGUF files, written by the rules of llama.cpp's converter ({@code convert_hf_to_gguf.py}): one family serves both
 * kinds of files, and gives the reference's logits from both.
 */
class TestGgufFamilyFixture {
  private static final Map<String, String> ARCHITECTURES =
      Map.of("llama", "llama", "qwen2", "qwen2", "qwen3", "qwen3", "gemma3_text", "gemma3");
  private static final Map<String, String> MODULES = Map.ofEntries(Map.entry("self_attn.q_proj", "attn_q"),
      Map.entry("self_attn.k_proj", "attn_k"),
      Map.entry("self_attn.v_proj", "attn_v"), Map.entry("self_attn.o_proj", "attn_output"), Map.entry("self_attn.q_norm", "attn_q_norm"),
      Map.entry("self_attn.k_norm", "attn_k_norm"), Map.entry("mlp.gate_proj", "ffn_gate"), Map.entry("mlp.up_proj", "ffn_up"),
      Map.entry("mlp.down_proj", "ffn_down"), Map.entry("input_layernorm", "attn_norm"), Map.entry("pre_feedforward_layernorm", "ffn_norm"),
      Map.entry("post_feedforward_layernorm", "post_ffw_norm"), Map.entry("embed_tokens", "token_embd"), Map.entry("norm", "output_norm"),
      Map.entry("lm_head", "output"));

  @TempDir static Path folder;

  @TestFactory
  Stream<DynamicTest> convertedModels() {
    List<ReferenceModel> models = ReferenceModel.all().stream()
        .filter(model -> ARCHITECTURES.containsKey(model.type()) && isConverted(model)).toList();
    assertThat(models).extracting(ReferenceModel::type).containsAll(ARCHITECTURES.keySet());
    return models.stream().map(model -> DynamicTest.dynamicTest(model.name(), () -> {
      Path file = convert(model);
      new ReferenceLogits(model).check(file, "scalar", 0, folder, "GGUF, scalar");
      new ReferenceLogits(model).check(file, "auto", 0, folder, "GGUF, auto");
    }));
  }

  /** GGUF files have no other scalings of positions that are read here. */
  private static boolean isConverted(ReferenceModel model) {
    Configuration configuration = Configuration.read(model.folder().resolve("config.json"));
    Configuration all = configuration.section("rope_parameters").orElseThrow();
    // Nor do they hold another scale of scores than that of a head's width.
    String scalar = "query_pre_attn_scalar";
    if (configuration.has(scalar) && configuration.integer(scalar) != configuration.integer("head_dim")) return false;
    return Set.of("default", "linear", "llama3").contains(all.section("full_attention").orElse(all).string("rope_type"));
  }

  private static Path convert(ReferenceModel model) {
    String architecture = ARCHITECTURES.get(model.type()), prefix = architecture + ".";
    var writer = new GgufWriter();
    try (var source = ModelFolder.open(model.folder())) {
      Configuration configuration = source.configuration();
      writer.put("general.architecture", architecture);
      int heads = configuration.integer("num_attention_heads"), keyHeads = configuration.integer("num_key_value_heads");
      int width = configuration.integer("hidden_size"), head = configuration.integer("head_dim", width / heads);
      writer.put(prefix + "embedding_length", width).put(prefix + "block_count", configuration.integer("num_hidden_layers"))
          .put(prefix + "attention.head_count", heads).put(prefix + "attention.head_count_kv", keyHeads)
          .put(prefix + "attention.key_length", head).put(prefix + "attention.value_length", head)
          .put(prefix + "feed_forward_length", configuration.integer("intermediate_size"))
          .put(prefix + "attention.layer_norm_rms_epsilon", (float) configuration.real("rms_norm_eps"))
          .put(prefix + "context_length", configuration.integer("max_position_embeddings"));
      tokens(writer, configuration.integer("vocab_size"));
      positions(writer, prefix, configuration, head);
      for (Tensor tensor : source.tensors()) {
        UnaryOperator<float[]> change = values -> values;
        boolean permuted = architecture.equals("llama") && tensor.name().matches(".*\\.[qk]_proj\\..*");
        if (permuted) change = values -> permuted(values, tensor.name().contains("q_proj") ? heads : keyHeads, tensor);
        if (architecture.equals("gemma3") && tensor.name().endsWith("norm.weight")) change = TestGgufFamilyFixture::plusOne;
        writer.tensor(name(tensor.name(), architecture), StorageType.F32, BlockWriter.write(StorageType.F32, change.apply(values(tensor))),
            tensor.shape());
      }
    }
    return writer.write(folder.resolve(model.name() + ".gguf"));
  }

  private static void positions(GgufWriter writer, String prefix, Configuration configuration, int head) {
    Configuration all = configuration.section("rope_parameters").orElseThrow(), main = all.section("full_attention").orElse(all);
    writer.put(prefix + "rope.freq_base", (float) main.real("rope_theta"));
    if (configuration.has("sliding_window")) writer.put(prefix + "attention.sliding_window", configuration.integer("sliding_window"));
    // Where the key is absent, as in released models, the pattern is 6.
    int pattern = configuration.has("layer_types") ? configuration.strings("layer_types").indexOf("full_attention") + 1 : 0;
    if (pattern > 0 && prefix.startsWith("gemma3")) writer.put(prefix + "attention.sliding_window_pattern", pattern);
    switch (main.string("rope_type")) {
      case "linear" -> writer.put(prefix + "rope.scaling.type", "linear").put(prefix + "rope.scaling.factor", (float) main.real("factor"));
      case "llama3" -> writer.tensor("rope_freqs.weight", StorageType.F32, BlockWriter.write(StorageType.F32, factors(main, head)),
          head / 2);
      default -> assertThat(main.string("rope_type")).isEqualTo("default");
    }
  }

  /** What Llama 3.1's frequencies are divided by. */
  private static float[] factors(Configuration parameters, int head) {
    double factor = parameters.real("factor"), low = parameters.real("low_freq_factor"), high = parameters.real("high_freq_factor");
    double length = parameters.real("original_max_position_embeddings");
    float[] result = new float[head / 2];
    for (int i = 0; i < result.length; i++) {
      double wave = 2 * Math.PI * Math.pow(parameters.real("rope_theta"), 2.0 * i / head), smooth = (length / wave - low) / (high - low);
      result[i] = (float) (wave < length / high ? 1 : wave > length / low ? factor : 1 / ((1 - smooth) / factor + smooth));
    }
    return result;
  }

  private static void tokens(GgufWriter writer, int size) {
    var vocabulary = TinyVocabulary.learn();
    var tokens = new ArrayList<>(vocabulary.tokens().subList(0, Math.min(size, vocabulary.tokens().size())));
    while (tokens.size() < size) tokens.add("<filler-" + tokens.size() + ">");
    assertThat(tokens).hasSize(size);
    List<String> merges = vocabulary.merges().stream().filter(merge -> tokens.contains(merge.replace(" ", ""))).toList();
    int[] types = new int[size];
    Arrays.fill(types, 1);
    writer.put("tokenizer.ggml.model", "gpt2").put("tokenizer.ggml.pre", "smollm").put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.token_type", types).put("tokenizer.ggml.merges", merges).put("tokenizer.ggml.eos_token_id", 0);
  }

  private static String name(String name, String architecture) {
    String[] parts = name.replaceFirst("^model\\.", "").split("(?<=^layers)\\.(?=\\d)|(?<=^layers\\.\\d)\\.|\\.(?=weight$|bias$)");
    String module = parts[parts.length - 2], kind = parts[parts.length - 1];
    String after = architecture.equals("gemma3") ? "post_attention_norm" : "ffn_norm";
    String translated = module.equals("post_attention_layernorm") ? after : MODULES.get(module);
    assertThat(translated).as(name).isNotNull();
    return parts[0].equals("layers") ? "blk.%s.%s.%s".formatted(parts[1], translated, kind) : translated + "." + kind;
  }

  /** The halves of each head's rows become neighbours. */
  private static float[] permuted(float[] values, int heads, Tensor tensor) {
    int rows = (int) tensor.shape()[0], row = values.length / rows, head = rows / heads;
    float[] result = new float[values.length];
    for (int i = 0; i < rows; i++) {
      int place = i % head, to = i / head * head + (place < head / 2 ? 2 * place : 2 * (place - head / 2) + 1);
      System.arraycopy(values, i * row, result, to * row, row);
    }
    return result;
  }

  private static float[] plusOne(float[] values) {
    for (int i = 0; i < values.length; i++) values[i] += 1;
    return values;
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
    return values;
  }
}
