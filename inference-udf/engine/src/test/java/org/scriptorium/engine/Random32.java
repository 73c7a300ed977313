package org.scriptorium.engine;

import java.util.Random;

/**
 * Random float32 values and bytes for tests. The seed comes from {@code -Dscriptorium.test.seed}; {@link #toString} names it, for the
 * message of a failure. Not for several threads.
 */
public final class Random32 {
  private static final long SEED = Long.getLong("scriptorium.test.seed", 20_260_101L);

  private final Random random;

  /** @param salt tells the cases of a test from one another, so that each can be repeated alone */
  public Random32(Object... salt) {
    long seed = SEED;
    for (Object part : salt) seed = seed * 1_000_003 + part.toString().hashCode();
    random = new Random(seed);
  }

  public float[] normal(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = (float) random.nextGaussian();
    return values;
  }

  public float normal() {
    return (float) random.nextGaussian();
  }

  public float uniform(float from, float to) {
    return random.nextFloat(from, to);
  }

  public byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** From 0 to {@code bound} - 1. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  @Override
  public String toString() {
    return "-Dscriptorium.test.seed=" + SEED;
  }
}
