package org.scriptorium.engine.kernel.vector;

import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.vector.Lanes.COUNT;
import static org.scriptorium.engine.kernel.vector.Lanes.INTEGERS;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;
import static org.scriptorium.engine.kernel.vector.Tiles.STRIP;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.scriptorium.engine.kernel.CacheType;

/**
 * Cache blocks in binary16 without subnormal numbers: half the memory to read. A load of integers holds two vectors of values, 16 places
 * apart. Their sign, exponent and fraction move to where binary32 has them, which is the value times 2^-112, and a product puts that right.
 */
final class HalfBlocks implements Blocks {
  /** Values of a row come in runs of so many. */
  private static final int RUN = 32;
  private static final int HALF = RUN / 2;
  /** Bytes of a token's run. */
  static final long ROW = 2 * RUN;
  /** Sign, exponent and fraction after an arithmetic shift by three, without the copies of the sign and the other value's bits. */
  private static final int KEPT_BITS = 0x8fffe000;
  private static final float BIAS = 0x1p112f;

  @Override
  public boolean store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot) {
    boolean kept = true;
    for (int i = 0; i < width; i++) {
      float x = key[keyFrom + i], y = value[valueFrom + i];
      kept &= CacheType.FLOAT16.keeps(x) & CacheType.FLOAT16.keeps(y);
      block.set(JAVA_SHORT_UNALIGNED, keys + 2L * CacheType.FLOAT16.keyPlace(slot, i), CacheType.half(x));
      block.set(JAVA_SHORT_UNALIGNED, values + 2L * CacheType.FLOAT16.valuePlace(slot, i, width), CacheType.half(y));
    }
    return kept;
  }

  @Override
  public void score(int heads, float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    for (int column = 0; column < HALF; column += COUNT) {
      HalfScoreTiles.score(heads, query, from, width, block, keys + 4L * column, scores, to + column, stride);
    }
  }

  @Override
  public void mix(int heads, float[] scores, int at, int stride, MemorySegment block, long values, int width, int first, int count,
      float[] target, int targetAt) {
    int whole = width / RUN * RUN;
    for (int lane = 0; lane < whole; lane += RUN) {
      long start = values + 2L * CacheType.FLOAT16.valuePlace(first, lane, width);
      for (int column = 0; column < HALF; column += COUNT) {
        HalfValueTiles.mix(heads, scores, at, stride, block, start + 4L * column, count, target, targetAt + lane + column, width);
      }
    }
    for (int lane = whole; lane < width; lane++) {
      for (int head = 0; head < heads; head++) {
        float sum = 0;
        for (int i = 0; i < count; i++) {
          float value = Float.float16ToFloat(block.get(JAVA_SHORT_UNALIGNED, values + 2L * CacheType.FLOAT16.valuePlace(first + i, lane, width)));
          sum = Math.fma(value, scores[at + head * stride + i], sum);
        }
        target[targetAt + head * width + lane] += sum;
      }
    }
  }

  @Override
  public void readKeys(MemorySegment block, long keys, int width, float[] panel) {
    for (int column = 0; column < HALF; column += COUNT) {
      int to = PanelReader.place(width, 0, column), toHigh = PanelReader.place(width, 0, column + HALF);
      for (int i = 0; i < width; i++) {
        IntVector both = IntVector.fromMemorySegment(INTEGERS, block, keys + 2L * BLOCK * i + 4L * column, LITTLE_ENDIAN);
        low(both).intoArray(panel, to + i * STRIP);
        high(both).intoArray(panel, toHigh + i * STRIP);
      }
    }
  }

  @Override
  public void readValues(MemorySegment block, long values, int width, int lane, int tokens, float[] panel) {
    long start = values + 2L * CacheType.FLOAT16.valuePlace(0, lane, width);
    for (int strip = 0; strip < WIDTH; strip += STRIP) {
      Arrays.fill(panel, PanelReader.place(BLOCK, tokens, strip), PanelReader.place(BLOCK, BLOCK, strip), 0f);
    }
    for (int column = 0; column < HALF; column += COUNT) {
      int to = PanelReader.place(BLOCK, 0, column), toHigh = PanelReader.place(BLOCK, 0, column + HALF);
      for (int token = 0; token < tokens; token++) {
        IntVector both = IntVector.fromMemorySegment(INTEGERS, block, start + ROW * token + 4L * column, LITTLE_ENDIAN);
        low(both).intoArray(panel, to + token * STRIP);
        high(both).intoArray(panel, toHigh + token * STRIP);
      }
    }
  }

  /** The values in the lower halves. */
  static FloatVector low(IntVector both) {
    return high(both.lanewise(VectorOperators.LSHL, 16));
  }

  /** The values in the upper halves. */
  static FloatVector high(IntVector both) {
    return both.lanewise(VectorOperators.ASHR, 3).and(KEPT_BITS).reinterpretAsFloats().mul(BIAS);
  }
}
