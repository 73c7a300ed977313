package org.scriptorium.spark;

import java.nio.file.Path;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** What a model's name stands for on this machine. */
final class ModelNames {
  private static final String SUFFIX = ".gguf";

  private ModelNames() {}

  /** The file of a path or of a catalog's name. */
  static Path file(String model, Path directory) {
    if (model.endsWith(SUFFIX) || model.contains("/")) return Path.of(model);
    throw new ModelException(ErrorCode.MODEL_NOT_FOUND,
        "%s: expected a model of the catalog in %s, a %s file or a URI of one; see scriptorium models list".formatted(model, directory, SUFFIX));
  }

  /** How results call a model: its catalog's name, or the file's without ending. */
  static String display(String model) {
    String last = model.substring(model.lastIndexOf('/') + 1);
    return last.endsWith(SUFFIX) ? last.substring(0, last.length() - SUFFIX.length()) : last;
  }
}
