package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.scriptorium.engine.kernel.CacheType;

/**
 * Compares a model's logits with its reference's: of all prompts, and of the rows of padded batches, which are sequences like others here.
 */
final class ReferenceLogits {
  private final ReferenceModel model;
  private final List<int[]> sequences;
  private final List<JsonNode> expected = new ArrayList<>();

  ReferenceLogits(ReferenceModel model) {
    this.model = model;
    sequences = new ArrayList<>(model.prompts());
    for (int i = 0; i < sequences.size(); i++) expected.add(model.expected().get("forward").get(i));
    for (JsonNode batch : model.expected().get("batches")) {
      for (int row = 0; row < batch.get("rows").size(); row++) {
        sequences.add(unpadded(batch, row));
        expected.add(batch.get("rows").get(row));
      }
    }
  }

  /** A row of a padded batch without its padding. */
  static int[] unpadded(JsonNode batch, int row) {
    int[] ids = ReferenceModel.integers(batch.get("input_ids").get(row)),
        mask = ReferenceModel.integers(batch.get("attention_mask").get(row));
    return IntStream.range(0, ids.length).filter(i -> mask[i] == 1).map(i -> ids[i]).toArray();
  }

  /**
   * Runs all sequences in steps that mix them, and compares every position: the five best logits, the best of all where the reference's
   * best two are not within the tolerance of each other, and at the last position all logits. Says how far the farthest lay.
   *
   * @param path the model's folder, or a file of the same model
   */
  void check(Path path, String kernels, int bits, Path packed, String what) {
    var check = new Closeness(model);
    try (var replay = new LogitsReplay(path, kernels, bits, 2, CacheType.FLOAT32, packed)) {
      int vocabulary = replay.model().decoder().vocabulary();
      replay.mixed(sequences, new int[sequences.size()], new SplittableRandom(7), (sequence, position, logits, from) -> {
        JsonNode positions = expected.get(sequence).get("positions");
        int place = positions.size() - sequences.get(sequence).length + position;
        check.best(positions.get(place), logits, from, vocabulary, "sequence %d, position %d".formatted(sequence, position));
        if (place == positions.size() - 1) {
          check.all(expected.get(sequence).get("last_logits"), logits, from, vocabulary, "sequence " + sequence);
        }
      });
    }
    assertThat(check.positions()).isEqualTo(sequences.stream().mapToInt(sequence -> sequence.length).sum());
    check.report(what);
  }
}
