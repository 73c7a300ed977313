package org.scriptorium.pipeline.evaluation;

/**
 * How much two texts share.
 *
 * @param precision share of the prediction that is in the reference
 * @param recall share of the reference that is in the prediction
 */
public record Score(double precision, double recall) {
  static final Score NONE = new Score(0, 0);

  static Score of(long shared, long predicted, long wanted) {
    return new Score(predicted == 0 ? 0 : shared / (double) predicted, wanted == 0 ? 0 : shared / (double) wanted);
  }

  /** The harmonic mean of both. */
  public double f1() {
    return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
  }
}
