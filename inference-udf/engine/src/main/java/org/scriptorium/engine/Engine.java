package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.MaskFiller;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.ReaderDescription;
import org.scriptorium.engine.api.RequestKeys;
import org.scriptorium.engine.api.SpanReader;
import org.scriptorium.engine.batch.ReadingScheduler.Output;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.Encoder;
import org.scriptorium.engine.model.EncoderHead.Kind;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.tokenizer.Tokenizers;
import org.scriptorium.engine.weights.Fingerprint;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.SentenceFiles;
import org.scriptorium.engine.weights.Weights;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens models: the door of the engine. */
public final class Engine {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private Engine() {}

  /**
   * Opens a model for generation.
   *
   * @param file a GGUF file, or a folder as Hugging Face's libraries write it
   * @param name how results call it
   * @param fingerprint the SHA-256 that the file must have, as {@link #describe} gave it elsewhere; empty accepts any
   * @throws ModelException if the file, the machine or the options don't allow it
   */
  public static Generator open(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    Kernels kernels = kernels(options.kernels(), options.vectorBits());
    requireCacheType(options.cacheType());
    KernelWarmUp.start(kernels, file, CacheType.named(options.cacheType()));
    return open(file, name, fingerprint, options, kernels, LanguageModel::requireWriter, (model, description, machine, packed) -> {
      var generator = new BatchGenerator(model, description, machine, packed, options);
      logOpened(model, description, machine, ", %d sequences, %d MiB of %s key/value cache at most".formatted(options.maxBatch(),
          options.cacheBytes() >> 20, options.cacheType()));
      return generator;
    });
  }

  /**
   * Opens a model for the keys of requests alone: tokenizer and template are read, weights are mapped and not touched.
   *
   * @throws ModelException as {@link #open} does
   */
  public static RequestKeys openKeys(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    LanguageModel model = LanguageModel.open(file);
    try {
      model.requireTexts();
      return new RequestPreparation(model, model.describe(name, fingerprint(file, fingerprint, options)), options.thinkMarkers());
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
  }

  /**
   * Opens a model for vectors of texts: any encoder, with the files of the sentence-transformers library where it has them.
   *
   * @throws ModelException as {@link #open} does; UNSUPPORTED_CONFIGURATION if those files ask for what is not supported
   */
  public static Embedder openEmbedder(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return openEncoder(file, name, fingerprint, options, Output.STATES, model -> new SentenceEmbedder(model,
        sentenceFiles(model.weights(), model.encoder().contextLength())));
  }

  private static SentenceFiles sentenceFiles(Weights weights, int context) {
    return switch (weights) {
      case GgufFile gguf -> SentenceFiles.of(gguf.metadata(), context);
      case Weights folder -> SentenceFiles.of(folder.path(), context);
    };
  }

  /**
   * Opens a model that classifies texts.
   *
   * @throws ModelException as {@link #open} does; MODEL_UNSUPPORTED if the model is of another kind
   */
  public static Classifier openClassifier(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return openEncoder(file, name, fingerprint, options, Output.VALUES, model -> {
      model.requireHead(Kind.LABELS, "classifies texts");
      return new TextClassifier(model, folder(model).configuration());
    });
  }

  /**
   * Opens a model that marks answers.
   *
   * @throws ModelException as {@link #open} does; MODEL_UNSUPPORTED if the model is of another kind
   */
  public static SpanReader openSpanReader(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return openEncoder(file, name, fingerprint, options, Output.VALUES, model -> {
      model.requireHead(Kind.SPANS, "marks answers");
      return new AnswerFinder(model);
    });
  }

  /**
   * Opens a model that guesses masked words.
   *
   * @throws ModelException as {@link #open} does; MODEL_UNSUPPORTED if the model is of another kind
   */
  public static MaskFiller openMaskFiller(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return openEncoder(file, name, fingerprint, options, Output.VALUES, model -> {
      model.requireHead(Kind.VOCABULARY, "guesses masked words");
      return new WordGuesser(model, Tokenizers.mask(folder(model).path()));
    });
  }

  private static ModelFolder folder(EncoderModel model) {
    if (model.weights() instanceof ModelFolder folder) return folder;
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: expected a folder, found a GGUF file, which has no head".formatted(model.path()));
  }

  private static <T> T openEncoder(Path file, String name, Optional<String> fingerprint, EngineOptions options, Output output,
      Function<EncoderModel, T> reader) {
    Kernels kernels = kernels(options.kernels(), options.vectorBits());
    return open(file, name, fingerprint, options, kernels, LanguageModel::requireReader, (model, description, machine, packed) -> {
      var encoder = new EncoderModel(model, description, machine, packed, options, output);
      try {
        T opened = reader.apply(encoder);
        logOpened(model, description, machine, "");
        return opened;
      } catch (RuntimeException | Error e) {
        encoder.abandon();
        throw e;
      }
    });
  }

  /** What is made of an open model; takes over its parts when it returns. */
  private interface Opening<T> {
    T open(LanguageModel model, ModelDescription description, Machine machine, PackedWeights packed);
  }

  /** @param required throws if the model is not of the kind that is opened */
  private static <T> T open(Path file, String name, Optional<String> fingerprint, EngineOptions options, Kernels kernels,
      Consumer<LanguageModel> required, Opening<T> opening) {
    LanguageModel model = LanguageModel.open(file);
    Machine machine = null;
    PackedWeights packed = null;
    try {
      required.accept(model);
      String found = fingerprint(file, fingerprint, options);
      machine = new Machine(kernels, options.threads(), name);
      packed = PackedWeights.bind(model.maps(), model.weights(), machine, options.packedDirectory(), found);
      return opening.open(model, model.describe(name, found), machine, packed);
    } catch (RuntimeException | Error e) {
      if (packed != null) packed.close();
      if (machine != null) machine.close();
      model.close();
      if (isCutShort(e)) {
        throw new ModelException(ErrorCode.MODEL_CHANGED, "%s: the file was cut short while it was read; try again when its writer is done"
            .formatted(file), e);
      }
      throw e;
    }
  }

  /** @param expected empty accepts any */
  private static String fingerprint(Path file, Optional<String> expected, EngineOptions options) {
    String found = Fingerprint.cached(file, options.packedDirectory());
    if (expected.isEmpty() || expected.get().equals(found)) return found;
    throw new ModelException(ErrorCode.MODEL_CHANGED, "%s: expected SHA-256 %s, found %s; the file was replaced after the job began"
        .formatted(file, expected.get(), found));
  }

  private static void logOpened(LanguageModel model, ModelDescription description, Machine machine, String more) {
    LOG.info("Opened {}: {} MiB ({}), kernels {}, {} threads{}", description.name(), description.bytes() >> 20, model.storageTypes(),
        machine.kernels().name(), machine.threads(), more);
  }

  /** How the JVM tells of a page of a mapping that its file does not have any more. */
  private static boolean isCutShort(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) if (cause instanceof InternalError) return true;
    return false;
  }

  /** Checks that a model can be run (readable, whole, supported architecture, types, tokenizer and template) without loading its weights. */
  public static ModelDescription describe(Path file, String name) {
    try (LanguageModel model = LanguageModel.open(file)) {
      model.requireTexts();
      return model.describe(name, Fingerprint.sha256(file));
    }
  }

  /** The fingerprint of a model's file or folder, as {@link #describe} gives it. */
  public static String fingerprint(Path model) {
    return Fingerprint.sha256(model);
  }

  /**
   * The files that a model consists of: a GGUF file itself; of a folder those that its results depend on, and those that its index of
   * weights lists, whether they are there or not.
   *
   * @throws ModelException if it has no weights, or its index can't be read
   */
  public static List<Path> files(Path model) {
    return ModelFolder.isFolder(model) ? ModelFolder.parts(model) : List.of(model);
  }

  /**
   * Names that files of a model folder may have, but for the files that its index of weights lists: of any folder, and those that the
   * folder's own list of modules adds, if it is there yet.
   */
  public static List<String> fileNames(Path folder) {
    return ModelFolder.names(folder);
  }

  /**
   * What a model that reads does with a text.
   *
   * @throws ModelException as {@link #describe} does; MODEL_UNSUPPORTED if the model generates texts
   */
  public static ReaderDescription describeReader(Path file) {
    try (LanguageModel model = LanguageModel.open(file)) {
      model.requireReader();
      Encoder encoder = model.encoder();
      SentenceFiles files = sentenceFiles(model.weights(), encoder.contextLength());
      return new ReaderDescription(model.gives(), model.labels(),
          files.poolings().stream().map(pooling -> pooling.name().toLowerCase(Locale.ROOT)).toList(),
          files.scaling().name().toLowerCase(Locale.ROOT), files.maxTokens());
    }
  }

  /**
   * The name of the kernels that this machine would use, such as {@code vector-512}.
   *
   * @param kernels {@code auto}, {@code vector} or {@code scalar}
   * @param vectorBits 0 (preferred), 256 or 512
   */
  public static String kernelName(String kernels, int vectorBits) {
    return kernels(kernels, vectorBits).name();
  }

  static void requireCacheType(String name) {
    try {
      CacheType.named(name);
    } catch (IllegalArgumentException e) {
      throw new ModelException(ErrorCode.INVALID_PARAMETER, e.getMessage(), e);
    }
  }

  static Kernels kernels(String name, int bits) {
    try {
      return Providers.open(name, bits);
    } catch (UnsupportedOperationException e) {
      throw new ModelException(ErrorCode.KERNELS_UNAVAILABLE, e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new ModelException(ErrorCode.INVALID_PARAMETER, e.getMessage(), e);
    }
  }
}
