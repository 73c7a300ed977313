package org.scriptorium.engine.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Activations of a step, float32, row after row. Allocated for the greatest step while layers are bound, which share what they call by
 * one name; one scheduler's own.
 *
 * <p>A step begins with all its rows. Once the last layer's keys and values are remembered, only the rows that give an output are of
 * use: {@link #narrow} moves them to the front, and what follows computes those alone.
 */
final class Workspace {
  /** What a Java array surely holds. */
  private static final int MOST = Integer.MAX_VALUE - 8;
  private static final int BLANK_ALIGNMENT = 64;

  final Step step;
  /** [rows, width] the residual stream. */
  final float[] hidden;
  /** [rows, width] what blocks read, where that is not the residual stream itself. */
  final float[] normed;
  /** [outputs, width] */
  final float[] outputs;

  private final Map<String, float[]> shared = new HashMap<>();
  /** What {@link #narrow} moves. */
  private final List<Kept> kept = new ArrayList<>();
  private final List<Angles> angles = new ArrayList<>();
  private MemorySegment blank = MemorySegment.NULL;
  private int rows;
  private boolean isNarrow;

  /** Rows [rows, width] that are read after the step became narrow. */
  private record Kept(float[] values, int width) {

    void move(int row, int to) {
      System.arraycopy(values, row * width, values, to * width, width);
    }
  }

  /** Cosines and sines of the step's positions, each [rows, pairs]. */
  record Angles(Rotary rotary, float[] cosines, float[] sines) {

    void compute(int row, int position, boolean isLong) {
      rotary.angles(position, isLong, cosines, sines, row * rotary.pairs());
    }
  }

  Workspace(Step step, int width, int vocabulary) {
    this.step = step;
    hidden = kept("hidden", width);
    normed = kept("normed", width);
    outputs = array(step.maxOutputs(), width);
    requireRoom(step.maxOutputs(), vocabulary);
  }

  /**
   * Working memory [rows, width], the same for all who ask by one name and width; contents undefined between phases of different layers,
   * and once the step is narrow.
   */
  float[] shared(String name, int width) {
    return shared.computeIfAbsent(name + " " + width, key -> array(step.maxRows(), width));
  }

  /** {@link #shared} memory whose rows go with their outputs when the step becomes narrow. */
  float[] kept(String name, int width) {
    float[] values = shared(name, width);
    for (Kept each : kept) if (each.values == values) return values;
    kept.add(new Kept(values, width));
    return values;
  }

  /** A cache block that no sequence writes to, the same for all layers: each fills its own part. It goes with the workspace. */
  MemorySegment blankBlock(CacheShape shape) {
    if (blank.byteSize() < shape.blockBytes()) blank = Arena.ofAuto().allocate(shape.blockBytes(), BLANK_ALIGNMENT);
    return blank;
  }

  /** The step's angles of a rotary, the same for all layers that have it. */
  Angles angles(Rotary rotary) {
    for (Angles each : angles) if (each.rotary == rotary) return each;
    var made = new Angles(rotary, array(step.maxRows(), rotary.pairs()), array(step.maxRows(), rotary.pairs()));
    angles.add(made);
    kept.add(new Kept(made.cosines, rotary.pairs()));
    kept.add(new Kept(made.sines, rotary.pairs()));
    return made;
  }

  /** Takes up all rows of the step. */
  void begin() {
    rows = step.rows();
    isNarrow = false;
  }

  /** Computes the angles of a row. */
  void turn(int row) {
    for (int i = 0; i < angles.size(); i++) angles.get(i).compute(row, step.position(row), step.cache(row).isLong());
  }

  /** Leaves the rows that give an output, in their order: residual stream, norms and angles move to the front. */
  void narrow() {
    rows = step.outputs();
    isNarrow = true;
    for (int output = 0; output < rows; output++) {
      for (int i = 0; i < kept.size(); i++) kept.get(i).move(step.outputRow(output), output);
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

  private static float[] array(int rows, int width) {
    requireRoom(rows, width);
    return new float[rows * width];
  }

  private static void requireRoom(int rows, int width) {
    if ((long) rows * width <= MOST) return;
    throw new ModelException(ErrorCode.INVALID_PARAMETER, "max batch or step tokens: %d rows of %d values: expected %d values at most; allow fewer rows"
        .formatted(rows, width, MOST));
  }
}
