package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufWriter;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Tensor;

/** BERT as a GGUF file, written by the rules of llama.cpp's converter: the states, and with its vocabulary the vectors, of the folder. */
class TestGgufBertFixture {
  private static final Map<String, String> MODULES = Map.ofEntries(Map.entry("embeddings.word_embeddings", "token_embd"),
      Map.entry("embeddings.position_embeddings", "position_embd"), Map.entry("embeddings.token_type_embeddings", "token_types"),
      Map.entry("embeddings.LayerNorm", "token_embd_norm"), Map.entry("attention.self.query", "attn_q"),
      Map.entry("attention.self.key", "attn_k"), Map.entry("attention.self.value", "attn_v"),
      Map.entry("attention.output.dense", "attn_output"), Map.entry("attention.output.LayerNorm", "attn_output_norm"),
      Map.entry("intermediate.dense", "ffn_up"), Map.entry("output.dense", "ffn_down"), Map.entry("output.LayerNorm", "layer_output_norm"));

  private static final Pattern TENSOR = Pattern.compile("(?:bert\\.)?(?:encoder\\.layer\\.(\\d+)\\.)?(.+?)(?:\\.(weight|bias))");

  @TempDir static Path folder;

  @TestFactory
  Stream<DynamicTest> convertedModels() {
    // Such files name no activation.
    List<ReferenceModel> models = ReferenceModel.all().stream().filter(model -> model.type().equals("bert"))
        .filter(model -> model.configuration().path("hidden_act").asText("gelu").equals("gelu")).toList();
    assertThat(models).isNotEmpty();
    return models.stream().map(model -> DynamicTest.dynamicTest(model.name(), () -> {
      Path file = convert(model.folder(), model.name(), 1);
      new EncoderReference(model).check(file, "scalar", 0, folder, "GGUF, scalar");
      new EncoderReference(model).check(file, "auto", 0, folder, "GGUF, auto");
    }));
  }

  @Test
  void vectorsAreTheFoldersWithTheLengthOne() {
    Path model = new TinyBert("BertModel").write(folder.resolve("tiny"));
    List<String> texts = List.of("The library reads files.", "where is Música?", "xyz, packages");
    for (int pooling = 0; pooling <= 3; pooling++) {
      String mode = List.of("mean", "mean", "cls", "lasttoken").get(pooling);
      Path other = new TinyBert("BertModel").file("modules.json", """
          [{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
           {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]""")
          .file("1_Pooling/config.json", "{\"pooling_mode\": \"" + mode + "\"}").write(folder.resolve("tiny-" + pooling));
      try (Embedder expected = embedder(other); Embedder found = embedder(convert(model, "tiny-" + pooling, pooling))) {
        for (int i = 0; i < texts.size(); i++) {
          float[] one = expected.embed(texts).get(i).value(), same = found.embed(texts).get(i).value();
          assertThat(same).hasSize(one.length);
          for (int lane = 0; lane < one.length; lane++) assertThat(same[lane]).as("%s, text %d", mode, i).isCloseTo(one[lane], within(1e-6f));
        }
      }
    }
    Path ranker = convert(model, "ranker", 4);
    assertThatThrownBy(() -> embedder(ranker)).isInstanceOf(ModelException.class).hasMessage(
        ranker + ": bert.pooling_type is 4; supported are 0 (none, taken as mean), 1 (mean), 2 (first token), 3 (last token)");
  }

  private static Embedder embedder(Path model) {
    return Engine.openEmbedder(model, "tiny", Optional.empty(), new EngineOptions(1, 1 << 20, 16, 96, "auto", 0, "float32", folder));
  }

  private static Path convert(Path model, String name, int pooling) {
    var writer = new GgufWriter();
    try (var source = ModelFolder.open(model)) {
      Configuration configuration = source.configuration();
      writer.put("general.architecture", "bert").put("bert.embedding_length", configuration.integer("hidden_size"))
          .put("bert.block_count", configuration.integer("num_hidden_layers"))
          .put("bert.attention.head_count", configuration.integer("num_attention_heads"))
          .put("bert.feed_forward_length", configuration.integer("intermediate_size"))
          .put("bert.attention.layer_norm_epsilon", (float) configuration.real("layer_norm_eps", 1e-12))
          .put("bert.context_length", configuration.integer("max_position_embeddings")).put("bert.attention.causal", false)
          .put("bert.pooling_type", pooling);
      tokens(writer, model, configuration.integer("vocab_size"));
      for (Tensor tensor : source.tensors()) {
        String translated = name(tensor.name());
        if (!translated.isEmpty()) writer.tensor(translated, StorageType.F32, BlockWriter.write(StorageType.F32, values(tensor)), tensor.shape());
      }
    }
    return writer.write(folder.resolve(name + ".gguf"));
  }

  /** Words begin with a mark, and what goes on with a word loses its own. */
  private static void tokens(GgufWriter writer, Path model, int size) {
    List<String> lines;
    try {
      lines = Files.readAllLines(model.resolve("vocab.txt"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> tokens = IntStream.range(0, size).mapToObj(i -> i < lines.size() ? spelled(lines.get(i)) : "[unused%d]".formatted(i)).toList();
    int[] types = IntStream.range(0, size).map(i -> tokens.get(i).matches("\\[[A-Z]+\\]") ? 3 : 1).toArray();
    writer.put("tokenizer.ggml.model", "bert").put("tokenizer.ggml.tokens", tokens).put("tokenizer.ggml.token_type", types)
        .put("tokenizer.ggml.cls_token_id", tokens.indexOf("[CLS]")).put("tokenizer.ggml.bos_token_id", tokens.indexOf("[CLS]"))
        .put("tokenizer.ggml.seperator_token_id", tokens.indexOf("[SEP]")).put("tokenizer.ggml.unknown_token_id", tokens.indexOf("[UNK]"));
  }

  private static String spelled(String token) {
    if (token.startsWith("##")) return token.substring(2);
    return token.startsWith("[") && token.endsWith("]") ? token : "\u2581" + token;
  }

  /** Empty for what the converter leaves out: pooler and heads. */
  private static String name(String name) {
    Matcher tensor = TENSOR.matcher(name);
    assertThat(tensor.matches()).as(name).isTrue();
    String module = MODULES.getOrDefault(tensor.group(2), "");
    if (module.isEmpty()) return "";
    return (tensor.group(1) == null ? "" : "blk." + tensor.group(1) + ".") + module + "." + tensor.group(3);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
    return values;
  }
}
