package org.scriptorium.engine.kernel;

/** Working memory of one thread, kept between calls and grown on demand. */
public final class Scratch {
  private float[] panel = new float[0];
  private float[] tiles = new float[0];
  private float[] lines = new float[0];
  private float[] scores = new float[0];
  private float[] rows = new float[0];
  private float[] inverses = new float[0];
  private Source laidOut;
  private boolean isPhase;

  /** Rows of an array: of one identity, not of equal values. */
  private record Source(float[] values, int from, int stride, int inputs, int rows) {

    boolean isSame(Source other) {
      return values == other.values && from == other.from && stride == other.stride && inputs == other.inputs && rows == other.rows;
    }
  }

  /** At least {@code size} floats for a dequantized panel; contents undefined. */
  public float[] panel(int size) {
    if (panel.length < size) panel = new float[size];
    return panel;
  }

  /** At least {@code size} floats for the rows of a product, laid out for the kernel; they stay as they were left. */
  public float[] tiles(int size) {
    if (tiles.length < size) tiles = new float[size];
    return tiles;
  }

  /**
   * Begins a phase, in which nobody writes to what products read: rows that a product has laid out serve the next of the same source.
   * Without one each product lays them out anew.
   */
  public void begin() {
    isPhase = true;
    laidOut = null;
  }

  /** Ends a phase. */
  public void end() {
    isPhase = false;
    laidOut = null;
  }

  /** Whether {@link #tiles} hold these rows already; they are taken to, from the next call in the phase on. */
  public boolean hasLaidOut(float[] source, int from, int stride, int inputs, int rows) {
    if (!isPhase) return false;
    var asked = new Source(source, from, stride, inputs, rows);
    boolean isSame = laidOut != null && laidOut.isSame(asked);
    laidOut = asked;
    return isSame;
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

  /** At least {@code size} floats for rows of attention, laid out for the kernel; contents undefined. */
  public float[] lines(int size) {
    if (lines.length < size) lines = new float[size];
    return lines;
  }

  /** At least {@code size} floats for rows gathered from elsewhere; contents undefined. */
  public float[] rows(int size) {
    if (rows.length < size) rows = new float[size];
    return rows;
  }
}
