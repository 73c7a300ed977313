package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Tensor;

class TestTinyModel {
  @TempDir private Path folder;

  @Test
  void equalSeedsGiveEqualBytes() throws IOException {
    byte[] first = Files.readAllBytes(TinyModel.write(folder, 1));
    assertThat(Files.readAllBytes(TinyModel.write(folder, 1))).isEqualTo(first);
    assertThat(Files.readAllBytes(TinyModel.write(folder, 2))).hasSameSizeAs(first).isNotEqualTo(first);
  }

  @Test
  void everyMergeJoinsTwoTokensToAToken() {
    var vocabulary = TinyVocabulary.learn();
    var tokens = new HashSet<>(vocabulary.tokens());
    assertThat(tokens).hasSameSizeAs(vocabulary.tokens()).hasSizeGreaterThan(3 + 256 + 150);
    assertThat(vocabulary.merges()).hasSize(200).doesNotHaveDuplicates().allSatisfy(merge -> {
      String[] parts = merge.split(" ");
      assertThat(tokens).contains(parts[0], parts[1], parts[0] + parts[1]);
    });
  }

  @Test
  void isWholeForALlama() {
    try (GgufFile weights = GgufFile.open(TinyModel.write(folder, 1))) {
      int vocabulary = weights.metadata().integer("llama.vocab_size");
      assertThat(weights.metadata().strings("tokenizer.ggml.tokens")).hasSize(vocabulary);
      assertThat(weights.metadata().integers("tokenizer.ggml.token_type")).hasSize(vocabulary).startsWith(3, 3, 3, 1).endsWith(1);
      weights.tensor("token_embd.weight").requireShape(vocabulary, TinyModel.WIDTH);
      weights.tensor("output_norm.weight").requireShape(TinyModel.WIDTH);
      for (int layer = 0; layer < TinyModel.LAYERS; layer++) {
        int keys = TinyModel.KEY_VALUE_HEADS * TinyModel.HEAD_WIDTH;
        weights.tensor("blk.%d.attn_k.weight".formatted(layer)).requireShape(keys, TinyModel.WIDTH);
        weights.tensor("blk.%d.ffn_down.weight".formatted(layer)).requireShape(TinyModel.WIDTH, TinyModel.FEED_FORWARD);
      }
      assertThat(weights.tensors()).hasSize(2 + 9 * TinyModel.LAYERS)
          .allSatisfy(tensor -> assertThat(values(tensor)).doesNotContain(Float.NaN));
      assertThat(weights.tensors()).extracting(Tensor::type)
          .contains(StorageType.F32, StorageType.F16, StorageType.Q4_0, StorageType.Q4_1, StorageType.Q8_0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "Q4_0", "Q4_1", "Q8_0"})
  void writtenBlocksHoldTheValuesToHalfALevel(StorageType type) {
    var random = new Random(1);
    float[] values = new float[320];
    for (int i = 0; i < values.length; i++) values[i] = random.nextFloat(-1, 1);
    float[] found = new float[values.length];
    ScalarDequantization.dequantize(type, MemorySegment.ofArray(BlockWriter.write(type, values)), 0, values.length, found, 0);
    // Half of a step over [-1, 1], and what rounding scale and minimum to halves adds.
    float bound = switch (type) {
      case F32 -> 0;
      case F16 -> 0x1p-12f;
      case Q8_0 -> 0.5f / 127 + 0x1p-11f;
      case Q4_0 -> 0.5f / 7 + 0x1p-11f;
      default -> 1f / 15 + 2 * 0x1p-11f;
    };
    for (int i = 0; i < values.length; i++) {
      assertThat(Math.abs(found[i] - values[i])).as("%s value %d", type, i).isLessThanOrEqualTo(bound);
    }
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
    return values;
  }
}
