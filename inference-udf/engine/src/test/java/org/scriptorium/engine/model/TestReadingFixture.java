package org.scriptorium.engine.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.architecture.Families;
import org.scriptorium.engine.kernel.Attention;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.weights.ModelFolder;

/** Reading of sources, one call after the other. */
class TestReadingFixture {
  @TempDir private Path packed;

  @Test
  void whatFailsTakesNoOtherSourceAlong() throws java.io.IOException {
    Path models = ReferenceFixtures.require("models");
    try (Stream<Path> folders = Files.list(models)) {
      Path folder = folders.sorted().filter(each -> Files.exists(each.resolve("config.json")) && isEncoderDecoder(each)).findFirst().orElse(null);
      Assumptions.assumeTrue(folder != null, "none of the fixtures is an encoder-decoder");
      try (var source = ModelFolder.open(folder); var machine = new Machine(Providers.open("auto", 0), 2, "reading")) {
        Families.Composition composition = Families.compose(source);
        var both = (EncoderDecoder) composition.transformer();
        try (var weights = PackedWeights.bind(composition.maps(), source, machine, packed, "reading")) {
          weights.requireWhole();
          check(both, machine);
        }
      }
    }
  }

  private static boolean isEncoderDecoder(Path folder) {
    try (var source = ModelFolder.open(folder)) {
      return source.configuration().bool("is_encoder_decoder", false);
    }
  }

  private static void check(EncoderDecoder both, Machine machine) {
    CacheShape shape = both.decoder().cacheShape(CacheType.FLOAT32);
    int[] source = {7, 5, 9, 6, 8, 7, 7}, wrong = {5, 6, both.encoder().embedding().vocabulary()};
    try (var pool = new BlockPool(shape, 1 << 24); var fresh = both.bind(machine, shape, 16); var used = both.bind(machine, shape, 16)) {
      SequenceCache expected = cache(pool), lost = cache(pool), found = cache(pool);
      fresh.read(List.of(source), List.of(expected));
      assertThatThrownBy(() -> used.read(List.of(source, wrong), List.of(lost, cache(pool)))).isInstanceOf(RuntimeException.class);
      lost.release();
      used.read(List.of(source), List.of(found));
      assertThat(found.length()).isEqualTo(source.length);
      for (int layer = 0; layer < shape.layers(); layer++) {
        for (int head = 0; head < shape.heads(); head++) {
          for (int token = 0; token < source.length; token++) {
            for (int i = 0; i < shape.width(); i++) {
              long key = shape.keys(layer, head) + 4L * shape.type().keyPlace(token, i);
              long value = shape.values(layer, head) + 4L * shape.type().valuePlace(token, i, shape.width());
              for (long place : new long[] {key, value}) assertThat(bits(found, place)).isEqualTo(bits(expected, place));
            }
          }
        }
      }
    }
  }

  private static SequenceCache cache(BlockPool pool) {
    var cache = new SequenceCache();
    cache.append(pool.take());
    assertThat(cache.capacity()).isEqualTo(Attention.BLOCK);
    return cache;
  }

  private static int bits(SequenceCache cache, long place) {
    return cache.block(0).memory().get(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED, place);
  }
}
