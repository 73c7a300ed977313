package org.scriptorium.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.StorageType;

/**
 * Rows of activations times one packed matrix of 576 inputs and 1536 outputs or the other way round, on one thread: 1.77 million
 * floating-point operations a row. Operations divided by the time is to be held against the processor's multiply-add peak.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class MatmulBenchmark {
  /** Of both shapes, the product. */
  private static final int ELEMENTS = 576 * 1536;

  @Param({"576", "1536"})
  public int inputs;

  @Param({"1", "12", "64", "512"})
  public int rows;

  @Param({"Q4_1", "Q8_0", "BF16", "F32"})
  public StorageType type;

  @Param({"256", "512"})
  public int bits;

  private final Arena arena = Arena.ofShared();
  private final Scratch scratch = new Scratch();
  private Matmul matmul;
  private Packed weight;
  private float[] source;
  private float[] target;
  private int outputs;

  @Setup
  public void pack() {
    outputs = ELEMENTS / inputs;
    matmul = Providers.open("vector", bits).matmul();
    MemorySegment stored = arena.allocate(type.bytes(ELEMENTS));
    MemorySegment packed = arena.allocate(matmul.packedBytes(type, inputs, outputs), 64);
    matmul.pack(type, stored, inputs, outputs, 0, outputs / matmul.panel(), packed);
    weight = new Packed(type, inputs, outputs, packed);
    source = new float[rows * inputs];
    Arrays.fill(source, 0.5f);
    target = new float[rows * outputs];
  }

  @Benchmark
  public float[] multiply() {
    matmul.multiply(weight, 0, outputs / matmul.panel(), rows, source, 0, inputs, target, 0, outputs, Matmul.Store.SET, scratch);
    return target;
  }

  @TearDown
  public void close() {
    arena.close();
  }
}
