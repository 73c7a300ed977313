package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Gives;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.RenderedPrompt;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.architecture.Families;
import org.scriptorium.engine.architecture.Families.Composition;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.model.Linear;
import org.scriptorium.engine.model.Transformer;
import org.scriptorium.engine.tokenizer.Tokenizer;
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
  /** Throws what is wrong where a folder's tokenizer or template is not read: then a model computes logits, but no texts. */
  private final Supplier<ModelTexts> texts;
  private final int[] endTokens;
  private final GenerationDefaults defaults;
  private final SourceSettings sources;

  private LanguageModel(Weights weights, Composition composition, Supplier<ModelTexts> texts, int[] endTokens,
      GenerationDefaults defaults, SourceSettings sources) {
    this.weights = weights;
    this.composition = composition;
    this.texts = texts;
    this.endTokens = endTokens;
    this.defaults = defaults;
    this.sources = sources;
  }

  /** @param path a GGUF file, or a folder as Hugging Face's libraries write it */
  static LanguageModel open(Path path) {
    return ModelFolder.isFolder(path) ? open(ModelFolder.open(path)) : open(GgufFile.open(path));
  }

  private static LanguageModel open(GgufFile file) {
    try {
      Metadata metadata = file.metadata();
      Composition composition = Families.compose(file);
      ModelTexts texts = GgufTexts.read(metadata);
      int[] ends = END_KEYS.stream().filter(metadata::has).mapToInt(key -> metadata.integer(key, 0, texts.tokenizer().vocabularySize() - 1))
          .toArray();
      return new LanguageModel(file, composition, () -> texts, sorted(ends), GenerationDefaults.NONE,
          SourceSettings.of(metadata, composition.architecture()));
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  private static LanguageModel open(ModelFolder folder) {
    try {
      return new LanguageModel(folder, Families.compose(folder), texts(folder), endTokens(folder),
          GenerationDefaults.read(folder.generation().isEmpty() ? folder.configuration() : folder.generation()), SourceSettings.of(folder));
    } catch (RuntimeException | Error e) {
      folder.close();
      throw e;
    }
  }

  /** The reference lets a folder name tokens that no model writes, such as -1 for none. */
  private static int[] endTokens(ModelFolder folder) {
    Configuration source = folder.generation().has(END_KEY) ? folder.generation() : folder.configuration();
    int vocabulary = folder.configuration().integer("vocab_size", Integer.MAX_VALUE);
    return sorted(Arrays.stream(source.integers(END_KEY)).filter(id -> id >= 0 && id < vocabulary).toArray());
  }

  private static Supplier<ModelTexts> texts(ModelFolder folder) {
    try {
      ModelTexts texts = FolderTexts.read(folder.path());
      return () -> texts;
    } catch (ModelException refusal) {
      return () -> {
        throw refusal;
      };
    }
  }

  private static int[] sorted(int[] tokens) {
    return Arrays.stream(tokens).distinct().sorted().toArray();
  }

  /** The text that the tokenizer gets. */
  RenderedPrompt render(Prompt prompt) {
    return texts.get().render(prompt);
  }

  /** True if the markers are tokens of the model, or its template knows them: then it was trained to think. */
  boolean knows(ThinkMarkers markers) {
    return texts.get().knows(markers);
  }

  /** @throws ModelException if the model has no tokenizer or template that is read here, so that it computes logits alone */
  void requireTexts() {
    texts.get();
  }

  /** @throws ModelException if texts can't be generated with it */
  void requireWriter() {
    decoder();
    if (encoderDecoder().isPresent()) startToken();
    requireTexts();
  }

  /** @throws ModelException if it is not for reading texts */
  void requireReader() {
    encoder();
    requireTexts();
  }

  ModelDescription describe(String name, String fingerprint) {
    Kind kind = switch (composition.transformer()) {
      case Decoder _ -> Kind.DECODER;
      case Encoder _ -> Kind.ENCODER;
      case EncoderDecoder _ -> Kind.ENCODER_DECODER;
    };
    return new ModelDescription(name, fingerprint, composition.architecture(), composition.transformer().contextLength(),
        composition.transformer().vocabulary(), weights.bytes(), kind, sources.prefixes(), gives(), labels());
  }

  /** What its head makes of a text. */
  Gives gives() {
    if (!(composition.transformer() instanceof Encoder encoder)) return Gives.TEXTS;
    return switch (encoder.head().kind()) {
      case STATES, POOLED -> Gives.VECTORS;
      case LABELS -> Gives.LABELS;
      case SPANS -> Gives.ANSWERS;
      case VOCABULARY -> Gives.MASKED_WORDS;
    };
  }

  /** Those that a head gives, in its order; empty where it gives none. */
  List<String> labels() {
    return gives() == Gives.LABELS && weights instanceof ModelFolder folder ? folder.configuration().labels() : List.of();
  }

  Weights weights() {
    return weights;
  }

  /** The linear maps, whose weights are packed, in order. */
  List<Linear> maps() {
    return composition.maps();
  }

  /** The rule of its beams. */
  BeamRule beamRule() {
    return composition.beamRule();
  }

  Decoder decoder() {
    return switch (composition.transformer()) {
      case Decoder decoder -> decoder;
      case EncoderDecoder both -> both.decoder();
      case Encoder _ -> throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
          "%s: expected a model that generates text, found an encoder (%s); it embeds, classifies or marks answers"
              .formatted(weights.path(), composition.architecture()));
    };
  }

  /** The model where it reads a source with an encoder and writes with a decoder. */
  Optional<EncoderDecoder> encoderDecoder() {
    return composition.transformer() instanceof EncoderDecoder both ? Optional.of(both) : Optional.empty();
  }

  Transformer transformer() {
    return composition.transformer();
  }

  /** @throws ModelException MODEL_UNSUPPORTED if the model generates text */
  Encoder encoder() {
    if (composition.transformer() instanceof Encoder encoder) return encoder;
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: expected an encoder, found a model that generates text (%s)"
        .formatted(weights.path(), composition.architecture()));
  }

  /** @throws ModelException as {@link #requireTexts} */
  Tokenizer tokenizer() {
    return texts.get().tokenizer();
  }

  /** The tokenizer of texts that the model is to write. @throws ModelException as {@link #requireTexts} */
  Tokenizer target() {
    return texts.get().target();
  }

  /**
   * The token that a decoder begins with after its encoder has read.
   *
   * @throws ModelException MODEL_UNSUPPORTED if the model names none
   */
  int startToken() {
    if (sources.start() >= 0 && sources.start() < decoder().vocabulary()) return sources.start();
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: decoder_start_token_id: expected a token, less than %d, found %s"
        .formatted(weights.path(), decoder().vocabulary(), sources.start() < 0 ? "none" : sources.start()));
  }

  /** Tokens that end a text, ascending. */
  int[] endTokens() {
    return endTokens;
  }

  /** What holds for generations that do not say it themselves. */
  GenerationDefaults defaults() {
    return defaults;
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
