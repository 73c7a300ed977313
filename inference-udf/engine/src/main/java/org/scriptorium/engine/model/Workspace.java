package org.scriptorium.engine.model;

import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Activations of a step, float32, row after row. Allocated once for the greatest step; one scheduler's own.
 *
 * <p>A step begins with all its rows. Once the last layer's keys and values are remembered, only the rows that give an output are of
 * use: {@link #narrow} moves them to the front, and what follows computes those alone.
 */
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

  private final int width;
  private final int pairs;
  private int rows;
  private boolean isNarrow;

  Workspace(Step step, int width, AttentionShape attention, int feedForward, int pairs, int vocabulary) {
    int rows = step.maxRows();
    this.step = step;
    this.width = width;
    this.pairs = pairs;
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
  }

  /** Takes up all rows of the step. */
  void begin() {
    rows = step.rows();
    isNarrow = false;
  }

  /** Leaves the rows that give an output, in their order: what there is of residual stream, norm and angles moves to the front. */
  void narrow() {
    rows = step.outputs();
    isNarrow = true;
    for (int output = 0; output < rows; output++) {
      int row = step.outputRow(output);
      System.arraycopy(hidden, row * width, hidden, output * width, width);
      System.arraycopy(normed, row * width, normed, output * width, width);
      System.arraycopy(cosines, row * pairs, cosines, output * pairs, pairs);
      System.arraycopy(sines, row * pairs, sines, output * pairs, pairs);
    }
  }

  int rows() {
    return rows;
  }

  int position(int row) {
    return step.position(isNarrow ? step.outputRow(row) : row);
  }

  SequenceCache cache(int row) {
    return step.cache(isNarrow ? step.outputRow(row) : row);
  }

  /** Runs of neighbouring positions of one sequence; each row is one once the step is narrow. */
  int runs() {
    return isNarrow ? rows : step.runs();
  }

  /** First row of a run; that of {@link #runs} is the end of the last. */
  int run(int index) {
    return isNarrow ? index : step.run(index);
  }

  /** Row of the residual stream that gives an output. */
  int outputRow(int output) {
    return isNarrow ? output : step.outputRow(output);
  }

  private static void requireRoom(int rows, int width) {
    if ((long) rows * width <= MOST) return;
    throw new ModelException(ErrorCode.INVALID_PARAMETER, "max batch or step tokens: %d rows of %d values: expected %d values at most; allow fewer rows"
        .formatted(rows, width, MOST));
  }
}
