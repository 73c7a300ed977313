package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.scriptorium.engine.SourcedReplay.Input;
import org.scriptorium.engine.kernel.CacheType;

/** Compares an encoder-decoder's states and logits with its reference's: of all prompts, and of the rows of padded batches. */
final class SourcedReference {
  private final ReferenceModel model;
  private final List<Case> cases = new ArrayList<>();

  /** A sequence, and what the reference has of it. */
  private record Case(Input input, JsonNode expected) {}

  SourcedReference(ReferenceModel model) {
    this.model = model;
    for (JsonNode forward : model.expected().get("forward")) {
      int[] source = model.prompts().get(forward.get("prompt").intValue());
      cases.add(new Case(new Input(source, 0, ReferenceModel.integers(forward.get("decoder_input_ids"))), forward));
    }
    for (JsonNode batch : model.expected().get("batches")) {
      for (int row = 0; row < batch.get("rows").size(); row++) {
        // Positions count from the first column, padding included.
        int padding = firstToken(batch.get("attention_mask").get(row));
        cases.add(new Case(new Input(ReferenceLogits.unpadded(batch, row), padding,
            ReferenceModel.integers(batch.get("decoder_input_ids").get(row))), batch.get("rows").get(row)));
      }
    }
  }

  private static int firstToken(JsonNode mask) {
    return IntStream.range(0, mask.size()).filter(i -> mask.get(i).intValue() == 1).findFirst().orElseThrow();
  }

  List<Input> inputs() {
    return cases.stream().map(Case::input).toList();
  }

  /** @param path the model's folder, or a file of the same model */
  void check(Path path, TestedProvider provider, Path packed, String what) {
    var check = new Closeness(model);
    try (var replay = new SourcedReplay(path, provider.kernels(), provider.bits(), 2, CacheType.FLOAT32, packed)) {
      for (Case each : cases) compareStates(each, replay.states(each.input.source(), each.input.padding()), replay.model().encoder().width(), check);
      int vocabulary = replay.model().vocabulary();
      replay.run(inputs(), new SplittableRandom(3), (sequence, position, logits, from) -> {
        JsonNode expected = cases.get(sequence).expected;
        String where = "sequence %d, position %d".formatted(sequence, position);
        check.best(expected.get("positions").get(position), logits, from, vocabulary, where);
        boolean isLast = position == cases.get(sequence).input.tokens().length - 1;
        if (isLast) check.all(expected.get("last_logits"), logits, from, vocabulary, where);
      });
    }
    assertThat(check.positions()).isEqualTo(cases.stream().mapToInt(each -> each.input.tokens().length).sum());
    check.report(what);
  }

  private static void compareStates(Case each, float[] states, int width, Closeness check) {
    JsonNode expected = each.expected.get("encoder_last_hidden_state_first8");
    int tokens = each.input.source().length, first = each.input.padding();
    for (int token = 0; token < tokens; token++) {
      JsonNode values = expected.get(first + token);
      for (int i = 0; i < values.size(); i++) check.value(values.get(i), states[token * width + i], "state %d, value %d".formatted(token, i));
    }
  }
}
