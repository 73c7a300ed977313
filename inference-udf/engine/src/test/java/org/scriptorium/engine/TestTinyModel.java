package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
