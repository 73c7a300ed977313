package org.scriptorium.engine.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Scratch;

/** Attention in plain Java with double accumulation. */
final class ScalarAttention implements Attention {
  private static final float[] NO_BIAS = {};

  private final CacheType type;

  ScalarAttention(CacheType type) {
    this.type = type;
  }

  @Override
  public boolean store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot) {
    boolean kept = true;
    for (int i = 0; i < width; i++) {
      kept &= type.keeps(key[keyFrom + i]) && type.keeps(value[valueFrom + i]);
      write(block, keys, type.keyPlace(slot, i), key[keyFrom + i]);
      write(block, values, type.valuePlace(slot, i, width), value[valueFrom + i]);
    }
    return kept;
  }

  private void write(MemorySegment block, long from, int index, float value) {
    switch (type) {
      case FLOAT32 -> block.set(JAVA_FLOAT_UNALIGNED, from + 4L * index, value);
      case FLOAT16 -> block.set(JAVA_SHORT_UNALIGNED, from + 2L * index, CacheType.half(value));
    }
  }

  private float read(MemorySegment block, long from, int index) {
    return switch (type) {
      case FLOAT32 -> block.get(JAVA_FLOAT_UNALIGNED, from + 4L * index);
      case FLOAT16 -> Float.float16ToFloat(block.get(JAVA_SHORT_UNALIGNED, from + 2L * index));
    };
  }

  @Override
  public void attend(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] target, int targetFrom, Scratch scratch) {
    attendBiased(query, queryFrom, heads, width, blocks, keys, values, from, to, scale, NO_BIAS, 0, 0, target, targetFrom, scratch);
  }

  @Override
  public void attendBiased(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from,
      int to, float scale, float[] bias, int biasFrom, int biasStride, float[] target, int targetFrom, Scratch scratch) {
    for (int head = 0; head < heads; head++) {
      attendOne(query, queryFrom + head * width, width, blocks, keys, values, from, to, scale, bias, biasFrom + head * biasStride, target,
          targetFrom + head * width);
    }
  }

  private void attendOne(float[] query, int queryFrom, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] bias, int biasFrom, float[] target, int targetFrom) {
    double[] weights = new double[to - from];
    double greatest = Double.NEGATIVE_INFINITY;
    for (int token = from; token < to; token++) {
      MemorySegment block = blocks[token / BLOCK];
      double sum = bias.length == 0 ? 0 : bias[biasFrom + token - from];
      for (int i = 0; i < width; i++) {
        sum += (double) query[queryFrom + i] * read(block, keys, type.keyPlace(token % BLOCK, i));
      }
      weights[token - from] = sum * scale;
      greatest = Math.max(greatest, sum * scale);
    }
    double total = 0;
    for (int i = 0; i < weights.length; i++) total += weights[i] = Math.exp(weights[i] - greatest);
    for (int i = 0; i < width; i++) {
      double sum = 0;
      for (int token = from; token < to; token++) {
        sum += weights[token - from] * read(blocks[token / BLOCK], values, type.valuePlace(token % BLOCK, i, width));
      }
      target[targetFrom + i] = (float) (sum / total);
    }
  }
}
