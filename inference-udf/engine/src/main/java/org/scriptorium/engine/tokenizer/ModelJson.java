package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code model} of {@code tokenizer.json}. */
final class ModelJson {
  private static final String SUPPORTED = "BPE, WordPiece, Unigram, WordLevel";

  private ModelJson() {}

  /**
   * @param vocabulary ids by token
   * @param spelled the model cuts words into bytes by itself
   */
  record Result(Map<String, Integer> vocabulary, TokenizerParts.Models models, boolean spelled) {}

  /** @param spelled the model may cut words into bytes, in GPT-2's alphabet */
  static Result read(JsonSection json, boolean spelled) {
    return switch (type(json)) {
      case "BPE" -> bytePairs(json, spelled);
      case "WordPiece" -> wordPiece(json);
      case "Unigram" -> unigram(json);
      case "WordLevel" -> wordLevel(json);
      case String other -> throw json.at("type").unsupported(SUPPORTED);
    };
  }

  /** Older files leave the type out. */
  private static String type(JsonSection json) {
    if (json.has("type")) return json.string("type");
    if (json.has("merges")) return "BPE";
    if (json.at("vocab").node().isArray()) return "Unigram";
    return json.has("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
  }

  static Map<String, Integer> vocabulary(JsonSection json) {
    if (!json.node().isObject()) throw json.wrong("an object of tokens and ids");
    Map<String, Integer> vocabulary = HashMap.newHashMap(json.node().size());
    for (var entry : json.node().properties()) {
      if (!entry.getValue().canConvertToInt() || entry.getValue().intValue() < 0) throw json.at(entry.getKey()).wrong("an id");
      vocabulary.put(entry.getKey(), entry.getValue().intValue());
    }
    return vocabulary;
  }

  private static Result bytePairs(JsonSection json, boolean spelled) {
    JsonSection dropout = json.at("dropout");
    if (!dropout.isAbsent() && dropout.node().asDouble() != 0) throw dropout.unsupported("null, 0");
    Map<String, Integer> vocabulary = vocabulary(json.at("vocab"));
    String unknown = json.string("unk_token", "");
    int[] fallback = json.bool("byte_fallback", false) ? ByteTokens.ids(vocabulary) : new int[0];
    var rule = new BytePairs.Rule(new int[0], json.string("continuing_subword_prefix", ""), json.string("end_of_word_suffix", ""),
        vocabulary.getOrDefault(unknown, -1), json.bool("fuse_unk", false), fallback, json.bool("ignore_merges", false));
    var models = new BytePairModels(json.where(), vocabulary, merges(json), rule, BytePairModels.Repeated.LAST);
    return spelled ? spelled(vocabulary, models) : new Result(vocabulary, models, false);
  }

  private static Result spelled(Map<String, Integer> vocabulary, BytePairModels models) {
    boolean whole = models.spellsBytes();
    return new Result(vocabulary, whole ? models.overBytes() : models, whole);
  }

  /** Pairs, as arrays of two, or as strings with a blank between. */
  private static List<String[]> merges(JsonSection json) {
    JsonSection all = json.at("merges");
    if (!all.node().isArray()) throw all.wrong("an array of pairs");
    var merges = new ArrayList<String[]>(all.node().size());
    for (int i = 0; i < all.node().size(); i++) {
      var merge = all.node().get(i);
      if (merge.isTextual() && merge.textValue().startsWith("#version")) continue;
      String[] pair = merge.isTextual() ? merge.textValue().split(" ", -1)
          : new String[] {merge.path(0).asText(), merge.path(1).asText()};
      if (pair.length != 2 || merge.isArray() && merge.size() != 2) throw all.elements().get(i).wrong("two tokens");
      merges.add(pair);
    }
    return merges;
  }

  private static Result wordPiece(JsonSection json) {
    Map<String, Integer> vocabulary = vocabulary(json.at("vocab"));
    int longest = json.has("max_input_chars_per_word") ? json.integer("max_input_chars_per_word") : 100;
    String unknown = json.string("unk_token", "[UNK]");
    String prefix = json.string("continuing_subword_prefix", "##");
    return new Result(vocabulary, wordPieces(vocabulary, prefix, unknown(json, vocabulary, unknown), unknown, longest), false);
  }

  static TokenizerParts.Models wordPieces(Map<String, Integer> vocabulary, String prefix, int unknown, String unknownText, int longest) {
    return TrieModels.of(vocabulary, trie -> new WordPiece(trie, prefix, unknown, unknownText, longest));
  }

  private static Result wordLevel(JsonSection json) {
    Map<String, Integer> vocabulary = vocabulary(json.at("vocab"));
    String text = json.string("unk_token", "<unk>");
    int unknown = unknown(json, vocabulary, text);
    return new Result(vocabulary, TrieModels.of(vocabulary, trie -> new WordLevel(trie, unknown, text)), false);
  }

  private static int unknown(JsonSection json, Map<String, Integer> vocabulary, String token) {
    Integer id = vocabulary.get(token);
    if (id == null) throw json.at("unk_token").wrong("a token of the vocabulary");
    return id;
  }

  private static Result unigram(JsonSection json) {
    JsonSection pieces = json.at("vocab");
    if (!pieces.node().isArray()) throw pieces.wrong("an array of tokens with scores");
    int size = pieces.node().size();
    Map<String, Integer> vocabulary = HashMap.newHashMap(size);
    var tokens = new String[size];
    var scores = new double[size];
    double least = Double.POSITIVE_INFINITY;
    for (int id = 0; id < size; id++) {
      var piece = pieces.node().get(id);
      if (!piece.path(0).isTextual() || !piece.path(1).isNumber()) throw pieces.elements().get(id).wrong("a token and its score");
      tokens[id] = piece.get(0).textValue();
      scores[id] = Reals.of(piece.get(1));
      least = Math.min(least, scores[id]);
      vocabulary.put(tokens[id], id);
    }
    int unknown = json.integer("unk_id");
    if (unknown < 0 || unknown >= size) throw json.at("unk_id").wrong("an id of the vocabulary");
    int[] bytes = json.bool("byte_fallback", false) ? ByteTokens.ids(vocabulary) : new int[0];
    double lowest = least;
    return new Result(vocabulary,
        TrieModels.of(tokens, trie -> new Unigram(trie, scores, lowest, unknown, bytes, Unigram.Precision.DOUBLE)), false);
  }
}
