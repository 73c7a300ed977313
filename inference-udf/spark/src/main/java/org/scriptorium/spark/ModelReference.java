package org.scriptorium.spark;

import java.io.Serializable;
import java.util.Map;
import org.scriptorium.engine.api.ModelDescription;

/**
 * A model as the driver found it; executors open the same bytes or fail.
 *
 * @param name how results call it
 * @param location a path that every node has, or a Hadoop URI
 * @param fingerprint SHA-256 (hexadecimal) of its bytes
 * @param bytes length of its file, or of all files of its folder
 * @param kind what it does with a text
 * @param prefixes what it wants before a text, by task, as {@link ModelDescription#prefixes}
 */
record ModelReference(
    String name, String location, Place place, String fingerprint, long bytes, ModelDescription.Kind kind, Map<String, String> prefixes)
    implements Serializable {

  ModelReference(String location, Place place, long bytes, ModelDescription model) {
    this(model.name(), location, place, model.fingerprint(), bytes, model.kind(), model.prefixes());
  }

  /** What the model wants before a text of the task; where it names none, what it wants before any. */
  String prefix(String task) {
    return prefixes.getOrDefault(task, prefixes.getOrDefault("", ""));
  }

  /** Where a model's file or folder is: on each node, used as it stands; or in a file system of Hadoop's, copied to each node. */
  enum Place { NODE, REMOTE }
}
