package org.scriptorium.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.catalog.Catalog;
import org.scriptorium.engine.catalog.CatalogEntry;
import org.scriptorium.engine.catalog.ModelPull;
import org.scriptorium.engine.catalog.PullProgress;

/**
 * Released models for tests. They are looked for in the property {@code scriptorium.model.<short name>}, then in the cache, then
 * pulled, once a process; {@code -Dscriptorium.pull=false} forbids that.
 */
public final class RealModel {
  private static final String SMOLLM2 = "smollm2-135m-instruct", MINI_LM = "all-minilm-l6-v2";

  private static Optional<Path> smollm2;
  private static Optional<Path> miniLm;
  private static String reason = "";

  private RealModel() {}

  /** The default model's file; empty where it can't be had, and {@link #reason} says why: tests then skip with it. */
  public static synchronized Optional<Path> smollm2() {
    if (smollm2 == null) smollm2 = locate(SMOLLM2, System.getProperty("scriptorium.model.smollm2", ""));
    return smollm2;
  }

  /** The folder of the default model of embeddings; empty where it can't be had, and {@link #reason} says why. */
  public static synchronized Optional<Path> miniLm() {
    if (miniLm == null) miniLm = locate(MINI_LM, System.getProperty("scriptorium.model.minilm", ""));
    return miniLm;
  }

  /** Why the last model was not to be had. */
  public static synchronized String reason() {
    return reason;
  }

  private static Optional<Path> locate(String name, String property) {
    if (!property.isBlank()) return Optional.of(Path.of(property));
    var cache = Catalog.cacheDirectory();
    var entry = Catalog.named(name);
    var part = entry.parts().getFirst();
    var found = Catalog.pulled(cache, name)
        .or(() -> Optional.of(cache.resolve(part.file())).filter(file -> !entry.isFolder() && isSized(file, part)));
    if (found.isPresent()) return found;
    if (!Boolean.parseBoolean(System.getProperty("scriptorium.pull", "true"))) {
      reason = "%s is not in %s and scriptorium.pull is false".formatted(name, cache);
      return Optional.empty();
    }
    try {
      return Optional.of(new ModelPull(cache, PullProgress.SILENT).pull(entry));
    } catch (ModelException exception) {
      reason = exception.getMessage();
      return Optional.empty();
    }
  }

  private static boolean isSized(Path file, CatalogEntry.Part part) {
    return Files.isRegularFile(file) && file.toFile().length() == part.bytes();
  }
}
