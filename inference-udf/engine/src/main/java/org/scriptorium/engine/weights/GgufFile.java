package org.scriptorium.engine.weights;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * A GGUF file of version 2 or 3, little-endian (github.com/ggml-org/ggml, docs/gguf.md), mapped read-only: processes that open the same
 * file share its pages, and only the metadata are copied to the heap.
 *
 * <p>Every length, count and offset is checked against the file's size when it is opened. A file must not be changed in place while it is
 * open: where one is cut short, the next read beyond its new end throws {@link InternalError} (replacing it by a rename is harmless, as the
 * mapping keeps the old file).
 */
public final class GgufFile implements Weights {
  private static final int MAGIC_BYTES = 4;

  private final Path path;
  /** Owned. */
  private final Arena arena;
  private final long bytes;
  private final Metadata metadata;
  private final Map<String, Tensor> tensors;

  private GgufFile(Path path, Arena arena, MemorySegment file) {
    var cursor = new GgufCursor(path, file);
    requireMagic(path, file);
    cursor.take(MAGIC_BYTES);
    requireVersion(path, cursor.int32());
    int tensorCount = GgufTensors.count(cursor);
    int keyCount = GgufMetadata.count(cursor);
    this.path = path;
    this.arena = arena;
    this.bytes = file.byteSize();
    this.metadata = new Metadata(path, new GgufMetadata(cursor).read(keyCount));
    this.tensors = Collections.unmodifiableMap(new GgufTensors(path, cursor, alignment(metadata)).read(tensorCount));
  }

  /**
   * Maps a file and reads its metadata.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND}, {@link ErrorCode#MODEL_UNREADABLE}, {@link ErrorCode#MODEL_CORRUPT} or
   *     {@link ErrorCode#MODEL_UNSUPPORTED}
   */
  public static GgufFile open(Path path) {
    Arena arena = Arena.ofShared();
    boolean opened = false;
    try {
      GgufFile file = new GgufFile(path, arena, MappedFile.map(path, arena, "GGUF file"));
      opened = true;
      return file;
    } catch (InternalError e) {
      throw MappedFile.cutShort(path, e);
    } finally {
      if (!opened) arena.close();
    }
  }

  private static void requireMagic(Path path, MemorySegment file) {
    byte[] head = new byte[(int) Math.min(file.byteSize(), 64)];
    MemorySegment.copy(file, ValueLayout.JAVA_BYTE, 0, head, 0, head.length);
    String start = new String(head, StandardCharsets.ISO_8859_1);
    if (start.startsWith("GGUF")) return;
    throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: expected a GGUF file, found %s".formatted(path, looksLike(start)));
  }

  /** What a file is by its first bytes, and what to do about it. */
  private static String looksLike(String start) {
    String lower = start.stripLeading().toLowerCase(Locale.ROOT);
    if (start.startsWith("version https://git-lfs")) return "a Git LFS pointer; run git lfs pull, or fetch the file itself";
    if (lower.startsWith("<!doctype html") || lower.startsWith("<html")) {
      return "an HTML page; the download gave a page instead of the file: fetch it again";
    }
    if (start.startsWith("PK\u0003\u0004")) return "a zip archive, such as PyTorch's; convert the model to GGUF";
    if (start.length() > 8 && start.charAt(8) == '{') return "a safetensors file; convert the model to GGUF";
    if (lower.startsWith("{")) return "JSON; name the GGUF file";
    if (start.startsWith("FUGG")) return "a GGUF file of big-endian order; convert it to little-endian";
    if (start.startsWith("lmgg") || start.startsWith("fmgg") || start.startsWith("tjgg")) {
      return "a GGML file from before GGUF; convert it to GGUF";
    }
    if (start.startsWith("\u001f\u008b")) return "a gzip archive; unpack it";
    if (start.chars().allMatch(character -> character == 0)) return "zeros; the download was never finished: fetch it again";
    return "a file that starts with 0x%s; it is damaged or of another format".formatted(hexadecimal(start));
  }

  private static String hexadecimal(String start) {
    byte[] magic = start.substring(0, Math.min(start.length(), MAGIC_BYTES)).getBytes(StandardCharsets.ISO_8859_1);
    return HexFormat.of().formatHex(magic);
  }

  private static void requireVersion(Path path, int version) {
    if (version == 2 || version == 3) return;
    // A small number in its upper bytes: the file's writer had the other byte order.
    int swapped = Integer.reverseBytes(version);
    String found = swapped > 0 && swapped < 256
        ? "version %d in big-endian order".formatted(swapped)
        : "version %s".formatted(Integer.toUnsignedString(version));
    throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
        "%s: expected a GGUF file of version 2 or 3, little-endian, found %s; convert the model again with a recent converter"
            .formatted(path, found));
  }

  private static int alignment(Metadata metadata) {
    int alignment = metadata.has("general.alignment") ? metadata.integer("general.alignment", 1, 1 << 20) : 32;
    if (Integer.bitCount(alignment) == 1) return alignment;
    throw new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: general.alignment: expected a power of two, found %d; the file is damaged: fetch it again"
            .formatted(metadata.path(), alignment));
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  /** The file's keys and values. */
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public Collection<Tensor> tensors() {
    return tensors.values();
  }

  @Override
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) arena.close();
  }
}
