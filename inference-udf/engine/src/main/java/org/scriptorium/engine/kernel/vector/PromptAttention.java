package org.scriptorium.engine.kernel.vector;

import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.vector.PanelLayout.WIDTH;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Scratch;

/**
 * Attention of neighbouring positions of a prompt, as two products per cache block: a block of keys is a panel of 32 tokens by the
 * width, one of values a panel of the width by 32 tokens, and {@link Tiles} multiply them with the queries and the weights of all
 * rows and heads. The chains are those of one row at a time, so the bits are; a weight of zero adds nothing for the tokens that a row
 * does not see.
 */
final class PromptAttention {
  /** Fewer rows are not worth the copies. */
  static final int LEAST_ROWS = 4;

  /** Floats of scores that stay in the second-level cache. */
  private static final int SCORES = 1 << 19;
  /** Floats between the scores of two rows, so that long rows do not meet in the same sets of the cache. */
  private static final int PADDING = 16;

  private PromptAttention() {}

  /** How many of {@code rows} to take at once: a multiple of 4, fewer the longer the context. */
  static int rows(int rows, int heads, int tokens) {
    int most = SCORES / (heads * (tokens + 2 * BLOCK));
    return Math.max(LEAST_ROWS, Math.min(rows, most) / 4 * 4);
  }

  static void attend(Blocks format, int rows, float[] query, int queryFrom, int stride, int heads, int width, MemorySegment[] blocks, long keys, long values,
      int from, int to, int growth, int window, float scale, float[] target, int targetFrom, Scratch scratch) {
    int last = to + (rows - 1) * growth, firstBlock = from / BLOCK, lastBlock = (last - 1) / BLOCK, start = firstBlock * BLOCK;
    int count = (lastBlock + 1) * BLOCK - start, scoreStride = count + PADDING, lines = rows * heads;
    float[] panel = scratch.panel(Tiles.panelSize(Math.max(width, BLOCK)));
    float[] scores = scratch.scores(lines * scoreStride), gathered = scratch.rows(lines * width);
    for (int row = 0; row < rows; row++) System.arraycopy(query, queryFrom + row * stride, gathered, row * heads * width, heads * width);
    float[] packed = scratch.lines(lines * Math.max(width, BLOCK));
    Tiles.pack(gathered, 0, width, width, lines, packed);
    for (int block = firstBlock; block <= lastBlock; block++) {
      format.readKeys(blocks[block], keys, width, panel);
      Tiles.multiply(panel, width, lines, packed, scores, block * BLOCK - start, scoreStride, BLOCK, Store.SET);
    }
    float[] inverses = scratch.inverses(lines);
    for (int line = 0; line < lines; line++) {
      int end = to + line / heads * growth, first = Math.max(from, end - window);
      inverses[line] = VectorAttention.softmax(scores, line * scoreStride, count, first - start, end - start, scale);
    }
    Arrays.fill(gathered, 0, lines * width, 0f);
    for (int block = firstBlock; block <= lastBlock; block++) {
      int tokens = Math.min(BLOCK, last - block * BLOCK);
      Tiles.pack(scores, block * BLOCK - start, scoreStride, BLOCK, lines, packed);
      for (int lane = 0; lane < width; lane += WIDTH) {
        int lanes = Math.min(WIDTH, width - lane);
        format.readValues(blocks[block], values, width, lane, tokens, panel);
        Tiles.multiply(panel, BLOCK, lines, packed, gathered, lane, width, lanes, Store.ADD);
      }
    }
    for (int line = 0; line < lines; line++) VectorRows.scale(gathered, line * width, width, inverses[line]);
    for (int row = 0; row < rows; row++) System.arraycopy(gathered, row * heads * width, target, targetFrom + row * stride, heads * width);
  }
}
