package org.scriptorium.spark;

import java.io.Serializable;

/**
 * A model as the driver found it; executors open the same bytes or fail.
 *
 * @param name how results call it
 * @param location a path that every node has, or a Hadoop URI
 * @param fingerprint SHA-256 (hexadecimal) of its bytes
 * @param bytes length of the file
 */
record ModelReference(String name, String location, Place place, String fingerprint, long bytes) implements Serializable {

  /** Where a model's file is: on each node, used as it stands; or in a file system of Hadoop's, copied to each node. */
  enum Place { NODE, REMOTE }
}
