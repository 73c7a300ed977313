package org.scriptorium.engine.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.RealModel;
import org.scriptorium.engine.ReferenceFixtures;

/** Where the reference fixtures and the released model are; tests that need one that is absent are skipped. */
final class Fixtures {
  private Fixtures() {}

  static JsonNode json(String name) {
    return json(ReferenceFixtures.require(name));
  }

  /** The folder of tokenizers that ship with the tests: a choice of the reference fixtures. */
  static Path shipped() {
    try {
      return Path.of(Fixtures.class.getResource("/tokenizers").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The folders below one that hold a tokenizer and what the reference makes of it. */
  static List<Path> tokenizerFolders(Path root) {
    if (!Files.isDirectory(root)) return List.of();
    try (var folders = Files.list(root)) {
      return folders.filter(folder -> Files.exists(folder.resolve("tokenizer_expected.json"))).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode json(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static int[] ints(JsonNode array) {
    var values = new int[array.size()];
    for (int i = 0; i < values.length; i++) values[i] = array.get(i).intValue();
    return values;
  }

  static Tokenizer smolLm2() {
    return gguf(ReferenceFixtures.requireSmolLm2());
  }

  static Tokenizer gemma3() {
    return gguf(ReferenceFixtures.require(RealModel.GEMMA3));
  }

  static Tokenizer gguf(Path file) {
    try {
      var metadata = GgufMetadata.read(file);
      return Tokenizers.gguf((String) metadata.get("tokenizer.ggml.model"), vocabulary(file.getFileName().toString(), metadata));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Vocabulary vocabulary(String where, Map<String, Object> metadata) {
    String start = "tokenizer.ggml.";
    var flags = new Vocabulary.Flags(flag(metadata, "add_bos_token"), flag(metadata, "add_eos_token"), flag(metadata, "add_sep_token"),
        flag(metadata, "add_space_prefix"), flag(metadata, "remove_extra_whitespaces"), id(metadata, "bos_token_id"),
        id(metadata, "eos_token_id"), id(metadata, "unknown_token_id"), id(metadata, "seperator_token_id"), id(metadata, "cls_token_id"), new byte[0]);
    return new Vocabulary(where, (String[]) metadata.get(start + "tokens"), (int[]) metadata.get(start + "token_type"),
        (String[]) metadata.getOrDefault(start + "merges", new String[0]), (String) metadata.get(start + "pre"),
        (float[]) metadata.getOrDefault(start + "scores", new float[0]), flags);
  }

  private static Optional<Boolean> flag(Map<String, Object> metadata, String name) {
    return Optional.ofNullable((Boolean) metadata.get("tokenizer.ggml." + name));
  }

  private static Optional<Integer> id(Map<String, Object> metadata, String name) {
    return Optional.ofNullable((Integer) metadata.get("tokenizer.ggml." + name));
  }

  /** The tokenizer of a folder with a byte-level tokenizer.json, with the split of that name. */
  static Tokenizer huggingFace(String folder, String split) {
    var file = json("tokenizers/" + folder + "/tokenizer.json");
    var tokens = new ArrayList<String>();
    var types = new ArrayList<TokenType>();
    for (var token : file.at("/model/vocab").properties()) {
      put(tokens, types, token.getValue().intValue(), token.getKey(), TokenType.NORMAL);
    }
    for (var added : file.get("added_tokens")) {
      var type = added.get("special").booleanValue() ? TokenType.CONTROL : TokenType.USER_DEFINED;
      put(tokens, types, added.get("id").intValue(), added.get("content").textValue(), type);
    }
    var merges = new ArrayList<String>();
    for (var merge : file.at("/model/merges")) merges.add(merge.get(0).textValue() + " " + merge.get(1).textValue());
    int[] numbers = types.stream().mapToInt(TokenType::number).toArray();
    return Tokenizers.byteLevelBpe(new Vocabulary(folder, tokens.toArray(String[]::new), numbers, merges.toArray(String[]::new), split));
  }

  private static void put(List<String> tokens, List<TokenType> types, int id, String token, TokenType type) {
    while (tokens.size() <= id) {
      tokens.add("");
      types.add(TokenType.UNUSED);
    }
    tokens.set(id, token);
    types.set(id, type);
  }

  static String shortened(String text) {
    String line = text.lines().findFirst().orElse("");
    return line.length() > 40 ? line.substring(0, 40) : line;
  }

}
