package org.scriptorium.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the kernels are held against: the processor's float32 multiply-adds out of registers, and memory read in one line. Operations a
 * second times what the comment of each says; {@code -t 2} measures two threads at once.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
public class RoofBenchmark {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTEGERS = IntVector.SPECIES_PREFERRED;
  private static final int TURNS = 10_000;
  /** Beyond any cache. */
  private static final long BYTES = 256L << 20;

  private MemorySegment memory;
  private float[] factors;

  @Setup
  public void fill() {
    memory = Arena.ofAuto().allocate(BYTES, 64);
    memory.fill((byte) 1);
    factors = new float[] {0.5f, 0.999f};
  }

  /** An operation is twelve vectors' multiply-adds, which hide each other's latency: 24 floating-point operations a lane. */
  @Benchmark
  @OperationsPerInvocation(TURNS)
  public float multiplyAdds() {
    FloatVector x = FloatVector.broadcast(FLOATS, factors[0]), y = FloatVector.broadcast(FLOATS, factors[1]), zero = FloatVector.zero(FLOATS);
    FloatVector a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero, h = zero, i = zero, j = zero, k = zero, l = zero;
    for (int turn = 0; turn < TURNS; turn++) {
      a = x.fma(y, a);
      b = x.fma(y, b);
      c = x.fma(y, c);
      d = x.fma(y, d);
      e = x.fma(y, e);
      f = x.fma(y, f);
      g = x.fma(y, g);
      h = x.fma(y, h);
      i = x.fma(y, i);
      j = x.fma(y, j);
      k = x.fma(y, k);
      l = x.fma(y, l);
    }
    return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l).reduceLanes(VectorOperators.ADD);
  }

  /** An operation is a mebibyte. */
  @Benchmark
  @OperationsPerInvocation((int) (BYTES >> 20))
  public long read() {
    IntVector a = IntVector.zero(INTEGERS), b = a, c = a, d = a;
    long vector = INTEGERS.vectorByteSize();
    for (long at = 0; at < BYTES; at += 4 * vector) {
      a = a.add(IntVector.fromMemorySegment(INTEGERS, memory, at, ByteOrder.LITTLE_ENDIAN));
      b = b.add(IntVector.fromMemorySegment(INTEGERS, memory, at + vector, ByteOrder.LITTLE_ENDIAN));
      c = c.add(IntVector.fromMemorySegment(INTEGERS, memory, at + 2 * vector, ByteOrder.LITTLE_ENDIAN));
      d = d.add(IntVector.fromMemorySegment(INTEGERS, memory, at + 3 * vector, ByteOrder.LITTLE_ENDIAN));
    }
    return a.add(b).add(c).add(d).reduceLanesToLong(VectorOperators.ADD);
  }
}
