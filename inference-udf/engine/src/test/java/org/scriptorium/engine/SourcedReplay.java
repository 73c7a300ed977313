package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Embedding;
import org.scriptorium.engine.model.EncoderDecoder;
import org.scriptorium.engine.model.EncoderStack;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.weights.Fingerprint;

/** Runs given sources and decoder tokens through an encoder-decoder, in steps of any composition, and sees the logits after each token. */
final class SourcedReplay implements AutoCloseable {
  private static final int MAX_ROWS = 64;

  private final LanguageModel model;
  private final Machine machine;
  private final PackedWeights packed;
  private final CacheType cacheType;

  /**
   * One sequence.
   *
   * @param padding positions before the first token of the source
   */
  record Input(int[] source, int padding, int[] tokens) {}

  SourcedReplay(Path file, String kernels, int bits, int threads, CacheType cacheType, Path packedDirectory) {
    this.cacheType = cacheType;
    model = LanguageModel.open(file);
    machine = new Machine(Providers.open(kernels, bits), threads, "replay");
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, packedDirectory, Fingerprint.sha256(file));
  }

  EncoderDecoder model() {
    return model.encoderDecoder().orElseThrow();
  }

  /** States of a source's tokens, [tokens, width]. */
  float[] states(int[] source, int padding) {
    try (var execution = from(padding).encoder().bind(machine, source.length)) {
      execution.add(source, new int[0], position -> true);
      execution.run();
      return Arrays.copyOf(execution.states(), source.length * model().encoder().width());
    }
  }

  /** The model with its encoder's positions counted from {@code first}, as where a batch's rows are padded on the left. */
  private EncoderDecoder from(int first) {
    EncoderStack stack = model().encoder();
    Embedding words = stack.embedding();
    if (first == 0 || words.positions().length == 0) return model();
    float[] positions = Arrays.copyOfRange(words.positions(), first * words.width(), words.positions().length);
    var shifted = new Embedding(words.tensor(), words.vocabulary(), words.width(), words.scale(), positions, words.norm());
    return new EncoderDecoder(new EncoderStack(shifted, stack.types(), stack.embeddingNorm(), stack.layers(), stack.norm()),
        model().decoder(), model().sourceLength());
  }

  /**
   * Reads all sources, in an order of their own, then feeds the decoder chunks of random lengths in random order.
   *
   * @param random where absent, one sequence after the other and token by token
   */
  void run(List<Input> inputs, SplittableRandom random, LogitsReplay.Sink sink) {
    if (random != null) {
      runTogether(inputs, 0, random, sink);
      return;
    }
    for (int i = 0; i < inputs.size(); i++) runTogether(List.of(inputs.get(i)), i, null, sink);
  }

  private void runTogether(List<Input> inputs, int first, SplittableRandom random, LogitsReplay.Sink sink) {
    Decoder decoder = model().decoder();
    CacheShape shape = decoder.cacheShape(cacheType);
    var step = new Step(MAX_ROWS, MAX_ROWS);
    Decoder.Execution execution = decoder.bind(machine, step, shape);
    int[] done = new int[inputs.size()];
    try (var pool = new BlockPool(shape, 1L << 40)) {
      List<SequenceCache> caches = read(inputs, shape, pool, random == null ? 1 : 24);
      while (true) {
        step.clear();
        var outputs = new ArrayList<int[]>();
        for (int i = 0; i < inputs.size(); i++) {
          int left = Math.min(inputs.get(i).tokens().length - done[i], MAX_ROWS - step.rows());
          int chunk = random == null ? Math.min(left, 1) : Math.min(left, random.nextInt(0, 12));
          for (int j = 0; j < chunk; j++) {
            int position = done[i]++;
            while (caches.get(i).capacity() <= position) caches.get(i).append(pool.take());
            outputs.add(new int[] {i, position, step.addOutput(inputs.get(i).tokens()[position], position, caches.get(i))});
          }
        }
        if (step.rows() == 0 && isDone(inputs, done)) return;
        if (step.rows() == 0) continue;
        execution.run();
        for (int[] output : outputs) sink.logits(first + output[0], output[1], execution.logits(), output[2] * decoder.vocabulary());
      }
    }
  }

  private List<SequenceCache> read(List<Input> inputs, CacheShape shape, BlockPool pool, int rows) {
    var sources = new ArrayList<SequenceCache>();
    for (Input input : inputs) {
      var source = new SequenceCache();
      for (int i = 0; i < input.source().length; i += Attention.BLOCK) source.append(pool.take());
      sources.add(source);
    }
    // Rows that are padded differently are read by stacks of their own.
    for (int padding : inputs.stream().mapToInt(Input::padding).distinct().toArray()) {
      var alike = new ArrayList<Integer>();
      for (int i = 0; i < inputs.size(); i++) if (inputs.get(i).padding() == padding) alike.add(i);
      try (var reading = from(padding).bind(machine, shape, rows)) {
        reading.read(alike.stream().map(i -> inputs.get(i).source()).toList(), alike.stream().map(i -> sources.get(i)).toList());
      }
    }
    return sources.stream().map(source -> {
      var cache = new SequenceCache();
      cache.over(source);
      return cache;
    }).toList();
  }

  private static boolean isDone(List<Input> inputs, int[] done) {
    for (int i = 0; i < done.length; i++) if (done[i] < inputs.get(i).tokens().length) return false;
    return true;
  }

  @Override
  public void close() {
    machine.close();
    packed.close();
    model.close();
  }
}
