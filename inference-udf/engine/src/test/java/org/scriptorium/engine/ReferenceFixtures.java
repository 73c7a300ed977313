package org.scriptorium.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of reference fixtures: {@code -Dscriptorium.fixtures=DIR}, default {@code ../shared/fixtures}, both seen from the
 * repository's root. Tests that need what is not there are skipped, and say so: reports leave skipped classes and factories out. Models
 * that ship with the repository are always there.
 */
public final class ReferenceFixtures {
  private ReferenceFixtures() {}

  /** A file or folder of the fixtures, whether it is there or not. */
  public static Path file(String name) {
    return root().resolve(System.getProperty("scriptorium.fixtures", "../shared/fixtures")).resolve(name).normalize();
  }

  /** The folders of model fixtures: those that ship, and below the folder of fixtures those that are there. */
  public static List<Path> models() {
    Path shipped = shippedModels();
    if (!Files.isDirectory(shipped)) throw new IllegalStateException(shipped + " is not there; the tests run from a whole repository");
    var models = new ArrayList<>(folders(shipped));
    Path others = file("models");
    if (Files.isDirectory(others)) models.addAll(folders(others));
    else System.err.println("Skipped: " + others + " is not there; models that ship are tested, others by -Dscriptorium.fixtures=DIR");
    return List.copyOf(models);
  }

  /** True for a folder of {@link #models} that ships. */
  public static boolean ships(Path model) {
    return model.startsWith(shippedModels());
  }

  private static Path shippedModels() {
    return root().resolve("inference-udf/engine/src/test/fixtures/models");
  }

  private static List<Path> folders(Path parent) {
    try (var found = Files.list(parent)) {
      return found.filter(folder -> Files.exists(folder.resolve("expected.json"))).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path root() {
    return Path.of(System.getProperty("scriptorium.root", "")).toAbsolutePath();
  }

  /** A file or folder of the fixtures; the test is skipped if it is absent. */
  public static Path require(String name) {
    Path file = file(name);
    if (!Files.exists(file)) skip(file + " is not there; name the folder of fixtures with -Dscriptorium.fixtures=DIR");
    return file;
  }

  /** The default model's file; the test is skipped if it can't be had. */
  public static Path requireSmolLm2() {
    return require(RealModel.SMOLLM2);
  }

  /** The folder of the default model of embeddings; the test is skipped if it can't be had. */
  public static Path requireMiniLm() {
    return require(RealModel.MINI_LM);
  }

  /** A released model's file or folder; the test is skipped if it can't be had. */
  public static Path require(RealModel model) {
    return model.file().orElseGet(() -> {
      skip("a released model can't be had: " + model.reason());
      return Path.of("");
    });
  }

  /** Skips the test, and says why. */
  static void skip(String reason) {
    System.err.println("Skipped: " + reason);
    Assumptions.abort(reason);
  }
}
