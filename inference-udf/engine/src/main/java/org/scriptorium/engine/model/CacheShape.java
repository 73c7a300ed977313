package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Attention;

/**
 * How the keys and values of all layers lie in a cache block: for each layer and head the keys of {@link Attention#BLOCK} tokens, then
 * their values.
 *
 * @param heads key/value heads of a layer
 * @param width of a head's key and of its value
 */
public record CacheShape(int layers, int heads, int width) {

  /** Bytes of one block of tokens. */
  public long blockBytes() {
    return layers * layerBytes();
  }

  long keys(int layer, int head) {
    return layer * layerBytes() + head * headBytes();
  }

  long values(int layer, int head) {
    return keys(layer, head) + headBytes() / 2;
  }

  private long layerBytes() {
    return heads * headBytes();
  }

  private long headBytes() {
    return 2L * Attention.BLOCK * width * Float.BYTES;
  }
}
