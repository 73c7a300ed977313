package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.Optional;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.weights.Fingerprint;
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
    LanguageModel model = LanguageModel.open(file);
    Machine machine = null;
    PackedWeights packed = null;
    try {
      model.requireTexts();
      String found = Fingerprint.cached(file, options.packedDirectory());
      if (fingerprint.isPresent() && !fingerprint.get().equals(found)) {
        throw new ModelException(ErrorCode.MODEL_CHANGED, "%s: expected SHA-256 %s, found %s; the file was replaced after the job began"
            .formatted(file, fingerprint.get(), found));
      }
      machine = new Machine(kernels, options.threads(), name);
      packed = PackedWeights.bind(model.maps(), model.weights(), machine, options.packedDirectory(), found);
      var generator = new BatchGenerator(model, model.describe(name, found), machine, packed, options);
      LOG.info("Opened {}: {} MiB ({}), kernels {}, {} threads, {} sequences, {} MiB of {} key/value cache at most", name, model.weights().bytes() >> 20,
          model.storageTypes(), kernels.name(), options.threads(), options.maxBatch(), options.cacheBytes() >> 20, options.cacheType());
      return generator;
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
