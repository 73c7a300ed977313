package org.scriptorium.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.kernel.Scratch;

/**
 * Attention of 12 neighbouring rows of 3 heads of 64 over a context, on one thread, together as prompts run and one at a time as
 * decodes do: 9,216 floating-point operations a token of the context. Blocks lie as far apart as those of a model of 30 layers.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class AttentionBenchmark {
  private static final int ROWS = 12, HEADS = 3, WIDTH = 64, STRIDE = 576, LAYERS = 30, KEY_HEADS = 3;

  @Param({"288", "1000", "8000"})
  public int context;

  /** With one its keys and values stay in the processor's caches, with many they come from memory, as in a batch. */
  @Param({"1", "64"})
  public int sequences;

  @Param({"FLOAT16", "FLOAT32"})
  public CacheType cache;

  @Param({"256", "512"})
  public int bits;

  private final Arena arena = Arena.ofShared();
  private final Scratch scratch = new Scratch();
  private final float[] target = new float[ROWS * STRIDE];
  private final float[] query = new float[ROWS * STRIDE];
  private Attention attention;
  private MemorySegment[][] blocks;
  private long values;
  private int next;

  @Setup
  public void fill() {
    attention = Providers.open("vector", bits).attention(cache);
    var random = new SplittableRandom(7);
    for (int i = 0; i < query.length; i++) query[i] = (float) random.nextGaussian();
    values = (long) Attention.BLOCK * WIDTH * cache.bytes();
    blocks = new MemorySegment[sequences][(context + ROWS + Attention.BLOCK - 1) / Attention.BLOCK];
    float[] key = new float[WIDTH], value = new float[WIDTH];
    for (MemorySegment[] sequence : blocks) {
      for (int block = 0; block < sequence.length; block++) {
        sequence[block] = arena.allocate(2 * values * LAYERS * KEY_HEADS, 64);
        for (int slot = 0; slot < Attention.BLOCK; slot++) {
          for (int i = 0; i < WIDTH; i++) {
            key[i] = (float) random.nextGaussian();
            value[i] = (float) random.nextGaussian();
          }
          attention.store(key, 0, value, 0, WIDTH, sequence[block], 0, values, slot);
        }
      }
    }
  }

  @Benchmark
  public float[] together() {
    attention.attendRows(ROWS, query, 0, STRIDE, HEADS, WIDTH, turn(), 0, values, 0, context, 1, Integer.MAX_VALUE, 0.125f, target, 0, scratch);
    return target;
  }

  /** As many rows, each of the next sequence. */
  @Benchmark
  public float[] oneAtATime() {
    for (int row = 0; row < ROWS; row++) {
      attention.attend(query, row * STRIDE, HEADS, WIDTH, turn(), 0, values, 0, context, 0.125f, target, row * STRIDE, scratch);
    }
    return target;
  }

  private MemorySegment[] turn() {
    next = (next + 1) % sequences;
    return blocks[next];
  }

  @TearDown
  public void close() {
    arena.close();
  }
}
