package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.weights.Fingerprint;

/** Runs token sequences through a recurrent model segment by segment, and sees what comes out after each token. */
final class RecurrentReplay implements AutoCloseable {

  private static final int MOST_ROWS = 128;

  /** Sees the outputs [vocabulary] at {@code from} that follow token {@code position} of a sequence. */
  @FunctionalInterface
  interface Sink {
    void outputs(int sequence, int position, float[] values, int from);
  }

  /** What of a sequence's past is held. */
  enum Held {
    ALL,
    WHAT_IS_SEEN
  }

  private final LanguageModel model;
  private final Machine machine;
  private final PackedWeights packed;

  RecurrentReplay(Path folder, String kernels, int bits, int threads, Path packedDirectory) {
    model = LanguageModel.open(folder);
    machine = new Machine(Providers.open(kernels, bits), threads, "recurrent");
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, packedDirectory, Fingerprint.sha256(folder));
  }

  Decoder decoder() {
    return model.decoder();
  }

  Machine machine() {
    return machine;
  }

  LanguageModel model() {
    return model;
  }

  /**
   * Runs sequences side by side.
   *
   * @param segments of each sequence, one after the other, in as many steps as chunks of {@code chunk} tokens make of them
   */
  void run(Decoder decoder, List<List<int[]>> segments, int chunk, CacheType cacheType, Sink sink) {
    run(decoder, segments, chunk, cacheType, Held.ALL, sink);
  }

  /** Returns the most blocks that a sequence held. */
  int run(Decoder decoder, List<List<int[]>> segments, int chunk, CacheType cacheType, Held held, Sink sink) {
    int most = 0;
    var step = new Step(MOST_ROWS, MOST_ROWS);
    CacheShape shape = decoder.cacheShape(cacheType);
    Decoder.Execution execution = decoder.bind(machine, step, shape);
    var caches = segments.stream().map(sequence -> new SequenceCache()).toList();
    int[] done = new int[segments.size()];
    try (var pool = new BlockPool(shape, 1L << 40)) {
      for (int segment = 0; segment < segments.getFirst().size(); segment++) {
        int length = segments.getFirst().get(segment).length;
        for (SequenceCache cache : caches) cache.beginSegment(done[0]);
        for (int at = 0; at < length; at += chunk) {
          step.clear();
          var outputs = new ArrayList<int[]>();
          for (int sequence = 0; sequence < done.length; sequence++) {
            SequenceCache cache = caches.get(sequence);
            if (held == Held.WHAT_IS_SEEN) while (cache.releaseBefore(decoder.from(done[sequence], cache.segment()))) { }
            for (int i = at; i < Math.min(length, at + chunk); i++) {
              int position = done[sequence]++;
              if (position % Attention.BLOCK == 0) cache.append(pool.take());
              outputs.add(new int[] {sequence, position, step.addOutput(segments.get(sequence).get(segment)[i], position, cache)});
            }
            most = Math.max(most, cache.held());
          }
          execution.run();
          for (int[] output : outputs) sink.outputs(output[0], output[1], execution.logits(), output[2] * decoder.vocabulary());
        }
      }
    }
    return most;
  }

  @Override
  public void close() {
    machine.close();
    packed.close();
    model.close();
  }
}
