package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;

/**
 * Runs given token sequences through a model in steps of any composition and sees the logits after each token: what a batch, a
 * chunk, a thread or a vector's width may not change.
 */
final class LogitsReplay implements AutoCloseable {
  /** Sees the logits [vocabulary] at {@code from} that follow token {@code position} of a sequence. */
  @FunctionalInterface
  interface Sink {
    void logits(int sequence, int position, float[] logits, int from);
  }

  private static final int MAX_ROWS = 96;

  private final LanguageModel model;
  private final Machine machine;
  private final PackedWeights packed;
  private final CacheType cacheType;

  LogitsReplay(java.nio.file.Path file, String kernels, int bits, int threads, CacheType cacheType, java.nio.file.Path packedDirectory) {
    this.cacheType = cacheType;
    model = LanguageModel.open(file);
    machine = new Machine(Providers.open(kernels, bits), threads, "replay");
    String fingerprint = org.scriptorium.engine.weights.Fingerprint.sha256(file);
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, packedDirectory, fingerprint);
  }

  LanguageModel model() {
    return model;
  }

  /** One sequence after the other, each as one chunk and then token by token from {@code firstOutput} on. */
  void alone(List<int[]> sequences, int[] firstOutput, Sink sink) {
    for (int i = 0; i < sequences.size(); i++) {
      int sequence = i;
      run(List.of(sequences.get(i)), new int[] {firstOutput[i]}, null, (only, position, logits, from) -> sink.logits(sequence, position, logits, from));
    }
  }

  /** All sequences together, in steps that mix chunks of random lengths in random order. */
  void mixed(List<int[]> sequences, int[] firstOutput, SplittableRandom random, Sink sink) {
    run(sequences, firstOutput, random, sink);
  }

  private void run(List<int[]> sequences, int[] firstOutput, SplittableRandom random, Sink sink) {
    Decoder decoder = model.decoder();
    var step = new Step(MAX_ROWS, MAX_ROWS);
    CacheShape shape = decoder.cacheShape(cacheType);
    Decoder.Execution execution = decoder.bind(machine, step, shape);
    int[] done = new int[sequences.size()];
    var caches = sequences.stream().map(sequence -> cache(sequence.length, decoder)).toList();
    try (var pool = new BlockPool(shape, 1L << 40)) {
      while (true) {
        step.clear();
        var outputs = new ArrayList<int[]>();
        for (int sequence : order(sequences.size(), random)) {
          int length = sequences.get(sequence).length, left = Math.min(length - done[sequence], MAX_ROWS - step.rows());
          int chunk = random != null ? Math.min(left, random.nextInt(0, 40))
              : Math.min(left, done[sequence] < firstOutput[sequence] ? firstOutput[sequence] - done[sequence] : 1);
          for (int i = 0; i < chunk; i++) {
            int position = done[sequence]++;
            while (caches.get(sequence).capacity() <= position) caches.get(sequence).append(pool.take());
            if (position < firstOutput[sequence]) {
              step.add(sequences.get(sequence)[position], position, caches.get(sequence));
            } else {
              outputs.add(new int[] {sequence, position, step.addOutput(sequences.get(sequence)[position], position, caches.get(sequence))});
            }
          }
        }
        if (step.rows() == 0 && finished(sequences, done)) return;
        if (step.rows() == 0) continue;
        execution.run();
        for (int[] output : outputs) sink.logits(output[0], output[1], execution.logits(), output[2] * decoder.vocabulary());
      }
    }
  }

  static SequenceCache cache(int length, Decoder decoder) {
    var cache = new SequenceCache();
    if (length > decoder.shortLength()) cache.becomeLong();
    return cache;
  }

  private static boolean finished(List<int[]> sequences, int[] done) {
    for (int i = 0; i < done.length; i++) if (done[i] < sequences.get(i).length) return false;
    return true;
  }

  private static int[] order(int count, SplittableRandom random) {
    int[] order = java.util.stream.IntStream.range(0, count).toArray();
    if (random == null) return order;
    for (int i = count - 1; i > 0; i--) {
      int other = random.nextInt(i + 1), value = order[i];
      order[i] = order[other];
      order[other] = value;
    }
    return order;
  }

  @Override
  public void close() {
    machine.close();
    packed.close();
    model.close();
  }
}
