package org.scriptorium.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.model.Machine;
import org.scriptorium.engine.model.PackedWeights;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.model.Step;
import org.scriptorium.engine.weights.Fingerprint;

/**
 * Measures batched generation as such: a batch of distinct random prompts is prefilled whole, then decoded greedily, each phase
 * timed; nothing is reused and nothing ends early. Owner of the open model.
 */
public final class BatchMeasurement implements AutoCloseable {
  private static final long SEED = 20_170_612;

  private final EngineOptions options;
  private final LanguageModel model;
  private final Machine machine;
  private final PackedWeights packed;

  /**
   * Opens a model for measuring.
   *
   * @param options threads, kernels and the most tokens of a step count; the batch is each measurement's own
   */
  public BatchMeasurement(Path file, EngineOptions options) {
    this.options = options;
    Kernels kernels = Engine.kernels(options.kernels(), options.vectorBits());
    Engine.requireCacheType(options.cacheType());
    model = LanguageModel.open(file);
    machine = new Machine(kernels, options.threads(), "bench");
    packed = PackedWeights.bind(model.maps(), model.weights(), machine, options.packedDirectory(),
        Fingerprint.cached(file, options.packedDirectory()));
  }

  /**
   * What one batch took.
   *
   * @param prefillNanoseconds from the first prompt token to the first generated one of each sequence
   * @param decodeNanoseconds for {@code generated} further tokens of each
   */
  public record Result(int batch, int promptTokens, int generated, long prefillNanoseconds, long decodeNanoseconds) {

    /** Prompt tokens a second. */
    public double prefillRate() {
      return batch * (double) promptTokens / prefillNanoseconds * 1e9;
    }

    /** Generated tokens a second. */
    public double decodeRate() {
      return batch * (double) generated / decodeNanoseconds * 1e9;
    }

    /** Tokens of both kinds a second, over both phases. */
    public double totalRate() {
      return batch * (double) (promptTokens + generated) / (prefillNanoseconds + decodeNanoseconds) * 1e9;
    }
  }

  /** Such as {@code vector-512}. */
  public String kernels() {
    return machine.kernels().name();
  }

  /** Names of the storage types of the model's matrices. */
  public String storageTypes() {
    return model.storageTypes();
  }

  /**
   * Runs one batch, cold as it is: callers warm up with a batch of the same size.
   *
   * @param promptTokens of each prompt
   * @param generate tokens for each sequence
   * @throws ModelException INVALID_PARAMETER if they don't fit the model's context; MODEL_UNSUPPORTED if an encoder reads its prompts
   */
  public Result run(int batch, int promptTokens, int generate) {
    if (model.encoderDecoder().isPresent()) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: expected a decoder alone, found an encoder-decoder, whose phases are others; "
          .formatted(model.weights().path()) + "a job's report has its tokens and seconds");
    }
    Decoder decoder = model.decoder();
    require(batch >= 1, "batch: expected at least 1, found " + batch);
    require(promptTokens >= 1 && generate >= 1, "prompt and generated tokens: expected at least 1 of each, found %d and %d".formatted(promptTokens, generate));
    require(promptTokens + (long) generate <= decoder.contextLength(),
        "prompt and generated tokens: expected at most %d, found %d".formatted(decoder.contextLength(), promptTokens + (long) generate));
    var step = new Step(Math.max(options.stepTokens(), batch), batch);
    CacheShape shape = decoder.cacheShape(CacheType.named(options.cacheType()));
    Decoder.Execution execution = decoder.bind(machine, step, shape);
    var caches = new ArrayList<SequenceCache>();
    for (int i = 0; i < batch; i++) caches.add(new SequenceCache());
    int[][] prompts = prompts(batch, promptTokens, decoder.vocabulary());
    int[] next = new int[batch];
    try (var pool = new BlockPool(shape, Long.MAX_VALUE)) {
      long start = System.nanoTime();
      prefill(prompts, caches, pool, step, execution, next);
      long prefilled = System.nanoTime();
      for (int i = 0; i < generate; i++) decode(promptTokens + i, caches, pool, step, execution, next);
      return new Result(batch, promptTokens, generate, prefilled - start, System.nanoTime() - prefilled);
    }
  }

  private static void require(boolean holds, String message) {
    if (!holds) throw new ModelException(ErrorCode.INVALID_PARAMETER, message);
  }

  private static int[][] prompts(int batch, int length, int vocabulary) {
    var random = new SplittableRandom(SEED);
    return java.util.stream.Stream.generate(() -> random.ints(length, Math.min(1000, vocabulary / 2), vocabulary).toArray()).limit(batch)
        .toArray(int[][]::new);
  }

  private static void prefill(int[][] prompts, List<SequenceCache> caches, BlockPool pool, Step step, Decoder.Execution execution, int[] next) {
    var ended = new ArrayList<Integer>();
    step.clear();
    for (int sequence = 0; sequence < prompts.length; sequence++) {
      for (int position = 0; position < prompts[sequence].length; position++) {
        if (step.rows() == step.maxRows()) flush(step, execution, ended, next);
        SequenceCache cache = caches.get(sequence);
        if (cache.capacity() == position) cache.append(pool.take());
        if (position < prompts[sequence].length - 1) {
          step.add(prompts[sequence][position], position, cache);
        } else {
          step.addChoice(prompts[sequence][position], position, cache);
          ended.add(sequence);
        }
      }
    }
    flush(step, execution, ended, next);
  }

  private static void flush(Step step, Decoder.Execution execution, List<Integer> ended, int[] next) {
    execution.run();
    for (int i = 0; i < ended.size(); i++) next[ended.get(i)] = execution.argmax(i);
    ended.clear();
    step.clear();
  }

  private void decode(int position, List<SequenceCache> caches, BlockPool pool, Step step, Decoder.Execution execution, int[] next) {
    step.clear();
    for (int sequence = 0; sequence < next.length; sequence++) {
      SequenceCache cache = caches.get(sequence);
      if (cache.capacity() == position) cache.append(pool.take());
      step.addChoice(next[sequence], position, cache);
    }
    execution.run();
    for (int sequence = 0; sequence < next.length; sequence++) next[sequence] = execution.argmax(sequence);
  }

  @Override
  public void close() {
    machine.close();
    packed.close();
    model.close();
  }
}
