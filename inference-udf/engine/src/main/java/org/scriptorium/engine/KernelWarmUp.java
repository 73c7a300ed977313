package org.scriptorium.engine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.List;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.kernel.StorageType;

/**
 * Has the JVM compile the kernels while a model's file is read: until then each operation on vectors is a call and an object, and a
 * prompt's first layer would wait for one compilation after the other. What is computed means nothing and goes nowhere.
 *
 * <p>The memory is of the kinds that a model's weights and cache are of (mapped, shared), so that the compiler sees the types it will see.
 */
final class KernelWarmUp {
  /** Few inputs: whole calls reach the compiler's thresholds before their loops do, which then need no compilation of their own. */
  private static final int TURNS = 40, WIDTH = 64, HEADS = 3, INPUTS = 32, ROWS = 13, TOKENS = 2 * Attention.BLOCK;
  private static final int PROMPT_ROWS = 4, FLOATS = Math.max(ROWS * INPUTS, PROMPT_ROWS * HEADS * WIDTH);
  /** The types that most quantized files hold: one of nibbles, one of bytes. */
  private static final List<StorageType> TYPES = List.of(StorageType.Q4_1, StorageType.Q8_0);

  private final Kernels kernels;
  private final Scratch scratch = new Scratch();
  private final float[] source = new float[FLOATS];
  private final float[] target = new float[FLOATS];

  private KernelWarmUp(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Begins on a thread of its own and returns; takes less than a second of it. */
  static void start(Kernels kernels, Path file, CacheType cache) {
    Thread.ofPlatform().daemon().name("scriptorium-warm-up").start(() -> {
      try {
        new KernelWarmUp(kernels).run(file, cache);
      } catch (IOException | RuntimeException e) {
        // Nothing depends on it, and whoever opens the file says what is wrong with it.
      }
    });
  }

  private void run(Path file, CacheType cache) throws IOException {
    try (Arena arena = Arena.ofShared(); var channel = FileChannel.open(file)) {
      long bytes = TYPES.stream().mapToLong(type -> kernels.matmul().packedBytes(type, INPUTS, kernels.matmul().panel())).max().orElse(0);
      if (channel.size() < bytes) return;
      MemorySegment any = channel.map(MapMode.READ_ONLY, 0, bytes, arena);
      MemorySegment[] blocks = {block(arena, cache), block(arena, cache)};
      for (int turn = 0; turn < TURNS; turn++) {
        for (StorageType type : TYPES) multiply(new Packed(type, INPUTS, kernels.matmul().panel(), any));
        attend(kernels.attention(cache), blocks, (long) Attention.BLOCK * WIDTH * cache.bytes());
        kernels.rows().siluMultiply(source, 0, target, 0, INPUTS);
      }
    }
  }

  private static MemorySegment block(Arena arena, CacheType cache) {
    return arena.allocate(2L * Attention.BLOCK * WIDTH * cache.bytes(), 64);
  }

  private void multiply(Packed weight) {
    for (int rows : new int[] {ROWS, 1}) {
      kernels.matmul().multiply(weight, 0, 1, rows, source, 0, INPUTS, target, 0, INPUTS, Store.SET, scratch);
      kernels.matmul().multiply(weight, 0, 1, rows, source, 0, INPUTS, target, 0, INPUTS, Store.ADD, scratch);
    }
  }

  private void attend(Attention attention, MemorySegment[] blocks, long values) {
    attention.attendRows(PROMPT_ROWS, source, 0, HEADS * WIDTH, HEADS, WIDTH, blocks, 0, values, 0, TOKENS - PROMPT_ROWS, 1,
        Integer.MAX_VALUE, 0.125f, target, 0, scratch);
    attention.attend(source, 0, HEADS, WIDTH, blocks, 0, values, 0, TOKENS, 0.125f, target, 0, scratch);
  }
}
