package org.scriptorium.engine.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Maps whole files of weights read-only, and says why one can't be. */
final class MappedFile {
  private MappedFile() {}

  /**
   * @param arena that the mapping lives as long as
   * @param kind what the file should be, as in {@code GGUF file}
   */
  static MemorySegment map(Path path, Arena arena, String kind) {
    if (Files.isDirectory(path)) throw unreadable(path, "expected a %s, found a directory; name the file in it".formatted(kind), null);
    // Opening a pipe would wait for its writer.
    if (Files.exists(path) && !Files.isRegularFile(path)) throw unreadable(path, "expected a %s, found a pipe or device".formatted(kind), null);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size == 0) {
        throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: expected a %s, found an empty one; fetch it again".formatted(path, kind));
      }
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
    } catch (NoSuchFileException e) {
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND,
          "%s: expected a %s, found nothing; check the name, or fetch the model".formatted(path, kind), e);
    } catch (AccessDeniedException e) {
      throw unreadable(path, "no permission to read it; change the file's mode or owner", e);
    } catch (IOException | UnsupportedOperationException e) {
      throw unreadable(path, "can't be mapped into memory: %s; it must be a plain file on a local disk".formatted(e.getMessage()), e);
    }
  }

  /** What an {@link InternalError} means while a mapping is read: the JVM tells so of a page that its file does not have any more. */
  static ModelException cutShort(Path path, InternalError cause) {
    return new ModelException(ErrorCode.MODEL_CHANGED, "%s: the file was cut short while it was read; try again when its writer is done"
        .formatted(path), cause);
  }

  private static ModelException unreadable(Path path, String problem, Exception cause) {
    return new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: %s".formatted(path, problem), cause);
  }
}
