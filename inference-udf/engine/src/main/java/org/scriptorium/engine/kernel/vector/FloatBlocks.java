package org.scriptorium.engine.kernel.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;
import static org.scriptorium.engine.kernel.vector.Tiles.STRIP;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.scriptorium.engine.kernel.CacheType;

/** Cache blocks in float32. */
final class FloatBlocks implements Blocks {

  @Override
  public boolean store(float[] key, int keyFrom, float[] value, int valueFrom, int width, MemorySegment block, long keys, long values, int slot) {
    boolean kept = true;
    for (int i = 0; i < width; i++) {
      float x = key[keyFrom + i];
      kept &= CacheType.FLOAT32.keeps(x) & CacheType.FLOAT32.keeps(value[valueFrom + i]);
      block.set(JAVA_FLOAT_UNALIGNED, keys + 4L * (i * BLOCK + slot), x);
    }
    MemorySegment.copy(value, valueFrom, block, JAVA_FLOAT_UNALIGNED, values + 4L * slot * width, width);
    return kept;
  }

  @Override
  public void score(int heads, float[] query, int from, int width, MemorySegment block, long keys, float[] scores, int to, int stride) {
    for (int column = 0; column < BLOCK; column += STRIP) {
      ScoreTiles.score(heads, query, from, width, block, keys + 4L * column, scores, to + column, stride);
    }
  }

  @Override
  public void mix(int heads, float[] scores, int at, int stride, MemorySegment block, long values, int width, int first, int count,
      float[] target, int targetAt) {
    int whole = width / STRIP * STRIP;
    long row = 4L * width, start = values + first * row;
    for (int lane = 0; lane < whole; lane += STRIP) {
      ValueTiles.mix(heads, scores, at, stride, block, start + 4L * lane, row, count, target, targetAt + lane, width);
    }
    for (int head = 0; head < heads; head++) {
      for (int lane = whole; lane < width; lane++) {
        float sum = 0;
        for (int i = 0; i < count; i++) sum = Math.fma(block.get(JAVA_FLOAT_UNALIGNED, start + i * row + 4L * lane), scores[at + head * stride + i], sum);
        target[targetAt + head * width + lane] += sum;
      }
    }
  }

  @Override
  public void readKeys(MemorySegment block, long keys, int width, float[] panel) {
    for (int column = 0; column < BLOCK; column += STRIP) {
      int to = PanelReader.place(width, 0, column);
      for (int i = 0; i < width; i++) MemorySegment.copy(block, JAVA_FLOAT_UNALIGNED, keys + 4L * (i * BLOCK + column), panel, to + i * STRIP, STRIP);
    }
  }

  @Override
  public void readValues(MemorySegment block, long values, int width, int lane, int tokens, float[] panel) {
    if (tokens < BLOCK) Arrays.fill(panel, 0, BLOCK * WIDTH, 0f);
    for (int column = 0; column < Math.min(WIDTH, width - lane); column += STRIP) {
      int to = PanelReader.place(BLOCK, 0, column), count = Math.min(STRIP, width - lane - column);
      for (int token = 0; token < tokens; token++) {
        MemorySegment.copy(block, JAVA_FLOAT_UNALIGNED, values + 4L * (token * width + lane + column), panel, to + token * STRIP, count);
      }
    }
  }
}
