package org.scriptorium.engine;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.SourcedReplay.Input;
import org.scriptorium.engine.kernel.CacheType;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;
import org.scriptorium.engine.weights.BlockWriter;
import org.scriptorium.engine.weights.ModelFolder;
import org.scriptorium.engine.weights.SafetensorsWriter;
import org.scriptorium.engine.weights.Tensor;

/**
 * The forms in which files have the embeddings and the head of an encoder-decoder: once under any name, or under every name; and the keys by
 * which older and newer libraries say the same. The logits are the reference's from all of them.
 */
class TestTiedTensorsFixture {
  private static final String HEAD = "lm_head.weight";

  @TempDir static Path folder;

  /** A tensor's values in float32. */
  private record Values(long[] shape, float[] values) {
    Values times(float factor) {
      float[] result = values.clone();
      for (int i = 0; i < result.length; i++) result[i] *= factor;
      return new Values(shape, result);
    }
  }

  @TestFactory
  Stream<DynamicNode> models() {
    List<ReferenceModel> models = ReferenceModel.all().stream()
        .filter(model -> model.expected().path("forward").path(0).has("decoder_input_ids")).toList();
    Assumptions.assumeFalse(models.isEmpty(), "none of the fixtures is an encoder-decoder");
    return models.stream().map(model -> dynamicContainer(model.name(), tests(model)));
  }

  private static Stream<DynamicNode> tests(ReferenceModel model) {
    Map<String, Values> tensors = tensors(model);
    String prefix = model.type().equals("t5") ? "" : "model.", shared = prefix + "shared.weight";
    if (!tensors.containsKey(shared)) return Stream.empty();
    Values tokens = tensors.get(shared);
    if (tensors.containsKey(HEAD)) {
      return model.type().equals("t5") ? Stream.of(dynamicTest("saved anew",
          () -> same(model, tensors, config -> config.put("tie_word_embeddings", true).put("scale_decoder_outputs", false)))) : Stream.empty();
    }
    List<String> names = List.of(prefix + "encoder.embed_tokens.weight", prefix + "decoder.embed_tokens.weight", HEAD);
    Stream<DynamicNode> single = names.stream().map(name -> dynamicTest("as " + name, () -> {
      var renamed = new LinkedHashMap<>(tensors);
      renamed.put(name, renamed.remove(shared));
      same(model, renamed, config -> { });
    }));
    var all = new LinkedHashMap<>(tensors);
    names.forEach(name -> all.put(name, tokens));
    var doubled = new LinkedHashMap<>(tensors);
    doubled.put(HEAD, tokens.times(2));
    Stream<DynamicNode> together = Stream.of(dynamicTest("under every name", () -> same(model, all, config -> { })),
        dynamicTest("a head of its own, though the configuration ties it", () -> doubled(model, doubled)));
    // Older libraries scale what a tied head reads, and cannot say otherwise.
    if (!model.configuration().path("scale_decoder_outputs").asBoolean(true)) return Stream.concat(single, together);
    DynamicNode older = dynamicTest("under every name, as older libraries say it",
        () -> same(model, all, config -> config.remove(Set.of("tie_word_embeddings", "scale_decoder_outputs"))));
    return Stream.of(single, together, Stream.of(older)).flatMap(each -> each);
  }

  private static void same(ReferenceModel model, Map<String, Values> tensors, Consumer<ObjectNode> change) {
    var check = new Closeness(model);
    replay(model, tensors, change, (forward, logits) -> check.all(forward.get("last_logits"), logits, 0, logits.length, "last position"));
  }

  /** Twice the head, twice the logits but for their biases. */
  private static void doubled(ReferenceModel model, Map<String, Values> tensors) {
    var check = new Closeness(model, 2 * model.tolerance());
    Optional<Values> biases = Optional.ofNullable(tensors.get("final_logits_bias"));
    replay(model, tensors, config -> { }, (forward, logits) -> {
      float[] expected = new float[logits.length];
      for (int i = 0; i < logits.length; i++) expected[i] = 2 * forward.get("last_logits").get(i).floatValue();
      biases.ifPresent(bias -> {
        for (int i = 0; i < logits.length; i++) expected[i] -= bias.values[i];
      });
      check.all(new ObjectMapper().valueToTree(expected), logits, 0, logits.length, "last position");
    });
  }

  /** Sees a prompt's entry of the reference and the logits after the last token of its decoder. */
  private interface Sink {
    void logits(JsonNode forward, float[] logits);
  }

  private static void replay(ReferenceModel model, Map<String, Values> tensors, Consumer<ObjectNode> change, Sink sink) {
    JsonNode entries = model.expected().get("forward");
    List<Input> inputs = ReferenceModel.stream(entries).map(forward -> new Input(model.prompts().get(forward.get("prompt").intValue()), 0,
        ReferenceModel.integers(forward.get("decoder_input_ids")))).toList();
    try (var replay = new SourcedReplay(write(model, tensors, change), "auto", 0, 1, CacheType.FLOAT32, folder)) {
      replay.run(inputs, null, (sequence, position, logits, from) -> {
        if (position < inputs.get(sequence).tokens().length - 1) return;
        float[] last = new float[replay.model().vocabulary()];
        System.arraycopy(logits, from, last, 0, last.length);
        sink.logits(entries.get(sequence), last);
      });
    }
  }

  private static Map<String, Values> tensors(ReferenceModel model) {
    var result = new LinkedHashMap<String, Values>();
    try (var source = ModelFolder.open(model.folder())) {
      for (Tensor tensor : source.tensors()) {
        float[] values = new float[(int) tensor.elements()];
        ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
        result.put(tensor.name(), new Values(tensor.shape(), values));
      }
    }
    return result;
  }

  private static Path write(ReferenceModel model, Map<String, Values> tensors, Consumer<ObjectNode> change) {
    try {
      Path target = Files.createTempDirectory(folder, model.name());
      var json = new ObjectMapper();
      var config = (ObjectNode) json.readTree(model.folder().resolve("config.json").toFile());
      change.accept(config);
      json.writeValue(target.resolve("config.json").toFile(), config);
      var writer = new SafetensorsWriter();
      tensors.forEach((name, tensor) -> writer.tensor(name, "F32", BlockWriter.write(StorageType.F32, tensor.values), tensor.shape));
      writer.write(target.resolve("model.safetensors"));
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
