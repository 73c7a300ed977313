package org.scriptorium.engine.kernel;

/** Working memory of one thread, kept between calls and grown on demand. */
public final class Scratch {
  private float[] panel = new float[0];
  private float[] scores = new float[0];
  private float[] rows = new float[0];
  private float[] inverses = new float[0];

  /** At least {@code size} floats for a dequantized panel; contents undefined. */
  public float[] panel(int size) {
    if (panel.length < size) panel = new float[size];
    return panel;
  }

  /** At least {@code size} floats for attention scores; contents undefined. */
  public float[] scores(int size) {
    if (scores.length < size) scores = new float[Math.max(size, scores.length * 2)];
    return scores;
  }

  /** At least {@code size} floats for the inverse sums of attention weights; contents undefined. */
  public float[] inverses(int size) {
    if (inverses.length < size) inverses = new float[size];
    return inverses;
  }

  /** At least {@code size} floats for rows gathered from elsewhere; contents undefined. */
  public float[] rows(int size) {
    if (rows.length < size) rows = new float[size];
    return rows;
  }
}
