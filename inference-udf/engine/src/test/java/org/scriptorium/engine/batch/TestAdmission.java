package org.scriptorium.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.Random32;
import org.scriptorium.engine.api.BeamRule;
import org.scriptorium.engine.api.EarlyStopping;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.model.BlockPool;
import org.scriptorium.engine.model.BlockPool.Block;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.model.CacheShape;
import org.scriptorium.engine.model.SequenceCache;
import org.scriptorium.engine.sampler.Sampler;
import org.scriptorium.engine.sampler.TextFrame;
import org.scriptorium.engine.tokenizer.Detokenizer;

/** Admission, the pool and the prefix tree together, under random loads. */
class TestAdmission {
  /** Most rows of a prompt in a step. */
  private static final int MOST_ROWS = 50;
  private static final CacheShape SHAPE = new CacheShape(1, 1, 1, CacheType.FLOAT32);
  private static final Detokenizer NO_TEXT = new Detokenizer() {
    @Override
    public String append(int token) {
      return "";
    }

    @Override
    public String finish() {
      return "";
    }
  };

  /** A window of 0 sees all that came before. */
  @ParameterizedTest
  @CsvSource({"1, 4, 0", "2, 4, 0", "3, 4, 0", "5, 1, 0", "8, 4, 0", "13, 6, 0", "40, 8, 0", "40, 96, 0", "6, 1, 20", "12, 2, 33", "14, 4, 100",
      "20, 4, 1", "40, 8, 64", "60, 20, 200"})
  void promisesAreKeptAndSharedBlocksHoldWhatTheyAreSharedFor(int capacity, int limit, int window) {
    var random = new Random32("admission", capacity, limit, window);
    try (var pool = new BlockPool(SHAPE, capacity * SHAPE.blockBytes())) {
      var load = new Load(pool, new PrefixTree(pool, limit, window == 0 ? Integer.MAX_VALUE : limit), window, random);
      for (int i = 0; i < 6_000; i++) load.act();
      // That the load was one: sequences came and, where there is room for it, shared.
      assertThat(load.admitted).as("admitted, %s", random).isGreaterThan(500);
      if (capacity > 3) assertThat(load.shared).as("shared blocks, %s", random).isPositive();
      load.end(capacity);
    }
  }

  @Test
  void lastTokenOfAPromptIsNeverTakenOver() {
    try (var pool = new BlockPool(SHAPE, 8 * SHAPE.blockBytes())) {
      var prefixes = new PrefixTree(pool, 8);
      var admission = new Admission(pool, prefixes, Admission.Sight.WHOLE, 64, Integer.MAX_VALUE);
      int[] prompt = new int[64];
      Arrays.setAll(prompt, i -> i);
      for (int expected : new int[] {0, 63, 63}) {
        Sequence sequence = sequence(prompt, 10);
        assertThat(admission.admit(sequence)).isTrue();
        assertThat(sequence.computed()).isEqualTo(expected);
        assertThat(prefixes.match(prompt, 63)).isEqualTo(expected);
        admission.grow(sequence, sequence.cache(), 64);
        prefixes.remember(prompt, 64, sequence.cache());
        admission.release(sequence);
      }
    }
  }

  /** As long as a model without a context's end allows. */
  @ParameterizedTest
  @CsvSource({"1, 67108864", "2, 134217728", "60, 2147483647"})
  void lengthsWithoutEndNeedMoreThanThereIs(int beams, int needed) {
    int[] prompt = {1, 2, 3};
    var sequence = new Sequence(prompt, recipe(prompt, Integer.MAX_VALUE - 3, beams), "none", "", completion -> { });
    try (var pool = new BlockPool(SHAPE, 8 * SHAPE.blockBytes())) {
      var admission = new Admission(pool, new PrefixTree(pool, 8), Admission.Sight.WHOLE, 64, Integer.MAX_VALUE);
      assertThat(admission.needed(sequence)).isEqualTo(needed);
      assertThat(admission.fitsAlone(sequence)).isFalse();
    }
  }

  @Test
  void beamsShareWholeBlocksAndNeverTakeMoreThanWasPromised() {
    var random = new Random32("beams", 1);
    for (int round = 0; round < 200; round++) {
      int promptLength = 1 + random.below(100), room = 1 + random.below(100), beams = 2 + random.below(4);
      var sequence = new Sequence(new int[promptLength], recipe(new int[promptLength], room, beams), "none", "", completion -> { });
      int all = Admission.blocks(sequence.positions()), shared = promptLength / Attention.BLOCK, needed = shared + beams * (all - shared);
      try (var pool = new BlockPool(SHAPE, needed * SHAPE.blockBytes())) {
        var admission = new Admission(pool, new PrefixTree(pool, 8, Integer.MAX_VALUE), Admission.Sight.WHOLE, 64, Integer.MAX_VALUE);
        assertThat(admission.admit(sequence)).isTrue();
        var caches = new ArrayList<>(List.of(sequence.cache()));
        admission.grow(sequence, sequence.cache(), promptLength);
        for (int positions = promptLength; positions < sequence.positions(); positions++) {
          // One beam is given up, and another parts, as often as there is room for one.
          if (caches.size() == beams) admission.drop(sequence, caches.remove(random.below(beams)));
          var child = new SequenceCache();
          SequenceCache parent = caches.get(random.below(caches.size()));
          admission.share(sequence, parent, child, positions);
          caches.add(child);
          assertThat(child.blocks()).isEqualTo(parent.blocks());
          for (SequenceCache cache : caches) admission.grow(sequence, cache, positions + 1);
          for (SequenceCache cache : caches) assertThat(cache.block(positions / Attention.BLOCK).isShared()).as("written block, %s", random).isFalse();
          assertThat(sequence.promised()).as("promised, %s", random).isBetween(0, pool.available());
        }
        for (SequenceCache cache : caches) admission.drop(sequence, cache);
        assertThat(pool.available()).isEqualTo(needed);
        assertThat(sequence.promised()).isEqualTo(needed);
      }
    }
  }

  private static Recipe recipe(int[] prompt, int room, int beams) {
    var sampler = new Sampler(GenerationConfig.DEFAULT, 1, 8, new TextFrame(prompt, 1_000, new int[0]));
    var options = new BeamOptions(beams, EarlyStopping.FALSE, 1, 1, BeamRule.TRANSFORMERS_5);
    return new Recipe(new Ending(room, new int[0], List.of()), options, sampler, () -> NO_TEXT, Optional.empty());
  }

  private static Sequence sequence(int[] prompt, int room) {
    return new Sequence(prompt, recipe(prompt, room, 1), "none", "", completion -> { });
  }

  /** Sequences that come, compute and go in random order; remembers what was written to each block. */
  private static final class Load {
    private final BlockPool pool;
    private final PrefixTree prefixes;
    private final Admission admission;
    private final int window;
    private final Random32 random;
    private final List<Sequence> running = new ArrayList<>();
    private final Map<Block, int[]> contents = new IdentityHashMap<>();
    int admitted;
    int shared;

    Load(BlockPool pool, PrefixTree prefixes, int window, Random32 random) {
      this.pool = pool;
      this.prefixes = prefixes;
      this.window = window;
      this.random = random;
      admission = new Admission(pool, prefixes, (position, segment) -> from(position), MOST_ROWS, Integer.MAX_VALUE);
    }

    private int from(int position) {
      return window == 0 ? 0 : Math.max(0, position - window + 1);
    }

    void act() {
      if (running.isEmpty() || random.below(3) == 0) enter();
      else if (random.below(6) == 0) admission.release(running.remove(random.below(running.size())));
      else compute(running.get(random.below(running.size())));
      int promised = running.stream().mapToInt(Sequence::promised).sum();
      assertThat(promised).as("promised, %s", random).isLessThanOrEqualTo(pool.available());
      assertThat(running).allSatisfy(sequence -> assertThat(sequence.promised()).isNotNegative());
    }

    private void enter() {
      Sequence sequence = sequence(prompt(), 1 + random.below(window == 0 ? 40 : 300));
      if (!admission.fitsAlone(sequence)) return;
      if (!admission.admit(sequence)) {
        assertThat(running).as("who is alone is let in, %s", random).isNotEmpty();
        return;
      }
      admitted++;
      running.add(sequence);
      assertThat(sequence.computed()).isLessThan(sequence.promptLength());
      for (int block = 0; block < sequence.computed() / Attention.BLOCK; block++) {
        int end = (block + 1) * Attention.BLOCK;
        assertThat(contents.get(sequence.cache().block(block))).as("block %d, %s", block, random).startsWith(Arrays.copyOf(sequence.tokens(), end))
            .hasSize(end);
        shared++;
      }
    }

    /** The next rows of a prompt, or one more position behind it. */
    private void compute(Sequence sequence) {
      int from = sequence.computed(), to = Math.min(sequence.positions(), from < sequence.promptLength()
          ? Math.min(sequence.promptLength(), from + 1 + random.below(MOST_ROWS)) : from + 1);
      if (to == from) return;
      admission.grow(sequence, sequence.cache(), to);
      assertThat(sequence.cache().start()).as("what the row at %d sees is held, %s", from, random).isLessThanOrEqualTo(from(from));
      assertThat(from(from) - sequence.cache().start()).as("what no row sees is not, %s", random).isLessThan(Attention.BLOCK);
      assertThat(sequence.cache().held()).as("held, %s", random).isLessThanOrEqualTo(admission.needed(sequence));
      for (int block = sequence.cache().start() / Attention.BLOCK; block < from / Attention.BLOCK; block++) {
        int end = (block + 1) * Attention.BLOCK;
        assertThat(contents.get(sequence.cache().block(block))).as("block %d, %s", block, random)
            .startsWith(Arrays.copyOf(sequence.tokens(), Math.min(end, sequence.promptLength()))).hasSize(end);
      }
      for (int block = from / Attention.BLOCK; block <= (to - 1) / Attention.BLOCK; block++) {
        assertThat(sequence.cache().block(block).isShared()).as("written block %d is its own, %s", block, random).isFalse();
        int end = Math.min(to, (block + 1) * Attention.BLOCK);
        contents.put(sequence.cache().block(block), Arrays.copyOf(Arrays.copyOf(sequence.tokens(), Math.min(end, sequence.promptLength())), end));
      }
      sequence.computed(to);
      if (to <= sequence.promptLength()) prefixes.remember(sequence.tokens(), to, sequence.cache());
    }

    /** One of a few beginnings, continued at random. */
    private int[] prompt() {
      int[] prompt = new int[1 + random.below(Math.min(150, pool.capacity() * Attention.BLOCK))];
      int beginning = random.below(4), common = random.below(160);
      for (int i = 0; i < prompt.length; i++) prompt[i] = i < common ? beginning * 1_000 + i : random.below(3) + 10_000;
      return prompt;
    }

    void end(int capacity) {
      running.forEach(admission::release);
      running.clear();
      prefixes.clear();
      assertThat(pool.available()).as("blocks that are free in the end, %s", random).isEqualTo(capacity);
      assertThat(prefixes.evictable()).isZero();
    }
  }
}
