package org.scriptorium.spark;

import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.catalog.Catalog;
import org.scriptorium.engine.catalog.CatalogEntry;

/** What a model's name stands for on this machine. */
final class ModelNames {
  private static final String SUFFIX = ".gguf";

  private ModelNames() {}

  /** The file of a path or of a catalog's name; not checked to be there unless it is the catalog's. */
  static Path file(String model, Path cacheDirectory) {
    if (model.endsWith(SUFFIX) || model.contains("/")) return Path.of(model);
    if (Catalog.find(model).isEmpty()) {
      var names = Catalog.entries().stream().map(CatalogEntry::name).toList();
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND,
          "%s: expected a %s file, the URI of one or a name of the catalog; did you mean %s?"
              .formatted(model, SUFFIX, NearestName.of(model, names)));
    }
    return Catalog.pulled(cacheDirectory, model).orElseThrow(() -> new ModelException(ErrorCode.MODEL_NOT_FOUND,
        "%s is not in the cache yet: expected %s; fetch it with: scriptorium models pull %s"
            .formatted(model, Catalog.localPath(cacheDirectory, model), model)));
  }

  /** How results call a model: its catalog's name, or the file's without ending. */
  static String display(String model) {
    String last = model.substring(model.lastIndexOf('/') + 1);
    return last.endsWith(SUFFIX) ? last.substring(0, last.length() - SUFFIX.length()) : last;
  }
}
