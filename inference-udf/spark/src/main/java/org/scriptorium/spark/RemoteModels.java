package org.scriptorium.spark;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.hadoop.conf.Configuration;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Copies of models from Hadoop file systems, one a node: {@code remote/<sha256>/<name>} under the models' folder.
 *
 * <p>A copy grows under another name and is renamed when whole and checked, so what is under its own name is complete. One process of a
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

  /** A copy, of a file or a folder, and its fingerprint. */
  record Copy(Path file, String fingerprint) {}

  /** The driver's way: the copy of what the URI names now. */
  Copy newest(String uri) {
    return failingClearly(uri, () -> {
      var source = RemoteSource.of(uri, hadoop);
      Path known = folder.resolve(digest(uri + "\n" + source.identity()) + ".copy");
      return locked(uri, () -> {
        if (Files.exists(known)) {
          List<String> lines = Files.readAllLines(known);
          Path file = target(uri, lines.getFirst());
          if (isWhole(file, Long.parseLong(lines.getLast()))) return new Copy(file, lines.getFirst());
        }
        Copy copy = copied(uri, source, Optional.empty());
        Path growing = known.resolveSibling(known.getFileName() + ".part");
        Files.write(growing, List.of(copy.fingerprint(), Long.toString(DriverModels.size(copy.file()))));
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
          isWhole(file, model.bytes()) ? file
              : copied(model.location(), RemoteSource.of(model.location(), hadoop), Optional.of(model.fingerprint())).file());
    });
  }

  /** Takes a damaged copy away, so that the next call copies again. */
  void discard(Copy copy) {
    failingClearly(copy.file().toString(), () -> {
      deleteTree(copy.file());
      return copy;
    });
  }

  private Path target(String uri, String fingerprint) {
    return folder.resolve(fingerprint).resolve(new org.apache.hadoop.fs.Path(uri).getName());
  }

  private static boolean isWhole(Path model, long bytes) {
    try {
      return Files.exists(model) && DriverModels.size(model) == bytes;
    } catch (ModelException e) {
      // A folder that lost files since it was copied.
      return false;
    }
  }

  /** Called under the lock of {@code uri}. */
  private Copy copied(String uri, RemoteSource source, Optional<String> expected) throws IOException {
    Path growing = folder.resolve(digest(uri) + ".part");
    deleteTree(growing);
    String found = source.copy(growing);
    if (expected.filter(sum -> !sum.equals(found)).isPresent()) {
      deleteTree(growing);
      throw new ModelException(ErrorCode.MODEL_CHANGED,
          "%s: expected SHA-256 %s, found %s; the file changed while the job ran, run it again".formatted(uri, expected.get(), found));
    }
    Path target = target(uri, found);
    Files.createDirectories(target.getParent());
    deleteTree(target);
    Files.move(growing, target, StandardCopyOption.ATOMIC_MOVE);
    return new Copy(target, found);
  }

  private static void deleteTree(Path path) throws IOException {
    if (!Files.exists(path)) return;
    try (var files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
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

  static MessageDigest sha256() {
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
