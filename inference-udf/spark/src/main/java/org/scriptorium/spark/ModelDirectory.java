package org.scriptorium.spark;

import java.nio.file.Path;

/** The folder in which a machine keeps models. */
final class ModelDirectory {
  private ModelDirectory() {}

  /** {@code configured}, else {@code SCRIPTORIUM_CACHE}, else {@code ~/.cache/scriptorium}. */
  static Path of(String configured) {
    if (!configured.isEmpty()) return Path.of(configured);
    String environment = System.getenv("SCRIPTORIUM_CACHE");
    if (environment != null && !environment.isEmpty()) return Path.of(environment);
    return Path.of(System.getProperty("user.home"), ".cache", "scriptorium");
  }
}
