package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.architecture.Families;
import org.scriptorium.engine.architecture.Parts;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.template.ChatTemplate;
import org.scriptorium.engine.template.GenerationPrompt;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;
import org.scriptorium.engine.tokenizer.Vocabulary;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.Weights;

/** What a model's file holds, read and checked: weights, composed blocks, tokenizer, template. Owner of the mapped file. */
final class LanguageModel implements AutoCloseable {
  /** Keys of tokens that end a text. */
  private static final Set<String> END_KEYS = Set.of("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");

  private final GgufFile weights;
  private final Parts parts;
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final Optional<ChatTemplate> template;
  private final Map<String, Object> variables;
  private final int[] endTokens;
  private final SourcedText rawStart;

  private LanguageModel(GgufFile weights) {
    this.weights = weights;
    Metadata metadata = weights.metadata();
    parts = new Parts(weights);
    decoder = Families.of(weights).build(weights, parts);
    tokenizer = tokenizer(metadata);
    template = metadata.has("tokenizer.chat_template") ? Optional.of(ChatTemplate.parse(metadata.string("tokenizer.chat_template"))) : Optional.empty();
    variables = Map.of("bos_token", token(metadata, "tokenizer.ggml.bos_token_id"), "eos_token", token(metadata, "tokenizer.ggml.eos_token_id"));
    endTokens = END_KEYS.stream().filter(metadata::has).mapToInt(key -> metadata.integer(key, 0, tokenizer.vocabularySize() - 1)).distinct()
        .sorted().toArray();
    boolean begins = metadata.bool("tokenizer.ggml.add_bos_token", false);
    rawStart = begins ? SourcedText.trusted(token(metadata, "tokenizer.ggml.bos_token_id")) : SourcedText.EMPTY;
  }

  static LanguageModel open(Path file) {
    GgufFile weights = GgufFile.open(file);
    try {
      return new LanguageModel(weights);
    } catch (RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  private static Tokenizer tokenizer(Metadata metadata) {
    String types = "tokenizer.ggml.token_type", merges = "tokenizer.ggml.merges", scores = "tokenizer.ggml.scores";
    return Tokenizers.gguf(metadata.string("tokenizer.ggml.model"), new Vocabulary(metadata.path().toString(),
        metadata.strings("tokenizer.ggml.tokens").toArray(String[]::new), metadata.has(types) ? metadata.integers(types) : new int[0],
        metadata.has(merges) ? metadata.strings(merges).toArray(String[]::new) : new String[0], metadata.string("tokenizer.ggml.pre", ""),
        metadata.has(scores) ? metadata.reals(scores) : new float[0], flags(metadata)));
  }

  private static Vocabulary.Flags flags(Metadata metadata) {
    String map = "tokenizer.ggml.precompiled_charsmap";
    int[] units = metadata.has(map) ? metadata.integers(map) : new int[0];
    var bytes = new byte[units.length];
    for (int i = 0; i < units.length; i++) bytes[i] = (byte) units[i];
    return new Vocabulary.Flags(flag(metadata, "add_bos_token"), flag(metadata, "add_eos_token"), flag(metadata, "add_sep_token"),
        flag(metadata, "add_space_prefix"), flag(metadata, "remove_extra_whitespaces"), id(metadata, "bos_token_id"),
        id(metadata, "eos_token_id"), id(metadata, "unknown_token_id"), id(metadata, "seperator_token_id"), id(metadata, "cls_token_id"), bytes);
  }

  private static Optional<Boolean> flag(Metadata metadata, String name) {
    String key = "tokenizer.ggml." + name;
    return metadata.has(key) ? Optional.of(metadata.bool(key)) : Optional.empty();
  }

  private static Optional<Integer> id(Metadata metadata, String name) {
    String key = "tokenizer.ggml." + name;
    return metadata.has(key) ? Optional.of(metadata.integer(key)) : Optional.empty();
  }

  private static String token(Metadata metadata, String key) {
    var tokens = metadata.strings("tokenizer.ggml.tokens");
    return metadata.has(key) ? tokens.get(metadata.integer(key, 0, tokens.size() - 1)) : "";
  }

  /** The text that the tokenizer gets. */
  SourcedText render(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw raw -> rawStart.plus(raw.text());
      case Prompt.Chat chat -> template.map(chatTemplate -> chatTemplate.render(chat.messages(), variables, GenerationPrompt.ADD))
          .orElseGet(() -> rawStart.plus(joined(chat)));
    };
  }

  private static SourcedText joined(Prompt.Chat chat) {
    var text = new SourcedText.Builder();
    for (Message message : chat.messages()) {
      if (text.length() > 0) text.trusted("\n\n");
      text.append(message.content());
    }
    return text.build();
  }

  ModelDescription describe(String name, String fingerprint) {
    return new ModelDescription(name, fingerprint, weights.metadata().string("general.architecture"), decoder.contextLength(),
        decoder.vocabulary(), weights.bytes());
  }

  Weights weights() {
    return weights;
  }

  Parts parts() {
    return parts;
  }

  Decoder decoder() {
    return decoder;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  int[] endTokens() {
    return endTokens;
  }

  /** Names of the storage types of the matrices, such as {@code Q4_1, Q8_0}. */
  String storageTypes() {
    return parts.maps().stream().map(map -> weights.tensor(map.name()).type().name()).collect(Collectors.toCollection(LinkedHashSet::new))
        .stream().sorted().collect(Collectors.joining(", "));
  }

  @Override
  public void close() {
    weights.close();
  }
}
