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
