package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.Optional;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;

/** Opens models: the door of the engine. */
public final class Engine {
  private Engine() {}

  /**
   * Opens a model for generation.
   *
   * @param model a GGUF file
   * @param name how results call it
   * @param fingerprint the SHA-256 that the file must have, as {@link #describe} gave it elsewhere; empty accepts any
   */
  public static Generator open(Path model, String name, Optional<String> fingerprint, EngineOptions options) {
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: no architecture is built in".formatted(model));
  }

  /** Checks that a model can be run (readable, whole, supported architecture, types, tokenizer and template) without loading its weights. */
  public static ModelDescription describe(Path model, String name) {
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: no architecture is built in".formatted(model));
  }
}
