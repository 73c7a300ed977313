package org.scriptorium.jobs;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.catalog.Catalog;

/** What MODEL means on the command line where no Spark runs: a catalog name, or a local file or folder by path or {@code file:} URI. */
final class Models {
  static final String DEFAULT = "smollm2-135m-instruct";
  static final String EMBEDDING = "all-minilm-l6-v2";

  private Models() {}

  /** The model's file or folder; it exists. */
  static Path locate(String model) {
    if (Catalog.find(model).isPresent()) {
      return Catalog.pulled(Catalog.cacheDirectory(), model).orElseThrow(() -> missing(
          "%s is not in the cache yet: expected %s; fetch it with: scriptorium models pull %s".formatted(
              model, Catalog.localPath(Catalog.cacheDirectory(), model), model)));
    }
    var path = path(model);
    if (Files.isRegularFile(path) || Files.exists(path.resolve("config.json"))) return path.toAbsolutePath().normalize();
    if (Files.isDirectory(path)) {
      throw missing("%s: expected a .gguf file or a model folder, found a folder without config.json".formatted(path.toAbsolutePath()));
    }
    throw missing("%s: expected a name of the catalog (see: scriptorium models list), a .gguf file or a model folder, found none of them"
        .formatted(model));
  }

  private static Path path(String model) {
    try {
      return model.startsWith("file:") ? Path.of(URI.create(model)) : Path.of(model);
    } catch (IllegalArgumentException exception) {
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND, "%s: not a path: %s".formatted(model, exception.getMessage()), exception);
    }
  }

  private static ModelException missing(String message) {
    return new ModelException(ErrorCode.MODEL_NOT_FOUND, message);
  }
}
