package org.scriptorium.engine.sampler;

/**
 * Random numbers by counter: the number of a step depends on the row's seed and the step alone. The mixing function is that of
 * SplitMix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators).
 */
final class Draws {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private Draws() {}

  /** A row's seed from the first 64 bits of its request key, mixed with the configured seed; 0 leaves the key's bits to decide alone. */
  static long seed(String requestKey, long configured) {
    return mix(Long.parseUnsignedLong(requestKey, 0, 16, 16) ^ mix(configured));
  }

  /** Uniform in [0, 1), with 53 random bits. */
  static double uniform(long seed, int step) {
    // The step is mixed before it meets the seed: seeds that lie near each other must not share shifted streams.
    return (mix(seed ^ mix((step + 1) * GOLDEN_GAMMA)) >>> 11) * 0x1p-53;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
