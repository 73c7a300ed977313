package org.scriptorium.engine.api;

import java.nio.file.Path;

/**
 * How an engine runs on its machine. Within one kernel provider only the cache's type changes a text, and that rarely.
 *
 * @param threads compute threads, at least 1
 * @param cacheBytes budget of the key/value cache
 * @param maxBatch at most so many sequences run together
 * @param stepTokens at most so many tokens (decodes and prompt chunks together) go through the model in one step
 * @param kernels {@code auto}, {@code vector} or {@code scalar}
 * @param vectorBits 0 (the machine's preferred width), 256 or 512
 * @param cacheType how keys and values are kept: {@code float16}, which halves the memory and its traffic, or {@code float32}
 * @param packedDirectory where packed weights are kept for all processes of the node
 * @param thinkMarkers what stands around the reasoning of models that think; others than the default hold for any model
 */
public record EngineOptions(
    int threads, long cacheBytes, int maxBatch, int stepTokens, String kernels, int vectorBits, String cacheType, Path packedDirectory,
    ThinkMarkers thinkMarkers) {

  /** What steps hold by default: room for so many prompt tokens next to 64 decodes that the batch fills up again as fast as texts end. */
  private static final int STEP_TOKENS = 512;

  public EngineOptions {
    if (threads < 1) throw new ModelException(ErrorCode.INVALID_PARAMETER, "threads: expected at least 1, found " + threads);
    if (maxBatch < 1) throw new ModelException(ErrorCode.INVALID_PARAMETER, "max batch: expected at least 1, found " + maxBatch);
    if (stepTokens < 1) throw new ModelException(ErrorCode.INVALID_PARAMETER, "step tokens: expected at least 1, found " + stepTokens);
    if (cacheBytes < 1) throw new ModelException(ErrorCode.INVALID_PARAMETER, "cache bytes: expected at least 1, found " + cacheBytes);
  }

  /** With the default markers. */
  public EngineOptions(
      int threads, long cacheBytes, int maxBatch, int stepTokens, String kernels, int vectorBits, String cacheType, Path packedDirectory) {
    this(threads, cacheBytes, maxBatch, stepTokens, kernels, vectorBits, cacheType, packedDirectory, ThinkMarkers.DEFAULT);
  }

  /** All cores, an eighth of {@code machineBytes} for the cache, 64 sequences, packed weights under {@code directory}. */
  public static EngineOptions forMachine(int threads, long machineBytes, Path directory) {
    return new EngineOptions(threads, Math.max(machineBytes / 8, 64L << 20), 64, STEP_TOKENS, "auto", 0, "float16", directory);
  }

  public EngineOptions withThreads(int value) {
    return new EngineOptions(value, cacheBytes, maxBatch, stepTokens, kernels, vectorBits, cacheType, packedDirectory, thinkMarkers);
  }

  public EngineOptions withCacheBytes(long value) {
    return new EngineOptions(threads, value, maxBatch, stepTokens, kernels, vectorBits, cacheType, packedDirectory, thinkMarkers);
  }

  public EngineOptions withBatch(int sequences, int tokens) {
    return new EngineOptions(threads, cacheBytes, sequences, tokens, kernels, vectorBits, cacheType, packedDirectory, thinkMarkers);
  }

  public EngineOptions withThinkMarkers(ThinkMarkers value) {
    return new EngineOptions(threads, cacheBytes, maxBatch, stepTokens, kernels, vectorBits, cacheType, packedDirectory, value);
  }
}
