package org.scriptorium.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes a Hugging Face folder of a BERT with two layers, random weights and a small vocabulary, as it is or with something changed. */
public final class TinyBert {
  public static final int WIDTH = 24, POSITIONS = 64;
  private static final int INNER = 40, LAYERS = 2;

  private final FolderWriter writer = new FolderWriter();
  private final Map<String, String> files = new LinkedHashMap<>();

  /** @param type the model's class, such as {@code BertModel} */
  public TinyBert(String type) {
    List<String> vocabulary = vocabulary();
    files.put("vocab.txt", String.join("\n", vocabulary) + "\n");
    files.put("tokenizer_config.json", "{\"tokenizer_class\": \"BertTokenizer\", \"do_lower_case\": true, \"mask_token\": \"[MASK]\"}");
    set("model_type", "\"bert\"").set("architectures", "[\"" + type + "\"]").set("hidden_size", "" + WIDTH).set("intermediate_size", "" + INNER)
        .set("num_hidden_layers", "" + LAYERS).set("num_attention_heads", "3").set("max_position_embeddings", "" + POSITIONS)
        .set("vocab_size", "" + vocabulary.size()).set("type_vocab_size", "2");
    String base = type.equals("BertModel") ? "" : "bert.", embeddings = base + "embeddings.";
    tensor(embeddings + "word_embeddings.weight", vocabulary.size(), WIDTH).tensor(embeddings + "position_embeddings.weight", POSITIONS, WIDTH)
        .tensor(embeddings + "token_type_embeddings.weight", 2, WIDTH);
    norm(embeddings + "LayerNorm");
    for (int i = 0; i < LAYERS; i++) {
      String layer = base + "encoder.layer." + i + ".";
      for (String name : List.of("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")) {
        map(layer + name, WIDTH, WIDTH);
      }
      map(layer + "intermediate.dense", INNER, WIDTH).map(layer + "output.dense", WIDTH, INNER);
      norm(layer + "attention.output.LayerNorm").norm(layer + "output.LayerNorm");
    }
    switch (type) {
      case "BertModel" -> map("pooler.dense", WIDTH, WIDTH);
      case "BertForSequenceClassification" -> map("bert.pooler.dense", WIDTH, WIDTH).map("classifier", 3, WIDTH)
          .set("id2label", "{\"0\": \"good\", \"1\": \"bad\", \"2\": \"neither\"}");
      case "BertForQuestionAnswering" -> map("qa_outputs", 2, WIDTH);
      case "BertForMaskedLM" -> map("cls.predictions.transform.dense", WIDTH, WIDTH).norm("cls.predictions.transform.LayerNorm")
          .tensor("cls.predictions.bias", vocabulary.size());
      default -> throw new IllegalArgumentException(type);
    }
  }

  private static List<String> vocabulary() {
    var tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", ",", "?"));
    for (char letter = 'a'; letter <= 'z'; letter++) tokens.addAll(List.of("" + letter, "##" + letter));
    tokens.addAll(List.of("the", "package", "library", "reads", "writes", "files", "##s", "##ing", "music", "where", "what"));
    return tokens.stream().distinct().toList();
  }

  private TinyBert map(String module, long outputs, long inputs) {
    return tensor(module + ".weight", outputs, inputs).tensor(module + ".bias", outputs);
  }

  private TinyBert norm(String module) {
    return tensor(module + ".weight", WIDTH).tensor(module + ".bias", WIDTH);
  }

  /** Sets a key of the configuration to a JSON value. */
  public TinyBert set(String key, String value) {
    writer.set(key, value);
    return this;
  }

  public TinyBert tensor(String name, long... shape) {
    writer.tensor(name, shape);
    return this;
  }

  /** Leaves the model without the last tokens of its tokenizer: only for a {@code BertModel}. */
  public TinyBert lacking(int tokens) {
    int rest = vocabulary().size() - tokens;
    return set("vocab_size", "" + rest).tensor("embeddings.word_embeddings.weight", rest, WIDTH);
  }

  public TinyBert withoutTensor(String name) {
    writer.withoutTensor(name);
    return this;
  }

  /** Adds a file beside the model, or replaces one. */
  public TinyBert file(String name, String content) {
    files.put(name, content);
    return this;
  }

  public Path write(Path folder) {
    try {
      for (var file : files.entrySet()) {
        Path target = folder.resolve(file.getKey());
        Files.createDirectories(target.getParent());
        Files.writeString(target, file.getValue());
      }
      return writer.write(folder, TinyBert::values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same values under the same name whatever else there is. */
  private static byte[] values(String name, long[] shape) {
    int count = FolderWriter.count(shape);
    var random = new Random(name.hashCode());
    var buffer = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    boolean isGain = name.endsWith("LayerNorm.weight");
    for (int i = 0; i < count; i++) buffer.putFloat((isGain ? 1 : 0) + 0.4f * (float) random.nextGaussian());
    return buffer.array();
  }
}
