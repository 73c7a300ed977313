package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Rows.Pairing;

/**
 * Rotary positions (Su et al. 2021, arXiv:2104.09864). Angles are computed in float32 as the reference implementations do.
 *
 * <p>Some models turn all positions of a sequence by other frequencies once it is longer than they first learned: what was cached until
 * then is to be computed again ({@link SequenceCache#becomeLong}).
 *
 * @param frequencies [pairs] radians per position; the first {@code 2 * pairs} values of a head are rotated
 * @param longFrequencies [pairs] those of sequences longer than {@code shortLength} tokens
 * @param scale that cosines and sines are multiplied by (YaRN's attention factor)
 */
public record Rotary(float[] frequencies, float[] longFrequencies, int shortLength, Pairing pairing, float scale) {
  /** For models whose positions enter elsewhere. */
  public static final Rotary NONE = new Rotary(new float[0], Pairing.HALVES, 1f);

  /** The same frequencies whatever a sequence's length. */
  public Rotary(float[] frequencies, Pairing pairing, float scale) {
    this(frequencies, frequencies, Integer.MAX_VALUE, pairing, scale);
  }

  /** @param width of the rotated part of a head, even */
  public static Rotary of(int width, double base, Pairing pairing) {
    float[] frequencies = new float[width / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float exponent = 2f * i / width;
      frequencies[i] = 1f / (float) Math.pow(base, exponent);
    }
    return new Rotary(frequencies, pairing, 1f);
  }

  int pairs() {
    return frequencies.length;
  }

  /** Writes the cosines and sines of a position of a short or long sequence at {@code at}. */
  void angles(int position, boolean isLong, float[] cosines, float[] sines, int at) {
    float[] used = isLong ? longFrequencies : frequencies;
    for (int i = 0; i < used.length; i++) {
      float angle = position * used[i];
      cosines[at + i] = (float) Math.cos(angle) * scale;
      sines[at + i] = (float) Math.sin(angle) * scale;
    }
  }
}
