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

  private static void skip(String reason) {
    System.err.println("Skipped: " + reason);
    Assumptions.abort(reason);
  }
}
