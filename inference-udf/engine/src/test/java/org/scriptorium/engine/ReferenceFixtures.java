package org.scriptorium.engine;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of reference fixtures: {@code -Dscriptorium.fixtures=DIR}, default {@code ../shared/fixtures}, both seen from the
 * repository's root. Tests that need what is not there are skipped, and say so: reports leave skipped classes and factories out.
 */
public final class ReferenceFixtures {
  private ReferenceFixtures() {}

  /** A file or folder of the fixtures, whether it is there or not. */
  public static Path file(String name) {
    Path root = Path.of(System.getProperty("scriptorium.root", "")).toAbsolutePath();
    return root.resolve(System.getProperty("scriptorium.fixtures", "../shared/fixtures")).resolve(name).normalize();
  }

  /** A file or folder of the fixtures; the test is skipped if it is absent. */
  public static Path require(String name) {
    Path file = file(name);
    if (!Files.exists(file)) skip(file + " is not there; name the folder of fixtures with -Dscriptorium.fixtures=DIR");
    return file;
  }

  /** The default model's file; the test is skipped if it can't be had. */
  public static Path requireSmolLm2() {
    return RealModel.smollm2().orElseGet(() -> {
      skip("the default model can't be had: " + RealModel.reason());
      return Path.of("");
    });
  }

  /** The folder of the default model of embeddings; the test is skipped if it can't be had. */
  public static Path requireMiniLm() {
    return RealModel.miniLm().orElseGet(() -> {
      skip("the default model of embeddings can't be had: " + RealModel.reason());
      return Path.of("");
    });
  }

  /** A model's file that {@code -Dscriptorium.model.NAME=FILE} names; the test is skipped if there is none. */
  public static Path requireModel(String name) {
    String property = "scriptorium.model." + name, file = System.getProperty(property, "");
    if (file.isEmpty() || !Files.exists(Path.of(file))) skip("no file of " + name + "; name one with -D" + property + "=FILE");
    return Path.of(file);
  }

  private static void skip(String reason) {
    System.err.println("Skipped: " + reason);
    Assumptions.abort(reason);
  }
}
