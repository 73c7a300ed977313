package org.scriptorium.engine.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What identifies a model: the SHA-256 of its file's bytes, 64 lower-case hexadecimal digits. A folder's is that of a list of its parts,
 * the files that its results depend on: a line for each, ordered by name, of digest, two spaces and name, as {@code sha256sum} writes it.
 */
public final class Fingerprint {
  private static final Logger LOG = LoggerFactory.getLogger(Fingerprint.class);
  private static final int BUFFER_BYTES = 1 << 20;
  private static final String FORMAT = "scriptorium-fingerprint-1";
  private static final String DIGEST = "[0-9a-f]{64}";
  /** A change so soon after another may leave no trace in a file's times, as they are coarse on some file systems. */
  private static final Duration SETTLED = Duration.ofSeconds(3);

  private Fingerprint() {}

  /** Reads the whole file, or all parts of a folder. */
  public static String sha256(Path file) {
    return ModelFolder.isFolder(file) ? ofFolder(file, Fingerprint::sha256) : ofFile(file);
  }

  private static String ofFolder(Path folder, Function<Path, String> digest) {
    var lines = new StringBuilder();
    for (Path part : ModelFolder.parts(folder)) lines.append(digest.apply(part)).append("  ").append(folder.relativize(part)).append('\n');
    return hash(lines.toString());
  }

  private static String ofFile(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = newDigest();
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) digest.update(buffer, 0, read);
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * As {@link #sha256}, but reads the file only if it is another than last time by its real path, size, times or identity on its file
   * system. What was found is remembered in a small file in the folder, which is made if need be; where it can't be written, the file is
   * read each time. For any number of threads and processes.
   *
   * @throws ModelException {@link ErrorCode#MODEL_CHANGED} if the file changes while it is read
   */
  public static String cached(Path file, Path cacheDirectory) {
    if (ModelFolder.isFolder(file)) return ofFolder(file, part -> cached(part, cacheDirectory));
    List<String> identity = identity(file);
    Path entry = cacheDirectory.resolve(hash(identity.get(1)).substring(0, 32) + ".sha256");
    String known = remembered(entry, identity);
    if (!known.isEmpty()) return known;
    String digest = ofFile(file);
    if (!identity(file).equals(identity)) {
      throw new ModelException(ErrorCode.MODEL_CHANGED,
          "%s: the file changed while it was read; try again when its writer is done".formatted(file));
    }
    remember(entry, identity, digest, file);
    return digest;
  }

  /** A line for each thing that tells a file from its successor. */
  private static List<String> identity(Path file) {
    try {
      Path real = file.toRealPath();
      BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
      return List.of(FORMAT, HexFormat.of().formatHex(real.toString().getBytes(StandardCharsets.UTF_8)), "size " + attributes.size(),
          "modified " + nanoseconds(attributes.lastModifiedTime()), "changed " + changed(real), "key " + attributes.fileKey());
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** When the file's inode changed, which unlike its modification time can't be set back; empty where file systems have no such thing. */
  private static String changed(Path real) throws IOException {
    try {
      return nanoseconds((FileTime) Files.getAttribute(real, "unix:ctime"));
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return "";
    }
  }

  private static String nanoseconds(FileTime time) {
    return Long.toString(time.to(TimeUnit.NANOSECONDS));
  }

  private static String remembered(Path entry, List<String> identity) {
    try {
      List<String> lines = Files.readAllLines(entry);
      boolean same = lines.size() == identity.size() + 1 && lines.subList(0, identity.size()).equals(identity);
      return same && lines.getLast().matches(DIGEST) ? lines.getLast() : "";
    } catch (IOException e) {
      // Nothing there, or not readable, or not text: then the file itself is read.
      return "";
    }
  }

  private static void remember(Path entry, List<String> identity, String digest, Path file) {
    try {
      if (Files.getLastModifiedTime(file).toInstant().isAfter(Instant.now().minus(SETTLED))) return;
      Files.createDirectories(entry.getParent());
      Path written = Files.createTempFile(entry.getParent(), entry.getFileName().toString(), ".new");
      try {
        Files.writeString(written, String.join("\n", identity) + "\n" + digest + "\n");
        Files.move(written, entry, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (IOException e) {
      LOG.warn("{}: the fingerprint of {} can't be remembered and will be computed again: {}", entry, file, e.toString());
    }
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(newDigest().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static ModelException unreadable(Path file, IOException cause) {
    ErrorCode code = cause instanceof NoSuchFileException ? ErrorCode.MODEL_NOT_FOUND : ErrorCode.MODEL_UNREADABLE;
    String problem = switch (cause) {
      case NoSuchFileException _ -> "expected a file, found nothing; check the name, or fetch the model";
      case AccessDeniedException _ -> "no permission to read it; change the file's mode or owner";
      case IOException _ -> "can't be read: " + cause.getMessage();
    };
    return new ModelException(code, "%s: %s".formatted(file, problem), cause);
  }
}
