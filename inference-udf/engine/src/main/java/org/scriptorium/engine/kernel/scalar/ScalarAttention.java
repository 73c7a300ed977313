package org.scriptorium.engine.kernel.scalar;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.Scratch;

/** Attention in plain Java with double accumulation. */
final class ScalarAttention implements Attention {

  @Override
  public void store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot) {
    for (int i = 0; i < width; i++) {
      block.set(JAVA_FLOAT_UNALIGNED, keys + 4L * (i * BLOCK + slot), key[keyFrom + i]);
      block.set(JAVA_FLOAT_UNALIGNED, values + 4L * (slot * width + i), value[valueFrom + i]);
    }
  }

  @Override
  public void attend(float[] query, int queryFrom, int heads, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] target, int targetFrom, Scratch scratch) {
    for (int head = 0; head < heads; head++) {
      attendOne(query, queryFrom + head * width, width, blocks, keys, values, from, to, scale, target, targetFrom + head * width);
    }
  }

  private static void attendOne(float[] query, int queryFrom, int width, MemorySegment[] blocks, long keys, long values, int from, int to,
      float scale, float[] target, int targetFrom) {
    double[] weights = new double[to - from];
    double greatest = Double.NEGATIVE_INFINITY;
    for (int token = from; token < to; token++) {
      MemorySegment block = blocks[token / BLOCK];
      double sum = 0;
      for (int i = 0; i < width; i++) {
        sum += (double) query[queryFrom + i] * block.get(JAVA_FLOAT_UNALIGNED, keys + 4L * (i * BLOCK + token % BLOCK));
      }
      weights[token - from] = sum * scale;
      greatest = Math.max(greatest, sum * scale);
    }
    double total = 0;
    for (int i = 0; i < weights.length; i++) total += weights[i] = Math.exp(weights[i] - greatest);
    for (int i = 0; i < width; i++) {
      double sum = 0;
      for (int token = from; token < to; token++) {
        sum += weights[token - from] * blocks[token / BLOCK].get(JAVA_FLOAT_UNALIGNED, values + 4L * (token % BLOCK * width + i));
      }
      target[targetFrom + i] = (float) (sum / total);
    }
  }
}
