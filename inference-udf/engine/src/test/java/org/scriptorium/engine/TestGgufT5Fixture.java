package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufWriter;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Tensor;

/** T5's fixtures as GGUF files, with their vocabularies, as llama.cpp's converter ({@code convert_hf_to_gguf.py}) writes them. */
class TestGgufT5Fixture {
  private static final int NORMAL = 1, UNKNOWN = 2, CONTROL = 3;
  /** Names of a layer's parts, in the order in which they are replaced. */
  private static final Map<String, String> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("layer.0.SelfAttention.relative_attention_bias", "attn_rel_b");
    PARTS.put("layer.0.SelfAttention.", "attn_");
    PARTS.put("layer.0.layer_norm", "attn_norm");
    PARTS.put("layer.1.EncDecAttention.", "cross_attn_");
    PARTS.put("encoder.layer.1.layer_norm", "ffn_norm");
    PARTS.put("decoder.layer.1.layer_norm", "cross_attn_norm");
    PARTS.put("layer.2.layer_norm", "ffn_norm");
    PARTS.put("DenseReluDense.wi_0", "ffn_gate");
    PARTS.put("DenseReluDense.wi_1", "ffn_up");
    PARTS.put("DenseReluDense.wi", "ffn_up");
    PARTS.put("DenseReluDense.wo", "ffn_down");
  }

  @TempDir static Path folder;

  @TestFactory
  Stream<DynamicTest> convertedModels() {
    // Of the feed-forwards llama.cpp has these two, of the farthest distances this one.
    List<ReferenceModel> models = ReferenceModel.all().stream().filter(model -> model.type().equals("t5"))
        .filter(model -> List.of("relu", "gated-gelu").contains(configuration(model).string("feed_forward_proj", "relu")))
        .filter(model -> configuration(model).integer("relative_attention_max_distance", 128) == 128).toList();
    Assumptions.assumeFalse(models.isEmpty(), "none of the fixtures is a T5 that llama.cpp's files have room for");
    return models.stream().map(model -> DynamicTest.dynamicTest(model.name(), () -> {
      Path file = convert(model);
      for (TestedProvider provider : TestedProvider.all()) {
        new SourcedReference(model).check(file, provider, folder, "GGUF, " + provider);
      }
      if (hasLibrarysNormalizer(model)) compareTokens(model, file);
    }));
  }

  private static Configuration configuration(ReferenceModel model) {
    return Configuration.read(model.folder().resolve("config.json"));
  }

  /** Whether the folder's tokenizer normalizes as SentencePiece does, which is what such a file has room for. */
  private static boolean hasLibrarysNormalizer(ReferenceModel model) throws IOException {
    return new ObjectMapper().readTree(model.folder().resolve("tokenizer.json").toFile()).path("normalizer").has("precompiled_charsmap");
  }

  private static void compareTokens(ReferenceModel model, Path file) {
    try (var opened = LanguageModel.open(file)) {
      for (JsonNode prompt : model.expected().get("prompts")) {
        if (!prompt.path("text").isTextual()) continue;
        assertThat(opened.tokenizer().inputIds(SourcedText.row(prompt.get("text").textValue())))
            .containsExactly(ReferenceModel.integers(prompt.get("input_ids")));
      }
    }
  }

  private static Path convert(ReferenceModel model) throws IOException {
    var writer = new GgufWriter();
    try (var source = ModelFolder.open(model.folder())) {
      Configuration configuration = source.configuration();
      int layers = configuration.integer("num_layers"), head = configuration.integer("d_kv");
      writer.put("general.architecture", "t5").put("t5.context_length", 512).put("t5.embedding_length", configuration.integer("d_model"))
          .put("t5.feed_forward_length", configuration.integer("d_ff")).put("t5.block_count", layers)
          .put("t5.attention.head_count", configuration.integer("num_heads")).put("t5.attention.key_length", head)
          .put("t5.attention.value_length", head)
          .put("t5.attention.layer_norm_epsilon", (float) configuration.real("layer_norm_epsilon"))
          .put("t5.attention.relative_buckets_count", configuration.integer("relative_attention_num_buckets"))
          .put("t5.attention.layer_norm_rms_epsilon", (float) configuration.real("layer_norm_epsilon"))
          .put("t5.decoder_start_token_id", configuration.integer("decoder_start_token_id"));
      // Older converters wrote no such key: both stacks have as many layers then.
      int written = configuration.integer("num_decoder_layers", layers);
      if (written != layers) writer.put("t5.decoder_block_count", written);
      tokens(writer, model, configuration.integer("vocab_size"));
      for (Tensor tensor : source.tensors()) {
        writer.tensor(name(tensor.name()), StorageType.F32, BlockWriter.write(StorageType.F32, values(tensor)), tensor.shape());
      }
    }
    return writer.write(folder.resolve(model.name() + ".gguf"));
  }

  private static String name(String name) {
    String[] outside = {"shared.", "token_embd.", "lm_head.", "output.", "encoder.final_layer_norm.", "enc.output_norm.",
        "decoder.final_layer_norm.", "dec.output_norm."};
    for (int i = 0; i < outside.length; i += 2) if (name.startsWith(outside[i])) return name.replace(outside[i], outside[i + 1]);
    // Which layer a part belongs to stands before the stack's name while parts are replaced.
    String result = name.replaceFirst("^(encoder|decoder)\\.block\\.(\\d+)\\.", "$2 $1.");
    for (var part : PARTS.entrySet()) result = result.replace(part.getKey(), part.getValue());
    String block = result.substring(0, result.indexOf(' ')), module = result.replaceFirst("^.* (encoder\\.|decoder\\.)?(layer\\.\\d\\.)?", "");
    return "%s.blk.%s.%s".formatted(name.substring(0, 3), block, module);
  }

  private static void tokens(GgufWriter writer, ReferenceModel model, int size) throws IOException {
    JsonNode tokenizer = new ObjectMapper().readTree(model.folder().resolve("tokenizer.json").toFile());
    var tokens = new ArrayList<String>();
    var scores = new float[size];
    var types = new int[size];
    Arrays.fill(types, NORMAL);
    for (JsonNode piece : tokenizer.at("/model/vocab")) {
      scores[tokens.size()] = piece.get(1).floatValue();
      tokens.add(piece.get(0).textValue());
    }
    while (tokens.size() < size) tokens.add("[PAD" + tokens.size() + "]");
    for (JsonNode added : tokenizer.get("added_tokens")) types[added.get("id").intValue()] = CONTROL;
    types[tokenizer.at("/model/unk_id").intValue()] = UNKNOWN;
    byte[] map = Base64.getDecoder().decode(tokenizer.at("/normalizer/precompiled_charsmap").asText(""));
    var units = new int[map.length];
    for (int i = 0; i < units.length; i++) units[i] = map[i];
    writer.put("tokenizer.ggml.model", "t5").put("tokenizer.ggml.pre", "default").put("tokenizer.ggml.tokens", tokens)
        .put("tokenizer.ggml.scores", scores).put("tokenizer.ggml.token_type", types).put("tokenizer.ggml.add_space_prefix", true)
        .put("tokenizer.ggml.remove_extra_whitespaces", true).put("tokenizer.ggml.precompiled_charsmap", units)
        .put("tokenizer.ggml.eos_token_id", tokens.indexOf("</s>")).put("tokenizer.ggml.unknown_token_id", tokens.indexOf("<unk>"))
        .put("tokenizer.ggml.padding_token_id", tokens.indexOf("<pad>")).put("tokenizer.ggml.add_bos_token", false)
        .put("tokenizer.ggml.add_eos_token", true);
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
    return values;
  }
}
