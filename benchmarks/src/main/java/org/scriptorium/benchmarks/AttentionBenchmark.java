package org.scriptorium.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
  private static final int ROWS = 12, HEADS = 3, WIDTH = 64, STRIDE = 576;
  private static final int HEAD_FLOATS = 2 * Attention.BLOCK * WIDTH, LAYERS = 30, KEY_HEADS = 3;

  @Param({"64", "288", "1000", "8000"})
  public int context;

  @Param({"256", "512"})
  public int bits;

  private final Arena arena = Arena.ofShared();
  private final Scratch scratch = new Scratch();
  private final float[] target = new float[ROWS * STRIDE];
  private final float[] query = new float[ROWS * STRIDE];
  private Attention attention;
  private MemorySegment[] blocks;

  @Setup
  public void fill() {
    attention = Providers.open("vector", bits).attention();
    var random = new SplittableRandom(7);
    for (int i = 0; i < query.length; i++) query[i] = (float) random.nextGaussian();
    blocks = new MemorySegment[(context + ROWS + Attention.BLOCK - 1) / Attention.BLOCK];
    for (int block = 0; block < blocks.length; block++) {
      blocks[block] = arena.allocate(4L * HEAD_FLOATS * LAYERS * KEY_HEADS, 64);
      for (int i = 0; i < HEAD_FLOATS; i++) blocks[block].setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
  }

  @Benchmark
  public float[] together() {
    attention.attendRows(ROWS, query, 0, STRIDE, HEADS, WIDTH, blocks, 0, 2L * HEAD_FLOATS, 0, context, 0.125f, target, 0, scratch);
    return target;
  }

  @Benchmark
  public float[] oneAtATime() {
    for (int row = 0; row < ROWS; row++) {
      attention.attend(query, row * STRIDE, HEADS, WIDTH, blocks, 0, 2L * HEAD_FLOATS, 0, context + row, 0.125f, target, row * STRIDE, scratch);
    }
    return target;
  }

  @TearDown
  public void close() {
    arena.close();
  }
}
