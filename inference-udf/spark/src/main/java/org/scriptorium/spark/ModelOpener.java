package org.scriptorium.spark;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.Engine;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.RequestKeys;

/** The door to the engine, the only one that this module uses. */
interface ModelOpener {
  Generator open(Path file, String name, Optional<String> fingerprint, EngineOptions options);

  /** For what calls have the model do. */
  default OpenModel open(OpenModel.Use use, Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return switch (use) {
      case WRITE -> new OpenModel.Writing(open(file, name, fingerprint, options));
      case EMBED -> new OpenModel.Reading(Engine.openEmbedder(file, name, fingerprint, options));
      case ANSWER -> new OpenModel.Reading(Engine.openSpanReader(file, name, fingerprint, options));
      case KEY -> new OpenModel.Keying(openKeys(file, name, fingerprint, options));
      case CLASSIFY -> new OpenModel.Reading(Engine.openClassifier(file, name, fingerprint, options));
    };
  }

  /** As {@link Engine#openKeys}. */
  default RequestKeys openKeys(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    return Engine.openKeys(file, name, fingerprint, options);
  }

  ModelDescription describe(Path file, String name);

  /** As {@link Engine#fingerprint}. */
  String fingerprint(Path model);

  /** As {@link Engine#files}. */
  List<Path> files(Path model);

  /** As {@link Engine#fileNames}. */
  List<String> fileNames(Path folder);

  ModelOpener ENGINE = new ModelOpener() {
    @Override
    public Generator open(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
      return Engine.open(file, name, fingerprint, options);
    }

    @Override
    public ModelDescription describe(Path file, String name) {
      return Engine.describe(file, name);
    }

    @Override
    public String fingerprint(Path model) {
      return Engine.fingerprint(model);
    }

    @Override
    public List<Path> files(Path model) {
      return Engine.files(model);
    }

    @Override
    public List<String> fileNames(Path folder) {
      return Engine.fileNames(folder);
    }
  };
}
