package org.scriptorium.engine.model;

/**
 * What distances between positions look like before they are mapped: sines and then cosines (Dai et al. 2019, arXiv:1901.02860, 3.3).
 *
 * @param frequencies [half the model's width] radians per position
 * @param distinct distances that are told apart, from 0 on; farther ones look like the last of them
 */
public record RelativeSines(float[] frequencies, int distinct) {

  void write(int distance, float[] target, int to) {
    for (int i = 0; i < frequencies.length; i++) {
      float angle = distance * frequencies[i];
      target[to + i] = (float) Math.sin(angle);
      target[to + frequencies.length + i] = (float) Math.cos(angle);
    }
  }
}
