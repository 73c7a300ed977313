package org.scriptorium.engine.model;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.StorageType;

/**
 * The keys of one layer's distances between positions: sines and then cosines of a distance, mapped to heads. They depend on no token, so
 * they are computed once, in runs of distances, when the first step needs them, and packed like weights.
 */
final class RelativePositions {
  /** Distances of a run: whole panels of every provider. */
  private static final int RUN = 256;

  private final Machine machine;
  private final Linear map;
  private final int heads;
  private final RelativeSines sines;
  /** For each run of distances, each head's keys: [distances, width of a head]. */
  private final List<Packed[]> runs = new ArrayList<>();

  RelativePositions(Machine machine, Linear map, int heads, RelativeSines sines) {
    this.machine = machine;
    this.map = map;
    this.heads = heads;
    this.sines = sines;
  }

  /** How many distances are told apart among the first {@code tokens}. */
  int distances(int tokens) {
    return Math.min(tokens, sines.distinct());
  }

  /** Sees to the keys of distances below {@code tokens}; not while scores are computed. */
  void require(int tokens) {
    while (runs.size() * RUN < distances(tokens)) runs.add(pack(runs.size() * RUN));
  }

  /** The keys of a run of distances, each computed for itself, so that they do not depend on how many there are. */
  private Packed[] pack(int first) {
    Kernels kernels = machine.kernels();
    Matmul matmul = kernels.matmul();
    int inputs = map.inputs(), outputs = map.outputs(), width = outputs / heads;
    float[] waves = new float[RUN * inputs], keys = new float[RUN * outputs];
    for (int i = 0; i < RUN; i++) sines.write(first + i, waves, i * inputs);
    machine.run((panel, worker) -> map.multiply(kernels, panel, RUN, waves, keys, Store.SET, machine.scratch(worker)), map.panels(matmul));
    // Freed with the model that the keys belong to.
    Arena arena = Arena.ofAuto();
    MemorySegment weights = arena.allocate((long) RUN * width * Float.BYTES, Float.BYTES);
    var packed = new Packed[heads];
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < RUN; i++) {
        MemorySegment.copy(keys, i * outputs + head * width, weights, ValueLayout.JAVA_FLOAT, (long) i * width * Float.BYTES, width);
      }
      MemorySegment memory = arena.allocate(matmul.packedBytes(StorageType.F32, width, RUN), 64);
      matmul.pack(StorageType.F32, weights, width, RUN, 0, (RUN + matmul.panel() - 1) / matmul.panel(), memory);
      packed[head] = new Packed(StorageType.F32, width, RUN, memory);
    }
    return packed;
  }

  /** Distances below {@code tokens} whose scores {@link #score} writes: whole runs. */
  int stride(int tokens) {
    return (distances(tokens) + RUN - 1) / RUN * RUN;
  }

  /**
   * scores[row, distance] = query[row] . key[distance] of one head.
   *
   * @param query row r's at {@code from + r * queryStride}
   * @param scores [rows, stride] for {@code tokens}
   */
  void score(int head, int rows, float[] query, int from, int queryStride, int tokens, float[] scores, Scratch scratch) {
    Matmul matmul = machine.kernels().matmul();
    int stride = stride(tokens), panels = (RUN + matmul.panel() - 1) / matmul.panel();
    for (int run = 0; run * RUN < distances(tokens); run++) {
      matmul.multiply(runs.get(run)[head], 0, panels, rows, query, from, queryStride, scores, run * RUN, stride, Store.SET, scratch);
    }
  }

  /** Brings the scores of a row's distances into the order of tokens, of which the last is at distance 0. */
  void order(float[] scores, int at, int tokens, float[] target, int to) {
    int distances = distances(tokens), near = Math.max(0, tokens - distances);
    Arrays.fill(target, to, to + near, scores[at + distances - 1]);
    for (int i = near; i < tokens; i++) target[to + i] = scores[at + tokens - 1 - i];
  }
}
