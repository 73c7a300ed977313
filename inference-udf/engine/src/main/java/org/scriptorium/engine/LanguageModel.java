package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
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
import org.scriptorium.engine.architecture.Families.Composition;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.template.ChatTemplate;
import org.scriptorium.engine.template.GenerationPrompt;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;
import org.scriptorium.engine.tokenizer.Vocabulary;
import org.scriptorium.engine.weights.Configuration;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Metadata;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.Weights;

/** What a model's file or folder holds, read and checked: weights, composed blocks, tokenizer, template. Owner of the mapped files. */
final class LanguageModel implements AutoCloseable {
  /** Keys of tokens that end a text, in GGUF files and in folders. */
  private static final Set<String> END_KEYS = Set.of("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id");
  private static final String END_KEY = "eos_token_id";

  private final Weights weights;
  private final Composition composition;
  /** Empty where a folder's tokenizer is not read: then a model computes logits, but no texts. */
  private final Optional<Texts> texts;
  private final int[] endTokens;

  private LanguageModel(Weights weights, Composition composition, Optional<Texts> texts, int[] endTokens) {
    this.weights = weights;
    this.composition = composition;
    this.texts = texts;
    this.endTokens = endTokens;
  }

  /** How a model's tokens are text. */
  private record Texts(Tokenizer tokenizer, Optional<ChatTemplate> template, Map<String, Object> variables, SourcedText rawStart) {}

  /** @param path a GGUF file, or a folder as Hugging Face's libraries write it */
  static LanguageModel open(Path path) {
    return ModelFolder.isFolder(path) ? open(ModelFolder.open(path)) : open(GgufFile.open(path));
  }

  private static LanguageModel open(GgufFile file) {
    try {
      Metadata metadata = file.metadata();
      Composition composition = Families.compose(file);
      Texts texts = texts(metadata);
      int[] ends = END_KEYS.stream().filter(metadata::has).mapToInt(key -> metadata.integer(key, 0, texts.tokenizer.vocabularySize() - 1))
          .toArray();
      return new LanguageModel(file, composition, Optional.of(texts), sorted(ends));
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static LanguageModel open(ModelFolder folder) {
    try {
      Configuration source = folder.generation().has(END_KEY) ? folder.generation() : folder.configuration();
      return new LanguageModel(folder, Families.compose(folder), Optional.empty(), sorted(source.integers(END_KEY)));
    } catch (RuntimeException | Error e) {
      folder.close();
      throw e;
    }
  }

  private static int[] sorted(int[] tokens) {
    return Arrays.stream(tokens).distinct().sorted().toArray();
  }

  private static Texts texts(Metadata metadata) {
    Optional<ChatTemplate> template =
        metadata.has("tokenizer.chat_template") ? Optional.of(ChatTemplate.parse(metadata.string("tokenizer.chat_template")))
        : Optional.empty();
    String begin = token(metadata, "tokenizer.ggml.bos_token_id");
    boolean begins = metadata.bool("tokenizer.ggml.add_bos_token", false);
    return new Texts(tokenizer(metadata), template, Map.of("bos_token", begin, "eos_token", token(metadata, "tokenizer.ggml.eos_token_id")),
        begins ? SourcedText.trusted(begin) : SourcedText.EMPTY);
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
    Texts found = texts();
    return switch (prompt) {
      case Prompt.Raw raw -> found.rawStart.plus(raw.text());
      case Prompt.Chat chat -> found.template.map(template -> template.render(chat.messages(), found.variables, GenerationPrompt.ADD))
          .orElseGet(() -> found.rawStart.plus(joined(chat)));
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

  /** @throws ModelException MODEL_UNSUPPORTED if the model's tokenizer is not read, so that it computes logits alone */
  void requireTexts() {
    texts();
  }

  private Texts texts() {
    return texts.orElseThrow(() -> new ModelException(ErrorCode.MODEL_UNSUPPORTED,
        "%s: expected a GGUF file, whose tokenizer is read here, found a folder, whose tokenizer is not; convert the model to GGUF"
            .formatted(weights.path())));
  }

  ModelDescription describe(String name, String fingerprint) {
    return new ModelDescription(name, fingerprint, composition.architecture(), decoder().contextLength(), decoder().vocabulary(),
        weights.bytes());
  }

  Weights weights() {
    return weights;
  }

  /** The linear maps, whose weights are packed, in order. */
  List<Linear> maps() {
    return composition.maps();
  }

  Decoder decoder() {
    return switch (composition.transformer()) {
      case Decoder decoder -> decoder;
      case Encoder _ -> throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
          "%s: expected a model that generates text, found an encoder (%s); it embeds, classifies or marks answers"
              .formatted(weights.path(), composition.architecture()));
    };
  }

  /** @throws ModelException MODEL_UNSUPPORTED if the model generates text */
  Encoder encoder() {
    if (composition.transformer() instanceof Encoder encoder) return encoder;
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: expected an encoder, found a model that generates text (%s)"
        .formatted(weights.path(), composition.architecture()));
  }

  /** @throws ModelException MODEL_UNSUPPORTED if the model's tokenizer is not read */
  Tokenizer tokenizer() {
    return texts().tokenizer;
  }

  int[] endTokens() {
    return endTokens;
  }

  /** Names of the storage types of the matrices, such as {@code Q4_1, Q8_0}. */
  String storageTypes() {
    return maps().stream().map(map -> map.matrix().type().name()).collect(Collectors.toCollection(LinkedHashSet::new))
        .stream().sorted().collect(Collectors.joining(", "));
  }

  @Override
  public void close() {
    weights.close();
  }
}
