package org.scriptorium.pipeline.retrieval;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A passage that a shard found.
 *
 * @param key see {@link Chunk#key}
 * @param end of the passage in its document
 * @param digest equal for passages of equal text
 * @param document its number in the shard
 * @param score the greater the better
 */
record Hit(String key, long end, long digest, int document, float score) implements Serializable {

  /** The order of keys in a shard, which is that of their bytes. */
  static int compareKeys(String one, String other) {
    return Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }
}
