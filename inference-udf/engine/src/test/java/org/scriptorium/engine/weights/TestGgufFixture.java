package org.scriptorium.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.kernel.Quants;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;

/** Every storage type as the gguf package writes and dequantizes it: the folder {@code gguf} of the reference fixtures. */
class TestGgufFixture {

  @ParameterizedTest
  @MethodSource("cases")
  void dequantizesToTheReferencesBits(JsonNode fixture) throws IOException {
    try (GgufFile weights = open(fixture)) {
      Tensor tensor = weights.tensor("fixture.weight");
      float[] found = new float[(int) tensor.elements()];
      ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, found.length, found, 0);
      assertThat(bits(found)).isEqualTo(bits(reference(fixture)));
    }
  }

  @ParameterizedTest
  @MethodSource("quantizedCases")
  void unpacksToTheReferencesValues(JsonNode fixture) throws IOException {
    try (GgufFile weights = open(fixture)) {
      Tensor tensor = weights.tensor("fixture.weight");
      int elements = (int) tensor.elements();
      int group = Quants.groupSize(tensor.type());
      byte[] quants = new byte[elements];
      float[] scales = new float[elements / group];
      float[] offsets = new float[elements / group];
      Quants.unpack(tensor.type(), tensor.data(), 0, elements, quants, scales, offsets);
      float[] found = new float[elements];
      for (int i = 0; i < elements; i++) found[i] = Math.fma(quants[i], scales[i / group], offsets[i / group]);
      float[] expected = reference(fixture);
      // Zeros of these two have no sign once their levels start at 0.
      boolean shifted = tensor.type() == StorageType.Q4_0 || tensor.type() == StorageType.Q3_K;
      if (shifted) for (int i = 0; i < elements; i++) expected[i] += 0.0f;
      assertThat(bits(found)).isEqualTo(bits(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void readsShapesAndMetadata(JsonNode fixture) throws IOException {
    try (GgufFile weights = open(fixture)) {
      Tensor tensor = weights.tensor("fixture.weight");
      assertThat(tensor.type()).isEqualTo(StorageType.valueOf(fixture.get("type").asText()));
      long[] shape = new ObjectMapper().convertValue(fixture.get("shape_row_major"), long[].class);
      assertThat(tensor.requireShape(shape)).isSameAs(tensor);
      Tensor plain = weights.tensor("fixture.plain");
      float[] values = new float[(int) plain.elements()];
      ScalarDequantization.dequantize(plain.type(), plain.data(), 0, values.length, values, 0);
      assertThat(values).containsExactly(0f, 0.25f, 0.5f, 0.75f, 1f, 1.25f, 1.5f);
      assertThat(weights.metadata().string("general.architecture")).isNotEmpty();
      assertThat(weights.metadata().keys()).allSatisfy(key -> assertThat(weights.metadata().text(key)).isNotEmpty());
    }
  }

  static List<Named<JsonNode>> cases() throws IOException {
    Path index = ReferenceFixtures.require("gguf/index.json");
    var cases = new ArrayList<Named<JsonNode>>();
    for (JsonNode fixture : new ObjectMapper().readTree(index.toFile()).get("tensors")) {
      cases.add(Named.of(fixture.get("name").asText(), fixture));
    }
    assertThat(cases.stream().map(each -> StorageType.valueOf(each.getPayload().get("type").asText()))).contains(StorageType.values());
    return cases;
  }

  static List<Named<JsonNode>> quantizedCases() throws IOException {
    return cases().stream().filter(each -> Quants.isQuantized(StorageType.valueOf(each.getPayload().get("type").asText()))).toList();
  }

  private static GgufFile open(JsonNode fixture) {
    return GgufFile.open(ReferenceFixtures.file("gguf/" + fixture.get("gguf").asText()));
  }

  private static float[] reference(JsonNode fixture) throws IOException {
    byte[] bytes = Files.readAllBytes(ReferenceFixtures.file("gguf/" + fixture.get("f32").asText()));
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) bits[i] = Float.floatToRawIntBits(values[i]);
    return bits;
  }
}
