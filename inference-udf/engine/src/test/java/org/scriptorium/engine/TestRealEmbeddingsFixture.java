package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;

/** The default model of embeddings, all-MiniLM-L6-v2, against the vectors that the reference made of real texts. */
class TestRealEmbeddingsFixture {
  /** Of values of vectors of length one: far below what any text differs by, far above what float32 adds. */
  private static final double TOLERANCE = 1e-5;

  @TempDir static Path packed;
  private static Path model;
  private static JsonNode cases;

  @BeforeAll
  static void find() throws IOException {
    cases = new ObjectMapper().readTree(ReferenceFixtures.require("real/all-minilm-l6-v2.json").toFile()).get("cases");
    model = ReferenceFixtures.requireMiniLm();
  }

  @Test
  void idsAreTheReferences() {
    Tokenizer tokenizer = Tokenizers.folder(model);
    for (JsonNode each : cases) {
      int[] expected = ReferenceModel.integers(each.get("ids")), found = tokenizer.encodeInput(SourcedText.row(each.get("text").textValue())).ids();
      int whole = Math.min(found.length, expected.length) - 1;
      assertThat(Arrays.copyOf(found, whole)).isEqualTo(Arrays.copyOf(expected, whole));
      assertThat(Math.min(found.length, 256)).isEqualTo(expected.length);
    }
  }

  @Test
  void vectorsAreTheReferencesByEveryProviderAndInEveryBatch() {
    assertThat(cases).isNotEmpty();
    check("scalar", 0, List.of(cases.get(0), cases.get(1)));
    if (!Providers.hasVectorModule()) return;
    List<JsonNode> all = new ArrayList<>();
    cases.forEach(all::add);
    List<float[]> first = check("vector", 256, all);
    Collections.shuffle(all, new Random(3));
    for (int bits = 256; bits <= Providers.preferredBits(); bits *= 2) {
      List<float[]> shuffled = check("vector", bits, all);
      for (int i = 0; i < all.size(); i++) {
        int place = index(all.get(i));
        assertThat(shuffled.get(i)).as("%d bits, case %d", bits, place).isEqualTo(first.get(place));
      }
    }
  }

  private static int index(JsonNode wanted) {
    for (int i = 0; i < cases.size(); i++) if (cases.get(i) == wanted) return i;
    throw new AssertionError("no such case");
  }

  private static List<float[]> check(String kernels, int bits, List<JsonNode> wanted) {
    var options = new EngineOptions(2, 1 << 20, 16, 512, kernels, bits, "float32", packed);
    try (Embedder embedder = Engine.openEmbedder(model, "all-minilm-l6-v2", Optional.empty(), options)) {
      assertThat(embedder.maxTokens()).isEqualTo(256);
      var found = embedder.embed(wanted.stream().map(each -> each.get("text").textValue()).toList());
      double farthest = 0;
      for (int i = 0; i < wanted.size(); i++) {
        JsonNode expected = wanted.get(i).get("embedding");
        assertThat(expected).hasSize(embedder.dimensions());
        for (int lane = 0; lane < embedder.dimensions(); lane++) {
          farthest = Math.max(farthest, Math.abs(expected.get(lane).doubleValue() - found.get(i).value()[lane]));
        }
      }
      System.err.printf("all-minilm-l6-v2, %s %d: %d vectors, at most %.2g from the reference%n", kernels, bits, wanted.size(), farthest);
      assertThat(farthest).isLessThan(TOLERANCE);
      return found.stream().map(Reading::value).toList();
    }
  }
}
