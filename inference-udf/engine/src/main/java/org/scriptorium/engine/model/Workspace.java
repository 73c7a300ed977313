package org.scriptorium.engine.model;

import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Activations of a step, float32, row after row. Allocated once for the greatest step; one scheduler's own. */
final class Workspace {
  /** What a Java array surely holds. */
  private static final int MOST = Integer.MAX_VALUE - 8;

  final Step step;
  /** [rows, width] the residual stream. */
  final float[] hidden;
  /** [rows, width] */
  final float[] normed;
  /** [rows, heads * head width] */
  final float[] queries;
  /** [rows, key/value heads * head width] */
  final float[] keys;
  final float[] values;
  /** [rows, heads * head width] */
  final float[] attended;
  /** [rows, feed-forward width] */
  final float[] gate;
  final float[] up;
  /** [rows, pairs] */
  final float[] cosines;
  final float[] sines;
  /** [outputs, width] */
  final float[] outputs;
  /** [outputs, vocabulary] */
  final float[] logits;

  Workspace(Step step, int width, AttentionShape attention, int feedForward, int pairs, int vocabulary) {
    int rows = step.maxRows();
    this.step = step;
    requireRoom(rows, IntStream.of(width, attention.queryWidth(), attention.keyWidth(), feedForward, pairs).max().orElseThrow());
    requireRoom(step.maxOutputs(), Math.max(width, vocabulary));
    hidden = new float[rows * width];
    normed = new float[rows * width];
    queries = new float[rows * attention.queryWidth()];
    keys = new float[rows * attention.keyWidth()];
    values = new float[rows * attention.keyWidth()];
    attended = new float[rows * attention.queryWidth()];
    gate = new float[rows * feedForward];
    up = new float[rows * feedForward];
    cosines = new float[rows * pairs];
    sines = new float[rows * pairs];
    outputs = new float[step.maxOutputs() * width];
    logits = new float[step.maxOutputs() * vocabulary];
  }

  private static void requireRoom(int rows, int width) {
    if ((long) rows * width <= MOST) return;
    throw new ModelException(ErrorCode.INVALID_PARAMETER, "max batch or step tokens: %d rows of %d values: expected %d values at most; allow fewer rows"
        .formatted(rows, width, MOST));
  }
}
