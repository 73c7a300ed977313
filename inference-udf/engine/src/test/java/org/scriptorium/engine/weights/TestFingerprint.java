package org.scriptorium.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

class TestFingerprint {
  /** FIPS 180-2, appendix B.1. */
  private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  private static final String OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2026-01-02T03:04:05.123456789Z"));

  @TempDir private Path folder;
  private Path file;
  private Path cache;

  @BeforeEach
  void writesAFile() throws IOException {
    file = write("model.gguf", "abc");
    cache = folder.resolve("cache/fingerprints");
  }

  @Test
  void isTheStandardsDigest() throws IOException {
    assertThat(Fingerprint.sha256(file)).isEqualTo(OF_ABC);
    assertThat(Fingerprint.sha256(write("empty", ""))).isEqualTo(OF_NOTHING);
    Path threeMillionLetters = write("long", "a".repeat(3_000_000));
    assertThat(Fingerprint.sha256(threeMillionLetters)).isEqualTo("2a152c894398719c0570f83fac34ac03a0f6e8e474b995c2403aa5434f7b9dd4");
  }

  @Test
  void isRememberedForTheSameFileOnly() throws IOException {
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(OF_ABC);
    List<Path> entries = entries();
    assertThat(entries).hasSize(1);
    String forged = OF_ABC.replace('b', 'c');
    Files.writeString(entries.getFirst(), Files.readString(entries.getFirst()).replace(OF_ABC, forged));
    assertThat(Fingerprint.cached(file, cache)).as("taken from the entry").isEqualTo(forged);
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), file);
    assertThat(Fingerprint.cached(link, cache)).as("the same real path").isEqualTo(forged);
    assertThat(Fingerprint.cached(write("other.gguf", "abc"), cache)).as("another path").isEqualTo(OF_ABC);
  }

  @Test
  void noticesAReplacedFileOfTheSameSizeAndTime() throws IOException {
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(OF_ABC);
    Path other = write("other.gguf", "abd");
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(LONG_AGO);
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(Fingerprint.sha256(file)).isNotEqualTo(OF_ABC);
  }

  @Test
  void noticesChangesInPlace() throws IOException {
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(OF_ABC);
    Files.writeString(file, "abd");
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(Fingerprint.sha256(file)).isNotEqualTo(OF_ABC);
    Files.writeString(file, "abcd");
    Files.setLastModifiedTime(file, LONG_AGO);
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(Fingerprint.sha256(file));
  }

  @Test
  void remembersNothingOfAFileJustWritten() throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(OF_ABC);
    assertThat(cache).doesNotExist();
  }

  @Test
  void readsTheFileWhereTheEntryIsDamagedOrCannotBeWritten() throws IOException {
    assertThat(Fingerprint.cached(file, cache)).isEqualTo(OF_ABC);
    Path entry = entries().getFirst();
    for (byte[] damaged : List.of(new byte[0], new byte[] {(byte) 0xff, 10}, Files.readString(entry).replace(OF_ABC, "ba78").getBytes(
        StandardCharsets.UTF_8))) {
      Files.write(entry, damaged);
      assertThat(Fingerprint.cached(file, cache)).isEqualTo(OF_ABC);
      assertThat(Files.readString(entry)).endsWith(OF_ABC + "\n");
    }
    Path notAFolder = write("plain", "");
    assertThat(Fingerprint.cached(file, notAFolder)).isEqualTo(OF_ABC);
    assertThat(entries()).containsExactly(entry);
  }

  @Test
  void namesAFileThatIsNotThere() {
    Path absent = folder.resolve("absent");
    assertThatThrownBy(() -> Fingerprint.sha256(absent))
        .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND))
        .hasMessage("%s: expected a file, found nothing; check the name, or fetch the model", absent);
    assertThatThrownBy(() -> Fingerprint.cached(absent, cache)).isInstanceOf(ModelException.class)
        .hasMessage("%s: expected a file, found nothing; check the name, or fetch the model", absent);
    assertThatThrownBy(() -> Fingerprint.sha256(folder))
        .isInstanceOfSatisfying(ModelException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND))
        .hasMessageStartingWith("%s: expected model.safetensors or model.safetensors.index.json, found neither", folder);
  }

  /** A file with a time long past, as that of a model that is not just being written. */
  private Path write(String name, String content) throws IOException {
    Path written = Files.writeString(folder.resolve(name), content);
    return Files.setLastModifiedTime(written, LONG_AGO);
  }

  private List<Path> entries() throws IOException {
    try (Stream<Path> files = Files.list(cache)) {
      return files.toList();
    }
  }
}
