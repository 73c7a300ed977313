package org.scriptorium.spark;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Copies of models from Hadoop file systems, one a node: {@code remote/<sha256>/<name>} under the models' folder.
 *
 * <p>A copy grows under another name and is renamed when whole and checked, so a file under its own name is complete. One process of a
 * node copies, held by a lock file that the system frees when the process dies; the others wait and find the copy. What a killed copy
 * left is overwritten by the next.
 */
final class RemoteModels {
  /** The lock file keeps processes apart, this one the threads of a process. */
  private static final ConcurrentHashMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final Path folder;
  private final Configuration hadoop;

  RemoteModels(Path directory, Configuration hadoop) {
    this.folder = directory.resolve("remote");
    this.hadoop = hadoop;
  }

  /** A copy and the SHA-256 of its bytes. */
  record Copy(Path file, String fingerprint) {}

  /** The driver's way: the copy of what the URI names now. */
  Copy newest(String uri) {
    return failingClearly(uri, () -> {
      FileStatus status = status(uri);
      Path known = folder.resolve(digest(uri + "\n" + status.getLen() + "\n" + status.getModificationTime()) + ".sha256");
      return locked(uri, () -> {
        if (Files.exists(known)) {
          String fingerprint = Files.readString(known).strip();
          Path file = target(uri, fingerprint);
          if (isWhole(file, status.getLen())) return new Copy(file, fingerprint);
        }
        Copy copy = copied(uri, status.getLen(), Optional.empty());
        Path growing = Files.writeString(known.resolveSibling(known.getFileName() + ".part"), copy.fingerprint());
        Files.move(growing, known, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return copy;
      });
    });
  }

  /** An executor's way: the bytes that the driver checked. */
  Path checked(ModelReference model) {
    Path file = target(model.location(), model.fingerprint());
    return failingClearly(model.location(), () -> {
      if (isWhole(file, model.bytes())) return file;
      return locked(model.location(), () ->
          isWhole(file, model.bytes()) ? file : copied(model.location(), model.bytes(), Optional.of(model.fingerprint())).file());
    });
  }

  /** Takes a damaged copy away, so that the next call copies again. */
  void discard(Copy copy) {
    failingClearly(copy.file().toString(), () -> Files.deleteIfExists(copy.file()));
  }

  private Path target(String uri, String fingerprint) {
    return folder.resolve(fingerprint).resolve(new org.apache.hadoop.fs.Path(uri).getName());
  }

  private static boolean isWhole(Path file, long bytes) throws IOException {
    return Files.isRegularFile(file) && Files.size(file) == bytes;
  }

  private FileStatus status(String uri) throws IOException {
    var path = new org.apache.hadoop.fs.Path(uri);
    FileStatus status = path.getFileSystem(hadoop).getFileStatus(path);
    if (!status.isFile())
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: expected a .gguf file, found a folder; name the file in it".formatted(uri));
    return status;
  }

  /** Called under the lock of {@code uri}. */
  private Copy copied(String uri, long bytes, Optional<String> expected) throws IOException {
    Path growing = folder.resolve(digest(uri) + ".part");
    String found = stream(uri, growing);
    long length = Files.size(growing);
    if (length != bytes || expected.filter(sum -> !sum.equals(found)).isPresent()) {
      Files.delete(growing);
      throw new ModelException(ErrorCode.MODEL_CHANGED,
          "%s: expected %d bytes%s, found %d bytes with SHA-256 %s; the file changed while the job ran, run it again"
              .formatted(uri, bytes, expected.map(sum -> " with SHA-256 " + sum).orElse(""), length, found));
    }
    Path file = target(uri, found);
    Files.createDirectories(file.getParent());
    Files.move(growing, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new Copy(file, found);
  }

  private String stream(String uri, Path growing) throws IOException {
    MessageDigest digest = sha256();
    var source = new org.apache.hadoop.fs.Path(uri);
    var buffer = new byte[1 << 20];
    try (InputStream in = source.getFileSystem(hadoop).open(source);
        FileChannel out = FileChannel.open(growing, CREATE, WRITE, TRUNCATE_EXISTING)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (Thread.currentThread().isInterrupted()) throw new InterruptedIOException("interrupted while copying " + uri);
        digest.update(buffer, 0, read);
        for (var bytes = ByteBuffer.wrap(buffer, 0, read); bytes.hasRemaining(); ) out.write(bytes);
      }
      out.force(true);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private <T> T locked(String uri, Action<T> action) throws IOException {
    Files.createDirectories(folder);
    Path lockFile = folder.resolve(digest(uri) + ".lock");
    ReentrantLock threads = THREADS.computeIfAbsent(lockFile.toAbsolutePath(), absent -> new ReentrantLock());
    threads.lock();
    try (FileChannel channel = FileChannel.open(lockFile, CREATE, WRITE); var held = channel.lock()) {
      if (!held.isValid()) throw new IOException("lock %s was lost".formatted(lockFile));
      return action.run();
    } finally {
      threads.unlock();
    }
  }

  private static <T> T failingClearly(String uri, Action<T> action) {
    try {
      return action.run();
    } catch (java.io.FileNotFoundException e) {
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND, "%s: nothing is there; check the URI".formatted(uri), e);
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: can't be copied to this node: %s".formatted(uri, e), e);
    }
  }

  private static String digest(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private interface Action<T> {
    T run() throws IOException;
  }
}
