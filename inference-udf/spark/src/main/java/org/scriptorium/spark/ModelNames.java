package org.scriptorium.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.catalog.Catalog;
import org.scriptorium.engine.catalog.CatalogEntry;

/** What a model's name stands for on this machine. */
final class ModelNames {
  private static final String SUFFIX = ".gguf";

  private ModelNames() {}

  /** The file or folder of a path, or the file of a catalog's name; not checked to be there unless it is the catalog's. */
  static Path file(String model, Path cacheDirectory) {
    if (model.endsWith(SUFFIX) || model.contains("/")) return Path.of(model);
    if (Catalog.find(model).isEmpty()) {
      if (Files.isDirectory(Path.of(model))) return Path.of(model);
      var names = Catalog.entries().stream().map(CatalogEntry::name).toList();
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND,
          "%s: expected a %s file, a model folder, the URI of one of them or a name of the catalog; did you mean %s?"
              .formatted(model, SUFFIX, NearestName.of(model, names)));
    }
    return Catalog.pulled(cacheDirectory, model).orElseThrow(() -> new ModelException(ErrorCode.MODEL_NOT_FOUND,
        "%s is not in the cache yet: expected %s; fetch it with: scriptorium models pull %s"
            .formatted(model, Catalog.localPath(cacheDirectory, model), model)));
  }

  /** How results call a model: its catalog's name, the file's without ending, or the folder's. */
  static String display(String model) {
    String path = model.replaceFirst("/+$", ""), last = path.substring(path.lastIndexOf('/') + 1);
    return last.endsWith(SUFFIX) ? last.substring(0, last.length() - SUFFIX.length()) : last;
  }
}
