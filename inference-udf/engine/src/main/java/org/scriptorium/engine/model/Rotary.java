package org.scriptorium.engine.model;

import org.scriptorium.engine.kernel.Rows.Pairing;

/**
 * Rotary positions (Su et al. 2021, arXiv:2104.09864). Angles are computed in float32 as the reference implementations do.
 *
 * @param frequencies [pairs] radians per position; the first {@code 2 * pairs} values of a head are rotated
 * @param scale that cosines and sines are multiplied by (YaRN's attention factor)
 */
public record Rotary(float[] frequencies, Pairing pairing, float scale) {
  /** For models whose positions enter elsewhere. */
  public static final Rotary NONE = new Rotary(new float[0], Pairing.HALVES, 1f);

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

  /** Writes the cosines and sines of a position at {@code at}. */
  void angles(int position, float[] cosines, float[] sines, int at) {
    for (int i = 0; i < frequencies.length; i++) {
      float angle = position * frequencies[i];
      cosines[at + i] = (float) Math.cos(angle) * scale;
      sines[at + i] = (float) Math.sin(angle) * scale;
    }
  }
}
