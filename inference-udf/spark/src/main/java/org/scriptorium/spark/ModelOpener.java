package org.scriptorium.spark;

import java.nio.file.Path;
import java.util.Optional;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;

/** The door to the engine, the only one that this module uses. */
interface ModelOpener {
  Generator open(Path file, String name, Optional<String> fingerprint, EngineOptions options);

  /** For what calls have the model do. */
  default OpenModel open(OpenModel.Use use, Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return switch (use) {
      case WRITE -> new OpenModel.Writing(open(file, name, fingerprint, options));
      case EMBED -> new OpenModel.Reading(Engine.openEmbedder(file, name, fingerprint, options));
      case ANSWER -> new OpenModel.Reading(Engine.openSpanReader(file, name, fingerprint, options));
      case CLASSIFY -> new OpenModel.Reading(Engine.openClassifier(file, name, fingerprint, options));
    };
  }

  ModelDescription describe(Path file, String name);

  ModelOpener ENGINE = new ModelOpener() {
    @Override
    public Generator open(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
      return Engine.open(file, name, fingerprint, options);
    }

    @Override
    public ModelDescription describe(Path file, String name) {
      return Engine.describe(file, name);
    }
  };
}
