package org.scriptorium.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;

/** What was written is what is read; refusals are in {@link TestGgufRefusals}. */
class TestGgufFile {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsWhatWasWritten(int version) {
    float[] values = {1, 2, 3, 4, 5, 6};
    Path file = new GgufWriter()
        .version(version)
        .put("general.architecture", "llama")
        .put("text.unicode", "Ġ 文字 🙂 \ufffd")
        .tensor("first", StorageType.F32, BlockWriter.write(StorageType.F32, values), 2, 3)
        .tensor("second", StorageType.F16, BlockWriter.write(StorageType.F16, values), 1, 2, 1, 3)
        .write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      assertThat(weights.path()).isEqualTo(file);
      assertThat(weights.bytes()).isEqualTo(file.toFile().length());
      assertThat(weights.metadata().keys()).containsExactly("general.architecture", "text.unicode");
      assertThat(weights.metadata().string("text.unicode")).isEqualTo("Ġ 文字 🙂 \ufffd");
      assertThat(weights.tensors()).extracting(Tensor::toString).containsExactly("first F32 [2, 3]", "second F16 [1, 2, 1, 3]");
      for (Tensor tensor : weights.tensors()) assertThat(dequantized(tensor)).isEqualTo(values);
      assertThat(weights.tensor("second").elements()).isEqualTo(6);
      assertThat(weights.find("third")).isEmpty();
    }
  }

  @Test
  void readsEveryKindOfValue() {
    Path file = new GgufWriter()
        .put("string", "text").put("integer", -1).put("long", 1L << 40).put("float", 0.5f).put("double", 0.1).put("yes", true)
        .put("strings", List.of("a", "", "ö")).put("integers", new int[] {-1, 0, 1}).put("floats", new float[] {0.5f, -0.0f})
        .put("huge", -1L)
        .raw("int8", new byte[] {1, 0, 0, 0, -3})
        .raw("uint8", new byte[] {0, 0, 0, 0, -3})
        .raw("int16", new byte[] {3, 0, 0, 0, -3, -1})
        .raw("uint16", new byte[] {2, 0, 0, 0, -3, -1})
        .raw("nested", new byte[] {9, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7})
        .write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      Metadata metadata = weights.metadata();
      assertThat(metadata.string("string")).isEqualTo("text");
      assertThat(metadata.longInteger("integer")).isEqualTo(0xFFFF_FFFFL);
      assertThat(metadata.longInteger("long")).isEqualTo(1L << 40);
      assertThat(metadata.integer("int8")).isEqualTo(-3);
      assertThat(metadata.integer("uint8")).isEqualTo(253);
      assertThat(metadata.integer("int16")).isEqualTo(-3);
      assertThat(metadata.integer("uint16")).isEqualTo(65_533);
      assertThat(metadata.real("float")).isEqualTo(0.5);
      assertThat(metadata.real("double")).isEqualTo(0.1);
      assertThat(metadata.real("long")).isEqualTo(0x1p40);
      assertThat(metadata.bool("yes")).isTrue();
      assertThat(metadata.strings("strings")).containsExactly("a", "", "ö");
      assertThat(metadata.integers("integers")).containsExactly(-1, 0, 1);
      assertThat(metadata.reals("floats")).containsExactly(0.5f, -0.0f);
      assertThat(metadata.text("strings")).isEqualTo("an array of 3 strings");
      assertThat(metadata.text("nested")).isEqualTo("an array of 1 arrays");
      assertThat(metadata.text("huge")).isEqualTo("18446744073709551615");
      assertThat(metadata.text("absent")).isEmpty();
    }
  }

  @Test
  void defaultsAnswerForMissingKeysOnly() {
    Path file = new GgufWriter().put("name", "text").write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      Metadata metadata = weights.metadata();
      assertThat(metadata.string("absent", "a")).isEqualTo("a");
      assertThat(metadata.integer("absent", 7)).isEqualTo(7);
      assertThat(metadata.real("absent", 0.5)).isEqualTo(0.5);
      assertThat(metadata.bool("absent", true)).isTrue();
      String problem = "%s: name: expected %s, found the string \"text\"; the file's metadata are wrong: convert the model again";
      assertThatThrownBy(() -> metadata.integer("name", 7)).hasMessage(problem, file, "an integer");
      assertThatThrownBy(() -> metadata.real("name", 7)).hasMessage(problem, file, "a number");
      assertThatThrownBy(() -> metadata.bool("name", true)).hasMessage(problem, file, "true or false");
      assertThatThrownBy(() -> metadata.strings("name")).hasMessage(problem, file, "an array of strings");
      assertThatThrownBy(() -> metadata.integers("name")).hasMessage(problem, file, "an array of integers");
      assertThatThrownBy(() -> metadata.reals("name")).hasMessage(problem, file, "an array of float32");
    }
  }

  @Test
  void metadataNameTheKeyThatIsMissingOrOutOfRange() {
    Path file = new GgufWriter().put("llama.block_count", 30).put("long", 1L << 40).put("huge", -1L).write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      Metadata metadata = weights.metadata();
      assertThatThrownBy(() -> metadata.integer("llama.block_cuont")).isInstanceOf(ModelException.class).hasMessage(
          "%s: llama.block_cuont: expected an integer, found no such key (nearest: llama.block_count); the file is incomplete: convert the"
              + " model again", file);
      assertThatThrownBy(() -> metadata.integer("llama.block_count", 1, 20)).isInstanceOf(ModelException.class)
          .hasMessage("%s: llama.block_count: expected from 1 to 20, found 30; the file's metadata are wrong: convert the model again", file);
      assertThatThrownBy(() -> metadata.integer("long")).isInstanceOf(ModelException.class)
          .hasMessageContaining("long: expected from -2147483648 to 2147483647, found 1099511627776");
      assertThatThrownBy(() -> metadata.longInteger("huge")).isInstanceOf(ModelException.class)
          .hasMessageContaining("huge: expected at most 9223372036854775807, found 18446744073709551615");
    }
  }

  @Test
  void namesTheTensorThatIsMissingOrOfAnotherShape() {
    Path file = new GgufWriter()
        .tensor("blk.0.attn_q.weight", StorageType.F32, new byte[24], 2, 3)
        .tensor("blk.1.attn_q.weight", StorageType.F32, new byte[24], 2, 3)
        .write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      assertThatThrownBy(() -> weights.tensor("blk.2.attn_q.weight"))
          .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MISSING_TENSOR))
          .hasMessage("%s: blk.2.attn_q.weight: expected a tensor of this name, found none among 2 (nearest: blk.0.attn_q.weight,"
              + " blk.1.attn_q.weight); the file may be of another architecture, or a part of a model only", file);
      Tensor tensor = weights.tensor("blk.0.attn_q.weight");
      assertThatThrownBy(() -> tensor.requireShape(3, 2))
          .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SHAPE_MISMATCH))
          .hasMessage("blk.0.attn_q.weight: expected [3, 2], found [2, 3]; check the sizes in the file's metadata, or convert the model again");
      tensor.shape()[0] = 9;
      assertThat(tensor.shape()).containsExactly(2, 3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 32, 64, 4096})
  void placesDataByTheFilesAlignment(int alignment) {
    Path file = new GgufWriter()
        .alignment(alignment)
        .tensor("one", StorageType.F32, BlockWriter.write(StorageType.F32, new float[] {1, 2, 3}), 3)
        .tensor("two", StorageType.F32, BlockWriter.write(StorageType.F32, new float[] {4}), 1)
        .write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      assertThat(dequantized(weights.tensor("one"))).containsExactly(1, 2, 3);
      assertThat(dequantized(weights.tensor("two"))).containsExactly(4);
    }
  }

  @Test
  void dataAreReadOnlyAndGoneAfterClose() {
    Path file = new GgufWriter().tensor("one", StorageType.F32, new byte[4], 1).write(folder.resolve("model.gguf"));
    Weights weights = GgufFile.open(file);
    Tensor tensor = weights.tensor("one");
    assertThat(tensor.data().isMapped()).isTrue();
    assertThat(tensor.data().byteSize()).isEqualTo(4);
    assertThatThrownBy(() -> tensor.data().set(ValueLayout.JAVA_BYTE, 0, (byte) 1)).hasMessageContaining("read-only");
    weights.close();
    weights.close();
    assertThatThrownBy(() -> tensor.data().get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aReplacedFileLeavesTheOpenOneAlone() throws IOException {
    Path file = new GgufWriter().tensor("one", StorageType.F32, BlockWriter.write(StorageType.F32, new float[] {1}), 1)
        .write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      Files.move(Files.write(folder.resolve("other"), new byte[0]), file, StandardCopyOption.REPLACE_EXISTING);
      assertThat(dequantized(weights.tensor("one"))).containsExactly(1);
    }
  }

  @Test
  void readsALargeVocabulary() {
    var tokens = new ArrayList<String>();
    for (int i = 0; i < 150_000; i++) tokens.add("token " + i);
    Path file = new GgufWriter().put("tokenizer.ggml.tokens", tokens).write(folder.resolve("model.gguf"));
    try (GgufFile weights = GgufFile.open(file)) {
      assertThat(weights.metadata().strings("tokenizer.ggml.tokens")).isEqualTo(tokens);
    }
  }

  private static float[] dequantized(Tensor tensor) {
    float[] values = new float[(int) tensor.elements()];
    ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, values.length, values, 0);
    return values;
  }
}
