package org.scriptorium.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;

class TestModelFolder {
  private static final long SEED = Long.getLong("scriptorium.test.seed", 20_260_102L);
  private static final byte[] ONE = {0, 0, (byte) 0x80, 0x3f}, HALVES = {0, 0x38, 0, 0x38, 0, 0x38, 0, 0x38};

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void configures() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\", \"hidden_size\": 4}");
    file = folder.resolve("model.safetensors");
  }

  @Test
  void readsTensorsAsTheyAreStored() throws IOException {
    new SafetensorsWriter().tensor("b.weight", "F16", HALVES, 2, 2).tensor("a.bias", "F32", ONE, 1).tensor("c", "BF16", new byte[0], 0, 3)
        .tensor("mask", "BOOL", new byte[] {1, 0}, 2).tensor("scalar", "F32", ONE).write(file);
    try (var model = ModelFolder.open(folder)) {
      assertThat(model.tensors()).extracting(Tensor::toString).containsExactly("b.weight F16 [2, 2]", "a.bias F32 [1]", "c BF16 [0, 3]", "scalar F32 []");
      assertThat(model.tensor("b.weight").data().byteSize()).isEqualTo(8);
      assertThat(model.tensor("b.weight").data().isReadOnly()).isTrue();
      assertThat(model.tensor("a.bias").data().mismatch(java.lang.foreign.MemorySegment.ofArray(ONE))).isEqualTo(-1);
      assertThat(model.tensor("a.bias").type()).isEqualTo(StorageType.F32);
      assertThat(model.bytes()).isEqualTo(Files.size(file));
      assertThat(model.configuration().integer("hidden_size")).isEqualTo(4);
      assertThat(model.generation().has("eos_token_id")).isFalse();
      assertThatThrownBy(() -> model.tensor("mask")).isInstanceOf(ModelException.class)
          .hasMessage("%s: mask: dtype BOOL is not supported, supported are F32, F16, BF16; convert the model", file);
      assertThatThrownBy(() -> model.tensor("b.wieght")).isInstanceOf(ModelException.class).hasMessageContaining("(nearest: b.weight");
    }
  }

  @Test
  void readsShardsThatAnIndexLists() throws IOException {
    new SafetensorsWriter().tensor("a", "F32", ONE, 1).tensor("unlisted", "F32", ONE, 1).write(folder.resolve("model-00001-of-00002.safetensors"));
    new SafetensorsWriter().tensor("b", "F16", HALVES, 4).write(folder.resolve("model-00002-of-00002.safetensors"));
    index("{\"a\": \"model-00001-of-00002.safetensors\", \"b\": \"model-00002-of-00002.safetensors\"}");
    try (var model = ModelFolder.open(folder)) {
      assertThat(model.tensors()).extracting(Tensor::name).containsExactly("a", "b");
      assertThat(model.find("unlisted")).isEmpty();
    }
    index("{\"c\": \"model-00002-of-00002.safetensors\"}");
    assertRefused(ErrorCode.MODEL_CORRUPT, "%s: c: expected a tensor of this name, as model.safetensors.index.json says, found none; "
        + "fetch both files again", folder.resolve("model-00002-of-00002.safetensors"));
    index("{\"a\": \"model-00003-of-00002.safetensors\"}");
    assertRefused(ErrorCode.MODEL_NOT_FOUND, "%s: expected a safetensors file, found nothing; check the name, or fetch the model",
        folder.resolve("model-00003-of-00002.safetensors"));
  }

  @ParameterizedTest
  @CsvSource({"../model.safetensors", "/etc/model.safetensors", "sub/model.safetensors", "weights.bin"})
  void anIndexReachesNoFileElsewhere(String name) throws IOException {
    index("{\"a\": \"%s\"}".formatted(name));
    assertRefused(ErrorCode.MODEL_CORRUPT, "%s: weight_map: a: expected the name of a .safetensors file beside it, found \"" + name + "\"",
        folder.resolve("model.safetensors.index.json"));
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    assertRefused(ErrorCode.MODEL_NOT_FOUND, "%s: expected model.safetensors or model.safetensors.index.json, found neither; fetch the whole model",
        folder);
    Files.createFile(folder.resolve("pytorch_model.bin"));
    assertRefused(ErrorCode.MODEL_UNSUPPORTED, "%s: expected model.safetensors or model.safetensors.index.json, found PyTorch's pickled weights, "
        + "which may run code; convert the model to safetensors", folder);
    Files.delete(folder.resolve("config.json"));
    assertRefused(ErrorCode.MODEL_NOT_FOUND, "%s: expected a file, found nothing; fetch the whole model", folder.resolve("config.json"));
    Files.writeString(folder.resolve("config.json"), "{\"a\": 1, \"a\": 2}");
    assertRefused(ErrorCode.MODEL_CORRUPT, "%s: expected JSON, found at line 1, column 13: Duplicate field 'a'; the file is damaged: fetch it again",
        folder.resolve("config.json"));
  }

  @Test
  void headersThatContradictTheFile() {
    refusedHeader(new SafetensorsWriter().entry("a", "F32", 0, 4, 1), "a: expected 4 bytes of data at offset 0, found 0 in all");
    refusedHeader(new SafetensorsWriter().tensor("a", "F32", ONE, 2), "a: expected data_offsets 8 bytes apart, for [2] of F32, found [0,4]");
    refusedHeader(new SafetensorsWriter().tensor("a", "F32", ONE, 1).entry("b", "F32", 0, 4, 1),
        "b: expected data at offset 4, where the tensor before it ends, found 0");
    refusedHeader(new SafetensorsWriter().tensor("a", "F32", ONE, 1).entry("b", "F32", 8, 12, 1),
        "b: expected data at offset 4, where the tensor before it ends, found 8");
    refusedHeader(new SafetensorsWriter().entry("a", "F32", -4, 0, 1), "a: expected data_offsets that are natural numbers, found -4");
    refusedHeader(new SafetensorsWriter().entry("a", "F32", 4, 0, 1), "a: expected data_offsets 4 bytes apart, for [1] of F32, found [4,0]");
    refusedHeader(new SafetensorsWriter().entry("a", "F32", 0, 0, Long.MAX_VALUE, 4),
        "a: expected dimensions of a tensor, found [9223372036854775807,4]");
    refusedHeader(new SafetensorsWriter().entry("a", "F32", 0, 4, -1), "a: expected dimensions that are natural numbers, found -1");
  }

  @Test
  void filesThatAreNone() throws IOException {
    refused(new byte[] {1, 2, 3}, "expected a safetensors file, whose header has 2 to 2 bytes, found a file of 3 bytes");
    refused("GGUF-no-safetensors-file".getBytes(), "expected a safetensors file, whose header has 2 to 16 bytes, found a length of 3273956594854217543");
    refused(SafetensorsWriter.bytes("[]", List.of()), "expected a header that starts with {, found 0x5b");
    refused(SafetensorsWriter.bytes("{}", List.of(ONE)), "expected 0 bytes of tensors, found 4");
    byte[] whole = new SafetensorsWriter().tensor("a", "F32", ONE, 1).bytes();
    refused(Arrays.copyOf(whole, whole.length - 1), "a: expected 4 bytes of data at offset 0, found 3 in all");
    refused(Arrays.copyOf(whole, whole.length + 1), "expected 4 bytes of tensors, found 5");
  }

  /** Whatever bit is wrong, a file is refused or all its tensors can be read. */
  @Test
  void flippedBitsNeverReachBeyondTheFile() throws IOException {
    byte[] whole = new SafetensorsWriter().tensor("first", "F32", ONE, 1).tensor("second", "F16", HALVES, 2, 2).bytes();
    var random = new SplittableRandom(SEED);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] bad = whole.clone();
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) bad[random.nextInt(bad.length - 12)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, bad);
      try (var model = ModelFolder.open(folder)) {
        for (Tensor tensor : model.tensors()) assertThat(tensor.data().byteSize()).isEqualTo(tensor.type().bytes(tensor.elements()));
      } catch (ModelException e) {
        refused++;
        assertThat(e).hasMessageStartingWith(file.toString());
      }
    }
    assertThat(refused).as("seed %d", SEED).isBetween(1500, 3000);
  }

  @Test
  void fingerprintIsOfAllPartsAndOfNothingElse() throws IOException {
    new SafetensorsWriter().tensor("a", "F32", ONE, 1).write(file);
    String first = Fingerprint.sha256(folder);
    String lines = Fingerprint.sha256(folder.resolve("config.json")) + "  config.json\n" + Fingerprint.sha256(file) + "  model.safetensors\n";
    assertThat(first).isEqualTo(HexFormat.of().formatHex(digest(lines)));
    assertThat(Fingerprint.cached(folder, folder.resolve("cache"))).isEqualTo(first);
    Files.writeString(folder.resolve("README.md"), "read me");
    Files.writeString(folder.resolve("model-extra.safetensors"), "not listed");
    assertThat(Fingerprint.sha256(folder)).isEqualTo(first);
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    assertThat(Fingerprint.sha256(folder)).isNotEqualTo(first);
  }

  private static byte[] digest(String text) {
    try {
      return java.security.MessageDigest.getInstance("SHA-256").digest(text.getBytes());
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void index(String map) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), "{\"metadata\": {\"total_size\": 12}, \"weight_map\": " + map + "}");
  }

  private void refusedHeader(SafetensorsWriter writer, String problem) {
    writer.write(file);
    assertRefused(ErrorCode.MODEL_CORRUPT, "%s: " + problem + "; the file is truncated or damaged: fetch it again", file);
  }

  private void refused(byte[] content, String problem) throws IOException {
    Files.write(file, content);
    assertRefused(ErrorCode.MODEL_CORRUPT, "%s: " + problem + "; the file is truncated or damaged: fetch it again", file);
  }

  private void assertRefused(ErrorCode code, String message, Path named) {
    assertThatThrownBy(() -> ModelFolder.open(folder).close()).isInstanceOf(ModelException.class).hasMessage(message, named)
        .extracting(e -> ((ModelException) e).code()).isEqualTo(code);
  }
}
