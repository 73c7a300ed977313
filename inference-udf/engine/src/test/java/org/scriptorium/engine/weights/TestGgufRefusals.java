package org.scriptorium.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.kernel.scalar.ScalarDequantization;

/** Files that are not what they should be: each is refused with a message that says what and where. */
class TestGgufRefusals {
  private static final long SEED = Long.getLong("scriptorium.test.seed", 20_260_101L);
  private static final int FLIPPED_FILES = 2000;
  private static final byte[] ONE = {0, 0, (byte) 0x80, 0x3f};

  @TempDir private Path folder;

  @Test
  void whatIsNoReadableFile() throws IOException {
    Path absent = folder.resolve("absent.gguf");
    assertRefused(absent, ErrorCode.MODEL_NOT_FOUND, "%s: expected a GGUF file, found nothing; check the name, or fetch the model");
    assertRefused(folder, ErrorCode.MODEL_UNREADABLE, "%s: expected a GGUF file, found a directory; name the file in it");
    Path empty = Files.createFile(folder.resolve("empty.gguf"));
    assertRefused(empty, ErrorCode.MODEL_CORRUPT, "%s: expected a GGUF file, found an empty one; fetch it again");
    Path device = Path.of("/dev/null");
    assumeTrue(Files.exists(device), "no /dev/null on this system");
    assertRefused(device, ErrorCode.MODEL_UNREADABLE, "%s: expected a GGUF file, found a pipe or device");
  }

  @Test
  void aFileWithoutPermission() throws IOException {
    Path file = small().write(folder.resolve("model.gguf"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    assumeFalse(Files.isReadable(file), "this user may read everything");
    assertRefused(file, ErrorCode.MODEL_UNREADABLE, "%s: no permission to read it; change the file's mode or owner");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      version https://git-lfs.github.com/spec/v1 | a Git LFS pointer; run git lfs pull, or fetch the file itself
      <!DOCTYPE html><html><body>Not found       | an HTML page; the download gave a page instead of the file: fetch it again
      PK\u0003\u0004archive                      | a zip archive, such as PyTorch's; convert the model to GGUF
      01234567{"__metadata__":{}}                | a safetensors file; convert the model to GGUF
      {"error": "no such model"}                 | JSON; name the GGUF file
      tjggxxxx                                   | a GGML file from before GGUF; convert it to GGUF
      FUGGxxxx                                   | a GGUF file of big-endian order; convert it to little-endian
      ggufxxxx                                   | a file that starts with 0x67677566; it is damaged or of another format
      GG                                         | a file that starts with 0x4747; it is damaged or of another format
      """)
  void otherFormats(String content, String found) throws IOException {
    Path file = Files.write(folder.resolve("model.gguf"), content.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(file, ErrorCode.MODEL_CORRUPT, "%s: expected a GGUF file, found " + found);
  }

  @Test
  void otherFormatsThatAreNoText() {
    Path file = write(new byte[] {0x1f, (byte) 0x8b, 8, 0});
    assertRefused(file, ErrorCode.MODEL_CORRUPT, "%s: expected a GGUF file, found a gzip archive; unpack it");
    write(new byte[100]);
    assertRefused(file, ErrorCode.MODEL_CORRUPT, "%s: expected a GGUF file, found zeros; the download was never finished: fetch it again");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      1         | version 1
      4         | version 4
      -1        | version 4294967295
      50331648  | version 3 in big-endian order
      """)
  void otherVersions(int version, String found) {
    assertRefused(small().version(version), ErrorCode.MODEL_UNSUPPORTED,
        "%s: expected a GGUF file of version 2 or 3, little-endian, found " + found + "; convert the model again with a recent converter");
  }

  @ParameterizedTest
  @CsvSource({"16, ' (IQ2_XXS)'", "39, ' (MXFP4)'", "1000, ''", "-1, ''"})
  void otherStorageTypes(int ggmlType, String name) {
    assertRefused(new GgufWriter().tensor(bytes("blk.0.x"), ggmlType, new byte[64], -1, 32), ErrorCode.MODEL_UNSUPPORTED,
        "%s: blk.0.x: storage type " + Integer.toUnsignedString(ggmlType) + name + " is not supported, supported are F32, F16, BF16, Q4_0,"
            + " Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS; choose another quantization");
  }

  @Test
  void dataBeyondTheEnd() {
    int header = 24 + 8 + 1 + 4 + 8 + 4 + 8;
    int start = (header + 31) / 32 * 32;
    assertRefused(new GgufWriter().tensor("t", StorageType.F32, ONE, 2), ErrorCode.MODEL_CORRUPT,
        "%s: t: expected 8 bytes of data at byte " + start + ", found a file of " + (start + 4)
            + " bytes; it is truncated or damaged: fetch it again");
    long far = Long.MAX_VALUE / 32 * 32;
    assertRefused(new GgufWriter().tensor(bytes("t"), 0, ONE, far, 1), ErrorCode.MODEL_CORRUPT,
        "%s: t: expected 4 bytes of data at byte " + Long.toUnsignedString(far + start) + ", found a file of " + (start + 4)
            + " bytes; it is truncated or damaged: fetch it again");
  }

  @Test
  void wrongOffsets() {
    assertDamaged(new GgufWriter().tensor(bytes("t"), 0, ONE, 8, 1), "t at byte 49: expected an offset that is a multiple of 32, found 8");
    assertDamaged(withLong(new GgufWriter().tensor("t", StorageType.F32, ONE, 1).toByteArray(), 49, Long.MIN_VALUE),
        "t at byte 49: expected an offset that is a multiple of 32, found 9223372036854775808");
    assertDamaged(new GgufWriter().tensor("a", StorageType.F32, new byte[64], 16).tensor(bytes("b"), 0, new byte[4], 32, 1),
        "b at byte 128: expected data of its own, found them inside those of a, which end at byte 160");
  }

  @Test
  void wrongShapes() {
    assertDamaged(new GgufWriter().tensor("t", StorageType.F32, ONE), "t at byte 33: expected 1 to 4 dimensions, found 0");
    assertDamaged(new GgufWriter().tensor("t", StorageType.F32, ONE, 1, 1, 1, 1, 1), "t at byte 33: expected 1 to 4 dimensions, found 5");
    assertDamaged(new GgufWriter().tensor("t", StorageType.F32, ONE, 0), "t at byte 33: expected dimensions of a tensor, found 0 among them");
    assertDamaged(new GgufWriter().tensor("t", StorageType.F32, ONE, -1),
        "t at byte 33: expected dimensions of a tensor, found 18446744073709551615 among them");
    assertDamaged(new GgufWriter().tensor("t", StorageType.F32, ONE, 1L << 31, 1L << 31, 1L << 31),
        "t at byte 33: expected dimensions of a tensor, found 2147483648 among them");
    assertDamaged(new GgufWriter().tensor("t", StorageType.Q4_1, new byte[20], 16),
        "t at byte 45: expected rows of a multiple of 32 values (Q4_1), found [16]");
    assertDamaged(new GgufWriter().tensor("t", StorageType.Q4_1, new byte[20], 2, 16),
        "t at byte 53: expected rows of a multiple of 32 values (Q4_1), found [2, 16]");
  }

  @Test
  void wrongNames() {
    assertDamaged(new GgufWriter().tensor("t", StorageType.F32, ONE, 1).tensor("t", StorageType.F32, ONE, 1),
        "t at byte 57: expected each tensor once, found it again");
    assertDamaged(new GgufWriter().tensor("", StorageType.F32, ONE, 1),
        "tensor 1 of 1 at byte 24: expected a name of 1 to 1024 characters, found 0");
    assertDamaged(new GgufWriter().tensor(new byte[] {'a', (byte) 0xff}, 0, ONE, -1, 1),
        "tensor 1 of 1 at byte 32: expected UTF-8, found bytes that are not");
    assertDamaged(new GgufWriter().put("", 1), "metadata key 1 of 1 at byte 24: expected a key of 1 to 65536 characters, found 0");
  }

  @Test
  void wrongMetadata() {
    byte[] twice = new GgufWriter().put("a", 1).put("b", 1).toByteArray();
    twice[24 + 17 + 8] = 'a';
    assertDamaged(twice, "a at byte 41: expected each key once, found it again");
    assertDamaged(new GgufWriter().raw("key", new byte[] {13, 0, 0, 0}), "key at byte 35: expected a value's type from 0 to 12, found 13");
    assertDamaged(new GgufWriter().raw("key", new byte[] {7, 0, 0, 0, 2}), "key at byte 39: expected 0 or 1, found 2");
    assertDamaged(new GgufWriter().raw("key", new byte[] {8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, (byte) 0xc3}),
        "key at byte 47: expected UTF-8, found bytes that are not");
    assertDamaged(new GgufWriter().raw("key", array(10, 1, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1})),
        "key at byte 51: expected integers below 2^63, found a larger one");
    byte[] nested = {};
    for (int depth = 0; depth < 6; depth++) nested = array(9, 1, nested.length == 0 ? new byte[12] : Arrays.copyOfRange(nested, 4, nested.length));
    assertDamaged(new GgufWriter().raw("key", nested), "key at byte 99: expected arrays at most 4 deep, found more");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 48, 1 << 30})
  void wrongAlignment(int alignment) {
    Path file = small().put("general.alignment", alignment).write(folder.resolve("model.gguf"));
    boolean inRange = alignment >= 1 && alignment <= 1 << 20;
    assertRefused(file, ErrorCode.MODEL_CORRUPT, "%s: general.alignment: expected " + (inRange
        ? "a power of two, found " + alignment + "; the file is damaged: fetch it again"
        : "from 1 to 1048576, found " + alignment + "; the file's metadata are wrong: convert the model again"));
  }

  @Test
  void countsThatNoFileHolds() {
    byte[] whole = small().toByteArray();
    assertDamaged(withLong(whole, 8, -1), "header at byte 8: expected at most 1,048,576 tensors, found 18446744073709551615");
    assertDamaged(withLong(whole, 16, 1 << 20), "header at byte 16: expected at most 65,536 metadata keys, found 1048576");
    assertRefused(write(withLong(whole, 8, 1 << 20)), ErrorCode.MODEL_CORRUPT, "%s: header at byte 16: expected 33554432 more bytes, found "
        + (whole.length - 16) + " before the file's end; the file is truncated or damaged: fetch it again");
    assertDamaged(withLong(whole, 24, Long.MIN_VALUE),
        "metadata key 1 of 2 at byte 24: expected a string of at most 16,777,216 bytes, found 9223372036854775808");
    assertDamaged(new GgufWriter().raw("key", array(8, Long.MAX_VALUE, new byte[0])),
        "key at byte 43: expected at most 4,194,304 elements, found 9223372036854775807");
    assertRefused(new GgufWriter().raw("key", array(4, 1 << 22, new byte[0])), ErrorCode.MODEL_CORRUPT,
        "%s: key at byte 51: expected 16777216 more bytes, found 13 before the file's end; the file is truncated or damaged: fetch it again");
  }

  @Test
  void everyTruncation() {
    byte[] whole = small().toByteArray();
    assertThat(readEverything(write(whole))).isEqualTo(3);
    for (int length = 0; length < whole.length; length++) {
      Path file = write(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> readEverything(file)).as("cut at %d of %d", length, whole.length).isInstanceOf(ModelException.class)
          .hasMessageStartingWith(file + ": ");
    }
  }

  @Test
  void randomDamageIsReadOrRefused() {
    byte[] whole = small().toByteArray();
    var random = new Random(SEED);
    int refused = 0;
    for (int i = 0; i < FLIPPED_FILES; i++) {
      byte[] damaged = whole.clone();
      int flips = 1 + random.nextInt(4);
      for (int flip = 0; flip < flips; flip++) damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        readEverything(write(damaged));
      } catch (ModelException e) {
        refused++;
      } catch (RuntimeException | Error e) {
        fail("file %d of seed %d".formatted(i, SEED), e);
      }
    }
    assertThat(refused).as("seed %d", SEED).isBetween(FLIPPED_FILES / 10, FLIPPED_FILES);
  }

  /** A file with each kind of thing in it, and no padding at its end. */
  private static GgufWriter small() {
    return new GgufWriter()
        .put("general.architecture", "llama")
        .put("tokens", List.of("a", "bc", "文"))
        .tensor("one", StorageType.F32, new byte[12], 3)
        .tensor("two", StorageType.Q4_1, new byte[40], 2, 32)
        .tensor("three", StorageType.Q6_K, new byte[210], 256);
  }

  /** Opens a file and touches all of it; returns the number of its tensors. */
  private static int readEverything(Path file) {
    try (GgufFile weights = GgufFile.open(file)) {
      for (String key : weights.metadata().keys()) assertThat(weights.metadata().text(key)).isNotNull();
      for (Tensor tensor : weights.tensors()) {
        int elements = Math.toIntExact(tensor.elements());
        ScalarDequantization.dequantize(tensor.type(), tensor.data(), 0, elements, new float[elements], 0);
      }
      return weights.tensors().size();
    }
  }

  private void assertDamaged(GgufWriter writer, String problem) {
    assertDamaged(writer.toByteArray(), problem);
  }

  private void assertDamaged(byte[] content, String problem) {
    assertRefused(write(content), ErrorCode.MODEL_CORRUPT, "%s: " + problem + "; the file is damaged: fetch it again");
  }

  private void assertRefused(GgufWriter writer, ErrorCode code, String message) {
    assertRefused(write(writer.toByteArray()), code, message);
  }

  /** {@code %s} at the message's start stands for the file. */
  private static void assertRefused(Path file, ErrorCode code, String message) {
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessage("%s", message.replace("%s", file.toString()));
  }

  private Path write(byte[] content) {
    try {
      return Files.write(folder.resolve("model.gguf"), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] withLong(byte[] content, int at, long value) {
    byte[] changed = content.clone();
    ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return changed;
  }

  /** A metadata value: an array of so many elements of a type. */
  private static byte[] array(int type, long count, byte[] elements) {
    return ByteBuffer.allocate(16 + elements.length).order(ByteOrder.LITTLE_ENDIAN).putInt(9).putInt(type).putLong(count).put(elements).array();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
