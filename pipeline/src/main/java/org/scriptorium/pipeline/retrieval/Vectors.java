package org.scriptorium.pipeline.retrieval;

/** Vectors of length 1, whose product is their cosine. */
final class Vectors {
  private Vectors() {}

  /** The vector with length 1; one without a length points nowhere and gets the first direction. */
  static float[] unit(float[] vector) {
    double squares = 0;
    for (float value : vector) squares += (double) value * value;
    double length = Math.sqrt(squares);
    float[] unit = new float[vector.length];
    if (length == 0) unit[0] = 1;
    else for (int i = 0; i < unit.length; i++) unit[i] = (float) (vector[i] / length);
    return unit;
  }
}
