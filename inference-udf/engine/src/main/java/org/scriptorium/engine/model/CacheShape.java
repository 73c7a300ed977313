package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;

/**
 * How the keys and values of all layers lie in a cache block: for each layer and head the keys of {@link Attention#BLOCK} tokens, then
 * their values.
 *
 * @param kept layers that a block has room for: all, or one where a layer's keys and values are of no use once the next one begins
 * @param heads key/value heads of a layer
 * @param width of a head's key and of its value
 * @param type how they are stored
 */
public record CacheShape(int layers, int kept, int heads, int width, CacheType type) {

  /** All layers' are kept. */
  public CacheShape(int layers, int heads, int width, CacheType type) {
    this(layers, layers, heads, width, type);
  }

  /** Bytes of one block of tokens. */
  public long blockBytes() {
    return kept * layerBytes();
  }

  long keys(int layer, int head) {
    return layer % kept * layerBytes() + head * headBytes();
  }

  long values(int layer, int head) {
    return keys(layer, head) + keyBytes();
  }

  private long layerBytes() {
    return heads * headBytes();
  }

  private long headBytes() {
    return keyBytes() + (long) Attention.BLOCK * type.padded(width) * type.bytes();
  }

  private long keyBytes() {
    return (long) Attention.BLOCK * width * type.bytes();
  }
}
