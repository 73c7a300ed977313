package org.scriptorium.engine.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Tokenizers of {@code vocab.json} with {@code merges.txt}, or of {@code vocab.txt}: writes the {@code tokenizer.json} that Hugging
 * Face's {@code transformers} builds for the class that {@code tokenizer_config.json} names.
 */
final class VocabularyFiles {
  private static final List<String> CLASSES = List.of("GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer", "GPTNeoXTokenizer",
      "Qwen2Tokenizer", "OpenAIGPTTokenizer", "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer");
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String QWEN2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|"
      + "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Tokens of BERT's class where its configuration does not name others. */
  private static final Map<String, String> BERT = Map.of("unk_token", "[UNK]", "sep_token", "[SEP]", "pad_token", "[PAD]", "cls_token", "[CLS]",
      "mask_token", "[MASK]");

  private final Path folder;
  private final JsonSection settings;
  private final ObjectNode root = JSON.objectNode();
  private final ObjectNode model = root.putObject("model");
  private final Map<String, String> usual = new HashMap<>();

  private VocabularyFiles(Path folder, JsonSection settings) {
    this.folder = folder;
    this.settings = settings;
  }

  static Tokenizer open(Path folder, JsonSection settings) {
    var files = new VocabularyFiles(folder, settings);
    files.write();
    return TokenizerJson.read(new JsonSection(folder.toString(), "", files.root));
  }

  /** True if the class of the tokenizer is one whose rules are known. */
  static boolean isSufficient(Path folder, JsonSection settings) {
    boolean words = Files.exists(folder.resolve("vocab.txt"));
    return CLASSES.contains(kind(folder, settings)) && (words || Files.exists(folder.resolve("merges.txt")));
  }

  private static String kind(Path folder, JsonSection settings) {
    boolean words = Files.exists(folder.resolve("vocab.txt"));
    return settings.string("tokenizer_class", words ? "BertTokenizer" : "GPT2Tokenizer").replaceFirst("Fast$", "");
  }

  private void write() {
    switch (kind(folder, settings)) {
      case "BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer" -> bert();
      case "GPT2Tokenizer" -> byteLevel(settings.bool("add_prefix_space", false), false);
      case "GPTNeoXTokenizer" -> {
        root.set("normalizer", part("NFC"));
        byteLevel(settings.bool("add_prefix_space", false), false);
      }
      case "RobertaTokenizer", "BartTokenizer" -> roberta();
      case "Qwen2Tokenizer" -> qwen2();
      case "OpenAIGPTTokenizer" -> openAi();
      case String other -> throw settings.at("tokenizer_class")
          .unsupported(String.join(", ", CLASSES) + " where there is no tokenizer.json");
    }
    added();
  }

  private void bert() {
    boolean lower = settings.bool("do_lower_case", true);
    ObjectNode normalizer = part("BertNormalizer").put("clean_text", true).put("lowercase", lower)
        .put("handle_chinese_chars", settings.bool("tokenize_chinese_chars", true));
    if (settings.has("strip_accents")) normalizer.put("strip_accents", settings.bool("strip_accents"));
    root.set("normalizer", normalizer);
    root.set("pre_tokenizer", part("BertPreTokenizer"));
    root.set("decoder", part("WordPiece").put("prefix", "##").put("cleanup", true));
    model.put("type", "WordPiece").put("unk_token", name("unk_token", "[UNK]")).put("continuing_subword_prefix", "##");
    ObjectNode vocabulary = model.putObject("vocab");
    int id = 0;
    for (String line : lines("vocab.txt")) vocabulary.put(line.stripTrailing(), id++);
    BERT.forEach((part, token) -> {
      if (vocabulary.has(token)) usual.put(part, token);
    });
    ObjectNode processor = part("BertProcessing");
    pair(processor, "cls", name("cls_token", "[CLS]"), vocabulary);
    pair(processor, "sep", name("sep_token", "[SEP]"), vocabulary);
    root.set("post_processor", processor);
  }

  private void byteLevel(boolean prefixed, boolean trims) {
    pairs();
    root.set("pre_tokenizer", byteLevelPart(prefixed).put("use_regex", true));
    root.set("decoder", byteLevelPart(true));
    root.set("post_processor", byteLevelPart(true).put("trim_offsets", trims));
  }

  private void roberta() {
    byteLevel(settings.bool("add_prefix_space", false), true);
    boolean prefixed = settings.bool("add_prefix_space", false);
    ObjectNode processor = part("RobertaProcessing").put("trim_offsets", true).put("add_prefix_space", prefixed);
    ObjectNode vocabulary = (ObjectNode) model.get("vocab");
    pair(processor, "cls", name("cls_token", "<s>"), vocabulary);
    pair(processor, "sep", name("sep_token", "</s>"), vocabulary);
    root.set("post_processor", processor);
  }

  private void qwen2() {
    byteLevel(false, false);
    root.set("normalizer", part("NFC"));
    ObjectNode split = part("Split").put("behavior", "Isolated").put("invert", false);
    split.putObject("pattern").put("Regex", QWEN2);
    ObjectNode all = part("Sequence");
    all.putArray("pretokenizers").add(split).add(byteLevelPart(settings.bool("add_prefix_space", false)).put("use_regex", false));
    root.set("pre_tokenizer", all);
  }

  private void openAi() {
    pairs();
    model.put("unk_token", name("unk_token", "<unk>")).put("end_of_word_suffix", "</w>");
    root.set("normalizer", part("BertNormalizer").put("clean_text", true).put("handle_chinese_chars", true).put("lowercase", true));
    root.set("pre_tokenizer", part("BertPreTokenizer"));
    root.set("decoder", part("BPEDecoder").put("suffix", "</w>"));
  }

  private void pairs() {
    model.put("type", "BPE");
    model.set("vocab", JsonSection.read(folder.resolve("vocab.json")).node());
    ArrayNode merges = model.putArray("merges");
    for (String line : lines("merges.txt")) if (!line.startsWith("#version") && !line.isEmpty()) merges.add(line);
  }

  /** Tokens with a part of their own, in the order of their ids; those that are listed have their own say. */
  private void added() {
    ArrayNode tokens = root.putArray("added_tokens");
    List<SentencePieceTokenizers.Extra> listed = TokenizerFolder.extras(settings);
    listed.stream().sorted(Comparator.comparing(SentencePieceTokenizers.Extra::id)).forEach(extra -> {
      JsonSection source = settings.at("added_tokens_decoder").at(Integer.toString(extra.id()));
      ObjectNode token = tokens.addObject().put("content", extra.content()).put("special", extra.special());
      for (String flag : List.of("single_word", "lstrip", "rstrip")) token.put(flag, source.bool(flag, false));
      token.put("normalized", source.bool("normalized", !extra.special()));
    });
    if (!listed.isEmpty()) return;
    for (String part : List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")) {
      String content = name(part, usual.getOrDefault(part, ""));
      if (!content.isEmpty()) tokens.addObject().put("content", content).put("special", true);
    }
  }

  private String name(String part, String otherwise) {
    return SpecialNames.of(settings, part, otherwise);
  }

  private static ObjectNode part(String type) {
    return JSON.objectNode().put("type", type);
  }

  private static ObjectNode byteLevelPart(boolean prefixed) {
    return part("ByteLevel").put("add_prefix_space", prefixed).put("trim_offsets", true);
  }

  private void pair(ObjectNode processor, String key, String token, ObjectNode vocabulary) {
    if (!vocabulary.has(token)) throw settings.at(key + "_token").wrong("a token of the vocabulary");
    processor.putArray(key).add(token).add(vocabulary.get(token));
  }

  private List<String> lines(String name) {
    try {
      return List.of(Files.readString(folder.resolve(name), StandardCharsets.UTF_8).split("\r?\n"));
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE,
          "%s: can't be read: %s. Fetch the model again.".formatted(folder.resolve(name), e));
    }
  }
}
