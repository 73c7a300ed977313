package org.scriptorium.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.scriptorium.engine.kernel.Attention.BLOCK;
import static org.scriptorium.engine.kernel.TestedKernels.ORACLE;
import static org.scriptorium.engine.kernel.TestedKernels.ROUNDING;
import static org.scriptorium.engine.kernel.TestedKernels.assertClose;
import static org.scriptorium.engine.kernel.TestedKernels.assertSameBits;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.Random32;

/** Attention over blocks whose unwritten places hold NaN, so that nothing beyond the range can be taken in unseen. */
@ParameterizedClass
@EnumSource(CacheType.class)
class TestAttention {
  private static final int[] LENGTHS = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 200};
  /** Bytes before the keys and between keys and values of a block, as other layers have them. */
  private static final int AHEAD = 20, BETWEEN = 12;

  @Parameter CacheType type;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 15, 16, 17, 24, 31, 32, 33, 48, 64, 80, 100, 127, 128})
  void matchesTheOracle(int width) {
    for (int length : LENGTHS) {
      var cache = new Cache(9, width, length, 1f);
      for (int from : new int[] {0, length / 2, length - 1}) {
        float[] expected = cache.attend(ORACLE, 9, from, length);
        double[] bounds = cache.bounds(9, from, length);
        for (Kernels kernels : TestedKernels.vectors()) {
          for (int heads = 1; heads <= 9; heads++) {
            float[] found = cache.attend(kernels, heads, from, length);
            for (int i = 0; i < heads * width; i++) {
              assertClose(found[i], expected[i], bounds[i], "%s, %d heads, tokens %d to %d, at %d, %s", kernels.name(), heads, from, length, i, cache);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 17, 64})
  void sharpScoresMatchTheOracle(int width) {
    for (int length : new int[] {5, 40, 97}) {
      var cache = new Cache(3, width, length, 20f);
      float[] expected = cache.attend(ORACLE, 3, 0, length);
      double[] bounds = cache.bounds(3, 0, length);
      for (Kernels kernels : TestedKernels.vectors()) {
        float[] found = cache.attend(kernels, 3, 0, length);
        for (int i = 0; i < found.length; i++) assertClose(found[i], expected[i], bounds[i], "%s, at %d, %s", kernels.name(), i, cache);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 16, 31, 48, 64, 100, 128})
  void widthsAgree(int width) {
    var widths = TestedKernels.bothWidths();
    for (int length = 1; length <= 200; length += 7) {
      var cache = new Cache(9, width, length, 3f);
      for (int heads = 1; heads <= 9; heads++) {
        for (int from : new int[] {0, length / 3, length - 1}) {
          assertSameBits(cache.attend(widths.getFirst(), heads, from, length), cache.attend(widths.getLast(), heads, from, length),
              "%d heads, tokens %d to %d, %s", heads, from, length, cache);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 33, 64})
  void headHasTheSameBitsAloneAndInAnyGroup(int width) {
    for (Kernels kernels : TestedKernels.all()) {
      for (int length : new int[] {1, 33, 100}) {
        var cache = new Cache(9, width, length, 1f);
        float[] nine = cache.attend(kernels, 9, 0, length);
        for (int heads = 1; heads <= 9; heads++) {
          assertSameBits(cache.attend(kernels, heads, 0, length), Arrays.copyOf(nine, heads * width), "%s, %d heads, %s", kernels.name(), heads, cache);
        }
        for (int head = 0; head < 9; head++) {
          float[] alone = new float[width];
          kernels.attention(type).attend(cache.query, head * width, 1, width, cache.blocks, cache.keys(), cache.values(), 0, length, cache.scale(),
              alone, 0, new Scratch());
          assertSameBits(alone, Arrays.copyOfRange(nine, head * width, (head + 1) * width), "%s, head %d, %s", kernels.name(), head, cache);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 16, 32, 48, 64, 80, 128})
  void neighbouringRowsHaveTheSameBitsTogetherAndAlone(int width) {
    for (Kernels kernels : TestedKernels.all()) {
      for (int heads : new int[] {1, 3, 4}) {
        for (int rows = 1; rows <= 13; rows++) {
          for (int to : new int[] {1, 20, 32, 90}) for (int growth = 0; growth <= 1; growth++) {
            var cache = new Cache(heads, width, to + (rows - 1) * growth, 1f);
            int window = new int[] {Integer.MAX_VALUE, 1, 5, 33, to}[rows % 5];
            int stride = heads * width + 5, from = to / 3;
            float[] queries = new Random32("rows", rows, heads, width).normal(rows * stride), together = new float[rows * stride], alone = new float[rows * stride];
            kernels.attention(type).attendRows(rows, queries, 0, stride, heads, width, cache.blocks, cache.keys(), cache.values(), from, to,
                growth, window, cache.scale(), together, 0, new Scratch());
            for (int row = 0; row < rows; row++) {
              int end = to + row * growth, first = Math.max(from, end - window);
              kernels.attention(type).attend(queries, row * stride, heads, width, cache.blocks, cache.keys(), cache.values(), first, end, cache.scale(),
                  alone, row * stride, new Scratch());
            }
            assertSameBits(together, alone, "%s, %d heads, %d rows from token %d, growth %d, window %d, %s", kernels.name(), heads, rows, to, growth,
                window, cache);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 16, 40, 64})
  void biasesOfTokensMatchTheOracle(int width) {
    var widths = TestedKernels.bothWidths();
    for (int length : new int[] {1, 17, 33, 90}) {
      for (int heads : new int[] {1, 4, 6}) {
        int from = length / 3, stride = length - from + 2;
        var cache = new Cache(heads, width, length, 1f);
        float[] bias = new Random32("bias", heads, width, length).normal(3 + heads * stride), none = new float[bias.length];
        float[] expected = biased(ORACLE, cache, heads, from, length, bias, stride);
        for (Kernels kernels : TestedKernels.vectors()) {
          float[] found = biased(kernels, cache, heads, from, length, bias, stride);
          for (int i = 0; i < found.length; i++) {
            assertClose(found[i], expected[i], (400 + 8 * length) * ROUNDING, "%s, %d heads, %d tokens, at %d, %s", kernels.name(), heads, length, i, cache);
          }
        }
        for (Kernels kernels : TestedKernels.all()) {
          assertSameBits(biased(kernels, cache, heads, from, length, none, stride), cache.attend(kernels, heads, from, length), "%s, zeros, %s",
              kernels.name(), cache);
        }
        assertSameBits(biased(widths.getFirst(), cache, heads, from, length, bias, stride),
            biased(widths.getLast(), cache, heads, from, length, bias, stride), "%d heads, %d tokens, %s", heads, length, cache);
      }
    }
  }

  /** A bias of minus infinity hides a token, and one far above all others leaves its token alone. */
  @Test
  void biasesWeighTokens() {
    for (Kernels kernels : TestedKernels.all()) {
      var cache = new Cache(2, 16, 40, 1f);
      float[] bias = new float[3 + 2 * 40], value = Arrays.copyOfRange(cache.value, 33 * 16, 34 * 16);
      Arrays.fill(bias, 3 + 20, 3 + 40, Float.NEGATIVE_INFINITY);
      bias[3 + 40 + 33] = 1_000f;
      float[] found = biased(kernels, cache, 2, 0, 40, bias, 40), hidden = cache.attend(kernels, 1, 0, 20);
      for (int i = 0; i < 16; i++) {
        assertThat(found[i]).as(kernels.name()).isCloseTo(hidden[i], org.assertj.core.data.Offset.offset(1e-5f));
        assertThat(found[16 + i]).as(kernels.name()).isEqualTo(value[i]);
      }
    }
  }

  private float[] biased(Kernels kernels, Cache cache, int heads, int from, int to, float[] bias, int stride) {
    float[] result = new float[heads * cache.width];
    kernels.attention(type).attendBiased(cache.query, 0, heads, cache.width, cache.blocks, cache.keys(), cache.values(), from, to, cache.scale(),
        bias, 3, stride, result, 0, new Scratch());
    return result;
  }

  @Test
  void whatComesLaterInTheCacheChangesNothing() {
    for (Kernels kernels : TestedKernels.all()) {
      for (int length : new int[] {1, 16, 20, 32, 50, 64}) {
        float[] shorter = new Cache(4, 32, length, 1f).attend(kernels, 4, 0, length);
        var longer = new Cache(4, 32, length, 1f).extended(150);
        assertSameBits(longer.attend(kernels, 4, 0, length), shorter, "%s, %d tokens", kernels.name(), length);
      }
    }
  }

  @Test
  void scratchOfAnotherCallChangesNothing() {
    for (Kernels kernels : TestedKernels.all()) {
      var cache = new Cache(6, 24, 70, 1f);
      float[] expected = cache.attend(kernels, 6, 3, 70), found = new float[6 * 24];
      var scratch = new Scratch();
      Arrays.fill(scratch.scores(10_000), Float.NaN);
      kernels.attention(type).attend(cache.query, 0, 6, 24, cache.blocks, cache.keys(), cache.values(), 3, 70, cache.scale(), found, 0, scratch);
      assertSameBits(found, expected, kernels.name());
    }
  }

  @Test
  void equalScoresGiveTheMean() {
    for (Kernels kernels : TestedKernels.all()) {
      var cache = new Cache(1, 16, 64, 0f);
      float[] found = cache.attend(kernels, 1, 0, 64);
      for (int i = 0; i < 16; i++) {
        double mean = 0, size = 0;
        for (int token = 0; token < 64; token++) {
          mean += cache.value[token * 16 + i] / 64.0;
          size += Math.abs(cache.value[token * 16 + i]) / 64.0;
        }
        assertClose(found[i], (float) mean, 70 * ROUNDING * size, "%s at %d", kernels.name(), i);
      }
    }
  }

  @Test
  void nanOfAQueryStaysInItsHeadAndNanOfAKeySpoilsAll() {
    for (Kernels kernels : TestedKernels.all()) {
      var cache = new Cache(6, 20, 45, 1f);
      float[] clean = cache.attend(kernels, 6, 0, 45);
      cache.query[2 * 20 + 19] = Float.NaN;
      float[] found = cache.attend(kernels, 6, 0, 45), expected = clean.clone();
      Arrays.fill(expected, 40, 60, Float.NaN);
      assertSameBits(found, expected, kernels.name());

      if (type != CacheType.FLOAT32) continue;
      for (float special : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        for (int token : new int[] {0, 15, 31, 32, 44}) {
          var spoiled = new Cache(6, 20, 45, 1f);
          Arrays.fill(spoiled.query, 1f);
          spoiled.key[token * 20 + 3] = special;
          spoiled.write();
          assertThat(spoiled.attend(kernels, 6, 0, 45)).as("%s, %s at token %d", kernels.name(), special, token).containsOnly(Float.NaN);
        }
      }
    }
  }

  @Test
  void nanOfAValueStaysInItsLane() {
    if (type != CacheType.FLOAT32) return;
    for (Kernels kernels : TestedKernels.all()) {
      var cache = new Cache(5, 50, 45, 1f);
      float[] expected = cache.attend(kernels, 5, 0, 45);
      cache.value[33 * 50 + 7] = Float.NaN;
      cache.value[2 * 50 + 49] = Float.NaN;
      cache.write();
      for (int head = 0; head < 5; head++) expected[head * 50 + 7] = expected[head * 50 + 49] = Float.NaN;
      assertSameBits(cache.attend(kernels, 5, 0, 45), expected, kernels.name());
    }
  }

  @Test
  void storesWhereTheLayoutSaysAndNowhereElse() {
    for (Kernels kernels : TestedKernels.all()) {
      int width = 35;
      var cache = new Cache(1, width, 32, 1f);
      var block = cache.block();
      float[] key = new Random32("key").normal(width + 2), value = new Random32("value").normal(width + 1);
      assertThat(kernels.attention(type).store(key, 2, value, 1, width, block, cache.keys(), cache.values(), 29)).isTrue();
      int written = 0;
      for (long at = 0; at < block.byteSize(); at += type.bytes()) if (!Float.isNaN(read(block, 0, at / type.bytes()))) written++;
      assertThat(written).as(kernels.name()).isEqualTo(2 * width);
      for (int i = 0; i < width; i++) {
        assertThat(read(block, cache.keys(), type.keyPlace(29, i))).as(kernels.name()).isEqualTo(kept(key[2 + i]));
        assertThat(read(block, cache.values(), type.valuePlace(29, i, width))).as(kernels.name()).isEqualTo(kept(value[1 + i]));
      }
    }
  }

  @Test
  void saysWhatItCannotKeep() {
    float[] kept = {0f, -0f, 1e-30f, -3e-5f, 6.1e-5f, 65504f, -65519f}, beyond = {65520f, -1e30f, Float.NEGATIVE_INFINITY, Float.NaN};
    for (Kernels kernels : TestedKernels.all()) {
      var cache = new Cache(1, 3, 1, 1f);
      for (float value : kept) assertThat(stores(kernels, cache, value)).as("%s, %s", kernels.name(), value).isTrue();
      for (float value : beyond) {
        boolean isKept = type == CacheType.FLOAT32 && Float.isFinite(value);
        assertThat(stores(kernels, cache, value)).as("%s, %s", kernels.name(), value).isEqualTo(isKept);
      }
    }
  }

  private boolean stores(Kernels kernels, Cache cache, float value) {
    float[] zeros = new float[3], special = {0f, value, 0f};
    boolean asKey = kernels.attention(type).store(special, 0, zeros, 0, 3, cache.blocks[0], cache.keys(), cache.values(), 7);
    boolean asValue = kernels.attention(type).store(zeros, 0, special, 0, 3, cache.blocks[0], cache.keys(), cache.values(), 7);
    assertThat(asValue).isEqualTo(asKey);
    return asKey;
  }

  /** Every half that can be kept is read back as itself; the subnormal ones as zero or the least normal one. */
  @Test
  void everyHalfIsReadBack() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = Float.float16ToFloat((short) bits), found = Float.float16ToFloat(CacheType.half(value));
      if (!Float.isFinite(value)) continue;
      float expected = Math.abs(value) >= 0x1p-14f ? value : Math.copySign(Math.abs(value) < 0x1p-15f ? 0f : 0x1p-14f, value);
      assertThat(Float.floatToRawIntBits(found)).as("%04x", bits).isEqualTo(Float.floatToRawIntBits(expected));
    }
  }

  private float kept(float value) {
    return type == CacheType.FLOAT32 ? value : Float.float16ToFloat(CacheType.half(value));
  }

  private float read(MemorySegment block, long from, long index) {
    return switch (type) {
      case FLOAT32 -> block.get(ValueLayout.JAVA_FLOAT_UNALIGNED, from + 4 * index);
      case FLOAT16 -> Float.float16ToFloat(block.get(ValueLayout.JAVA_SHORT_UNALIGNED, from + 2 * index));
    };
  }

  /** Random queries, keys and values of one key/value head, in blocks. */
  private final class Cache {
    final int width;
    final int length;
    final float[] query;
    final float[] key;
    final float[] value;
    MemorySegment[] blocks;
    private final int heads;
    private final float size;
    private final Random32 random;

    Cache(int heads, int width, int length, float size) {
      this.heads = heads;
      this.width = width;
      this.length = length;
      this.size = size;
      random = new Random32("attention", heads, width, length, size);
      query = random.normal(heads * width);
      for (int i = 0; i < query.length; i++) query[i] *= size;
      key = random.normal(length * width);
      value = random.normal(length * width);
      for (int i = 0; i < key.length; i++) {
        key[i] = kept(key[i]);
        value[i] = kept(value[i]);
      }
      write();
    }

    void write() {
      blocks = new MemorySegment[(length + BLOCK - 1) / BLOCK];
      for (int i = 0; i < blocks.length; i++) blocks[i] = block();
      for (int token = 0; token < length; token++) store(token, key, value, token * width);
    }

    /** The same with further tokens behind it. */
    Cache extended(int tokens) {
      blocks = Arrays.copyOf(blocks, (length + tokens + BLOCK - 1) / BLOCK);
      for (int i = 0; i < blocks.length; i++) if (blocks[i] == null) blocks[i] = block();
      for (int token = length; token < length + tokens; token++) store(token, random.normal(width), random.normal(width), 0);
      return this;
    }

    private MemorySegment block() {
      var block = MemorySegment.ofArray(new byte[(int) values() + BLOCK * type.padded(width) * type.bytes()]);
      block.fill((byte) 0xff);
      return block;
    }

    private void store(int token, float[] key, float[] value, int from) {
      ORACLE.attention(type).store(key, from, value, from, width, blocks[token / BLOCK], keys(), values(), token % BLOCK);
    }

    long keys() {
      return AHEAD;
    }

    long values() {
      return keys() + (long) BLOCK * width * type.bytes() + BETWEEN;
    }

    float scale() {
      return (float) (1 / Math.sqrt(width));
    }

    /** The first {@code count} heads, from and to places inside their arrays; what lies around the result is checked. */
    float[] attend(Kernels kernels, int count, int from, int to) {
      float[] shifted = new float[query.length + 3], target = new float[count * width + 6];
      System.arraycopy(query, 0, shifted, 3, query.length);
      Arrays.fill(target, -77f);
      kernels.attention(type).attend(shifted, 3, count, width, blocks, keys(), values(), from, to, scale(), target, 4, new Scratch());
      for (int i : new int[] {0, 1, 2, 3, target.length - 2, target.length - 1}) assertThat(target[i]).isEqualTo(-77f);
      return Arrays.copyOfRange(target, 4, 4 + count * width);
    }

    /**
     * Most that float32 may add. A score's chain rounds {@code width} times, relative to the sum of the magnitudes of its products; its
     * distance from the greatest and the scaling round once each, relative to it: an error of the exponent, and so a relative one of the
     * weight, to which the exponential adds four roundings. Dividing by the sum doubles it and adds the sum's own roundings, a lane once in 16
     * tokens. Then the chain over the values rounds once a token.
     */
    double[] bounds(int count, int from, int to) {
      double[] result = new double[count * width];
      for (int head = 0; head < count; head++) {
        double[] scores = new double[to - from], magnitudes = new double[to - from];
        for (int token = from; token < to; token++) {
          for (int i = 0; i < width; i++) {
            double product = (double) query[head * width + i] * key[token * width + i] * scale();
            scores[token - from] += product;
            magnitudes[token - from] += Math.abs(product);
          }
        }
        double greatest = Arrays.stream(scores).max().orElseThrow(), magnitude = Arrays.stream(magnitudes).max().orElseThrow();
        double total = 0, worst = 0;
        for (double score : scores) {
          total += Math.exp(score - greatest);
          // Weights beyond exp(-87) are taken for zero: their own error does not matter.
          if (greatest - score < 88) worst = Math.max(worst, 2 * width * magnitude + 2 * (greatest - score) + 4);
        }
        double relative = Math.expm1((2 * worst + (to - from) / 16 + 8 + (to - from)) * ROUNDING);
        for (int i = 0; i < width; i++) {
          double sum = 0;
          for (int token = from; token < to; token++) {
            sum += (Math.exp(scores[token - from] - greatest) + Math.exp(-87)) / total * Math.abs(value[token * width + i]);
          }
          result[head * width + i] = relative * sum + Math.exp(-86) * sum;
        }
      }
      return result;
    }

    @Override
    public String toString() {
      return "%d queries of width %d, size %s, %s".formatted(heads, width, size, random);
    }
  }
}
