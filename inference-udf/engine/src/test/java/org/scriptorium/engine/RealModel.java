package org.scriptorium.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
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
public enum RealModel {
  SMOLLM2("smollm2-135m-instruct", "smollm2"),
  GEMMA3("gemma-3-270m", "gemma3"),
  MINI_LM("all-minilm-l6-v2", "minilm");

  private static final Map<RealModel, Found> FOUND = new HashMap<>();

  private final String name;
  private final String property;

  RealModel(String name, String shortName) {
    this.name = name;
    property = "scriptorium.model." + shortName;
  }

  /** @param reason why there is no file */
  private record Found(Optional<Path> file, String reason) {}

  /** The model's file or folder; empty where it can't be had, and {@link #reason} says why: tests then skip with it. */
  public Optional<Path> file() {
    return found().file();
  }

  /** Why the model is not to be had. */
  public String reason() {
    return found().reason();
  }

  private Found found() {
    synchronized (FOUND) {
      return FOUND.computeIfAbsent(this, RealModel::locate);
    }
  }

  private static Found locate(RealModel model) {
    String named = System.getProperty(model.property, "");
    if (!named.isBlank()) return new Found(Optional.of(Path.of(named)), "");
    var cache = Catalog.cacheDirectory();
    var entry = Catalog.named(model.name);
    var part = entry.parts().getFirst();
    var found = Catalog.pulled(cache, model.name)
        .or(() -> Optional.of(cache.resolve(part.file())).filter(file -> !entry.isFolder() && isSized(file, part)));
    if (found.isPresent()) return new Found(found, "");
    if (!Boolean.parseBoolean(System.getProperty("scriptorium.pull", "true"))) {
      return new Found(Optional.empty(), "%s is not in %s and scriptorium.pull is false".formatted(model.name, cache));
    }
    try {
      return new Found(Optional.of(new ModelPull(cache, PullProgress.SILENT).pull(entry)), "");
    } catch (ModelException exception) {
      return new Found(Optional.empty(), exception.getMessage());
    }
  }

  private static boolean isSized(Path file, CatalogEntry.Part part) {
    return Files.isRegularFile(file) && file.toFile().length() == part.bytes();
  }
}
