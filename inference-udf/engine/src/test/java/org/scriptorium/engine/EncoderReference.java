package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.scriptorium.engine.EncoderReplay.Input;
import org.scriptorium.engine.EncoderReplay.Output;
import org.scriptorium.engine.model.EncoderHead.Kind;
import org.scriptorium.engine.model.EncoderStack;

/** Compares an encoder's states and its head's values with its reference's: of all prompts, with token types, and of padded batches. */
final class EncoderReference {
  private static final int SHOWN = 8;

  private final ReferenceModel model;
  private final Closeness check;

  EncoderReference(ReferenceModel model) {
    this.model = model;
    check = new Closeness(model);
  }

  /** A row of a forward pass: its real tokens and how many columns of padding stand before them. */
  record Row(Input input, int padding, JsonNode expected, String name) {}

  /** Encoders alone have states for each token and no decoder's input. */
  static boolean isEncoder(ReferenceModel model) {
    return model.expected().path("forward").path(0).path("rows").path(0).has("last_hidden_state_first8") && !model.isEncoderDecoder();
  }

  List<Row> rows() {
    var result = new ArrayList<Row>();
    JsonNode passes = model.expected().get("forward");
    for (int pass = 0; pass < passes.size(); pass++) {
      JsonNode forward = passes.get(pass);
      for (int row = 0; row < forward.get("rows").size(); row++) {
        int[] ids = ReferenceModel.integers(forward.get("input_ids").get(row));
        int[] types = forward.has("token_type_ids") ? ReferenceModel.integers(forward.get("token_type_ids").get(row)) : new int[ids.length];
        int[] real = forward.has("attention_mask") ? real(ReferenceModel.integers(forward.get("attention_mask").get(row)))
            : IntStream.range(0, ids.length).toArray();
        var input = new Input(IntStream.of(real).map(column -> ids[column]).toArray(), IntStream.of(real).map(column -> types[column]).toArray());
        result.add(new Row(input, real[0], forward.get("rows").get(row), "forward %d, row %d".formatted(pass, row)));
      }
    }
    return result;
  }

  private static int[] real(int[] mask) {
    return IntStream.range(0, mask.length).filter(column -> mask[column] == 1).toArray();
  }

  void check(Path folder, String kernels, int bits, Path packed, String what) {
    try (var replay = new EncoderReplay(folder, kernels, bits, 2, packed)) {
      for (int padding : rows().stream().mapToInt(Row::padding).distinct().toArray()) {
        List<Row> rows = rows().stream().filter(row -> row.padding == padding).toList();
        EncoderStack stack = padding == 0 ? replay.encoder().stack() : replay.from(padding);
        List<Output> outputs = replay.run(stack, rows.stream().map(Row::input).toList());
        for (int i = 0; i < rows.size(); i++) compare(replay, rows.get(i), outputs.get(i));
      }
      rows().stream().filter(row -> row.expected.has("hidden_last_token_first8_per_layer")).forEach(row -> compareLayers(replay, row));
    }
    assertThat(check.compared()).isPositive();
    check.report(what);
  }

  private void compare(EncoderReplay replay, Row row, Output output) {
    int width = replay.encoder().stack().width(), count = replay.encoder().head().outputs(), length = row.input.ids().length;
    for (int i = 0; i < length; i++) {
      compareFirst(row.expected.get("last_hidden_state_first8").get(row.padding + i), output.states(), i * width, row.name + ", token " + i);
    }
    Kind kind = replay.encoder().head().kind();
    switch (kind) {
      case STATES -> { }
      // What the head reads, the first position, is padding where rows are padded on the left.
      case POOLED, LABELS -> {
        JsonNode expected = row.expected.get(kind == Kind.POOLED ? "pooler_output" : "logits");
        assertThat(expected).hasSize(count);
        if (row.padding == 0) for (int i = 0; i < count; i++) check.value(expected.get(i), output.values()[i], row.name + ", value " + i);
      }
      case SPANS -> {
        for (int i = 0; i < length; i++) {
          check.value(row.expected.get("start_logits").get(row.padding + i), output.values()[2 * i], row.name + ", start " + i);
          check.value(row.expected.get("end_logits").get(row.padding + i), output.values()[2 * i + 1], row.name + ", end " + i);
        }
      }
      case VOCABULARY -> compareVocabulary(row, output, count);
    }
  }

  private void compareVocabulary(Row row, Output output, int count) {
    for (int i = 0; i < row.input.ids().length; i++) {
      JsonNode position = row.expected.get("positions").get(row.padding + i);
      check.best(position, output.values(), i * count, count, "%s, token %d".formatted(row.name, i));
    }
    if (row.padding > 0) return;
    check.all(row.expected.get("token1_logits"), output.values(), count, count, row.name);
  }

  /** The first entry is of the embeddings alone, which no stack without layers computes here; the last is after the last layer. */
  private void compareLayers(EncoderReplay replay, Row row) {
    JsonNode expected = row.expected.get("hidden_last_token_first8_per_layer");
    int layers = replay.encoder().stack().layers().size(), width = replay.encoder().stack().width();
    assertThat(expected).hasSize(layers + 1);
    for (int layer = 1; layer <= layers; layer++) {
      float[] states = replay.run(replay.first(layer), List.of(row.input)).getFirst().states();
      compareFirst(expected.get(layer), states, states.length - width, row.name + ", after layer " + layer);
    }
  }

  private void compareFirst(JsonNode expected, float[] found, int from, String what) {
    assertThat(expected).hasSize(SHOWN);
    for (int i = 0; i < SHOWN; i++) check.value(expected.get(i), found[from + i], what + ", value " + i);
  }
}
