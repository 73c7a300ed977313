package org.scriptorium.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** A model folder of the fixtures and what the reference computed with it. */
record ReferenceModel(String name, Path folder, JsonNode expected) {
  static final String CONFIGURATION = "config.json", OLDER_CONFIGURATION = "config_legacy.json";

  /** All models of the fixtures, those that ship first, each kind ordered by name. */
  static List<ReferenceModel> all() {
    return ReferenceFixtures.models().stream().map(ReferenceModel::of).toList();
  }

  /** A model of the folder of fixtures; the test is skipped if it is absent. */
  static ReferenceModel require(String name) {
    return of(ReferenceFixtures.require("models/" + name));
  }

  private static ReferenceModel of(Path folder) {
    String name = folder.getFileName().toString();
    return new ReferenceModel(ReferenceFixtures.ships(folder) ? "shipped " + name : name, folder, json(folder.resolve("expected.json")));
  }

  private static JsonNode json(Path file) {
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether an encoder reads what the decoder writes about. */
  boolean isEncoderDecoder() {
    return expected.path("forward").path(0).has("decoder_input_ids");
  }

  String type() {
    return expected.get("model_type").textValue();
  }

  JsonNode configuration() {
    return json(folder.resolve(CONFIGURATION));
  }

  /** Configurations that must give the same results: the folder's, and that of older libraries where there is one. */
  List<String> configurations() {
    return Files.exists(folder.resolve(OLDER_CONFIGURATION)) ? List.of(CONFIGURATION, OLDER_CONFIGURATION) : List.of(CONFIGURATION);
  }

  /** The folder with one of its configurations as {@code config.json}: itself, or a copy made in {@code empty}. */
  Path with(String configuration, Path empty) {
    if (configuration.equals(CONFIGURATION)) return folder;
    try (var files = Files.list(folder)) {
      Path copy = Files.createTempDirectory(empty, "model");
      for (Path file : files.toList()) {
        String target = file.getFileName().toString();
        if (target.contains("safetensors") || target.startsWith("generation")) Files.copy(file, copy.resolve(target));
      }
      Files.copy(folder.resolve(configuration), copy.resolve(CONFIGURATION));
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * How far a logit may lie from the reference's: five times as far as relative noise of 2e-6 on the weights moves it, which no sound
   * float32 implementation reaches and every wrong one exceeds by far; 1e-4 at least, and where the reference does not say how far.
   */
  double tolerance() {
    return Math.max(5 * expected.path("max_abs_change_of_outputs_under_2e-6_relative_weight_noise").doubleValue(), 1e-4);
  }

  List<int[]> prompts() {
    return stream(expected.get("prompts")).map(prompt -> integers(prompt.get("input_ids"))).toList();
  }

  static java.util.stream.Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  static int[] integers(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).intValue()).toArray();
  }
}
