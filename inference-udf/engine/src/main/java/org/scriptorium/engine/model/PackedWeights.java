package org.scriptorium.engine.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.kernel.Matmul;
import org.scriptorium.engine.kernel.Packed;
import org.scriptorium.engine.kernel.StorageType;
import org.scriptorium.engine.weights.Weights;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packed matrices of a model: written once a node into a cache file named by model and layout, then mapped by every process,
 * so that all share its pages. Where the file can't be written, the matrices are packed into memory of this process.
 *
 * <p>The file is created whole under another name and then renamed; a reader sees all of it or nothing. It starts with 64 bytes of
 * header: a magic number, the total size, and the beginning of the model's fingerprint. One process at a time builds it, under a lock
 * that ends with its process; the others wait and then share what it made. Owner of the mapping.
 */
public final class PackedWeights implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PackedWeights.class);
  private static final long MAGIC = 0x3150_4D55_4952_4353L; // "SCRIUMP1", little-endian
  private static final int HEADER_BYTES = 64;
  private static final String BUILDING = ".building";
  /** Locks of files hold between processes only. */
  private static final Object BUILDERS = new Object();

  private final Arena arena;
  private final Source source;

  private PackedWeights(Arena arena, Source source) {
    this.arena = arena;
    this.source = source;
  }

  /** Where the matrices lie: in a file that is mapped and held open, or in memory of this process. */
  private record Source(MemorySegment memory, Path file, Optional<FileChannel> channel) {}

  /**
   * Packs the weights of all maps, or finds them packed, and binds the maps to them.
   *
   * @param directory for cache files; created if absent
   * @param fingerprint of the model's bytes
   */
  public static PackedWeights bind(List<Linear> maps, Weights weights, Machine machine, Path directory, String fingerprint) {
    Matmul matmul = machine.kernels().matmul();
    long[] offsets = new long[maps.size()];
    long size = HEADER_BYTES;
    for (int i = 0; i < offsets.length; i++) {
      Linear map = maps.get(i);
      StorageType type = map.matrix().type();
      if (!matmul.supports(type, map.inputs(), map.outputs())) {
        throw new ModelException(ErrorCode.MODEL_UNSUPPORTED,
            "%s: %s %s [%d, %d]: expected a matrix that the kernels %s can pack; choose the scalar ones".formatted(weights.path(),
            map.name(), type,
                map.outputs(), map.inputs(), machine.kernels().name()));
      }
      offsets[i] = size;
      size += matmul.packedBytes(type, map.inputs(), map.outputs());
    }
    Arena arena = Arena.ofShared();
    try {
      Source source = open(maps, machine, offsets, size, arena, file(directory, machine, maps, fingerprint), fingerprint);
      for (int i = 0; i < offsets.length; i++) {
        Linear map = maps.get(i);
        StorageType type = map.matrix().type();
        long bytes = matmul.packedBytes(type, map.inputs(), map.outputs());
        map.bind(new Packed(type, map.inputs(), map.outputs(), source.memory().asSlice(offsets[i], bytes)));
      }
      return new PackedWeights(arena, source);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Checks that the file is as long as its mapping. A vector load from a page that the file has lost ends the whole JVM, without an exception,
   * so this is asked before every step; it costs a system call.
   *
   * @throws ModelException {@link ErrorCode#MODEL_CHANGED} if the file was cut short
   */
  public void requireWhole() {
    if (source.channel().isEmpty()) return;
    try {
      long found = source.channel().get().size();
      if (found >= source.memory().byteSize()) return;
      throw new ModelException(ErrorCode.MODEL_CHANGED, "%s: expected %d bytes, found %d; the file of packed weights was cut short while in use: "
          .formatted(source.file(), source.memory().byteSize(), found) + "delete it and open the model anew");
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_CHANGED, "%s: can't be read any more: %s; open the model anew".formatted(source.file(), e), e);
    }
  }

  /** The name holds what the contents depend on: model, layout and which maps in which order. */
  private static Path file(Path directory, Machine machine, List<Linear> maps, String fingerprint) {
    int order = 17;
    for (Linear map : maps) order = 31 * order + map.name().hashCode();
    return directory.resolve("%s-%s-%08x.packed".formatted(fingerprint, machine.kernels().layout(), order));
  }

  private static Source open(List<Linear> maps, Machine machine, long[] offsets, long size, Arena arena, Path file,
      String fingerprint) {
    try {
      if (!isWhole(file, size, fingerprint)) {
        Files.createDirectories(file.getParent());
        synchronized (BUILDERS) {
          build(maps, machine, offsets, size, file, fingerprint);
        }
      }
      Optional<Source> mapped = map(file, size, arena);
      if (mapped.isPresent()) return mapped.get();
      LOG.warn("{} changed while it was opened; packing into memory of this process", file);
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("Packed weights can't be kept in {} ({}); packing into {} MiB of this process's own memory", file.getParent(), e.toString(),
          size >> 20);
    }
    MemorySegment memory = arena.allocate(size, 64);
    pack(maps, machine, offsets, memory);
    return new Source(memory, file, Optional.empty());
  }

  private static Optional<Source> map(Path file, long size, Arena arena) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    boolean mapped = false;
    try {
      if (channel.size() != size) return Optional.empty();
      var source = new Source(channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena), file, Optional.of(channel));
      mapped = true;
      return Optional.of(source);
    } finally {
      if (!mapped) channel.close();
    }
  }

  private static boolean isWhole(Path file, long size, String fingerprint) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) != size) return false;
    byte[] header = new byte[HEADER_BYTES];
    try (var stream = Files.newInputStream(file)) {
      if (stream.readNBytes(header, 0, HEADER_BYTES) != HEADER_BYTES) return false;
    }
    return MemorySegment.ofArray(header).mismatch(header(size, fingerprint)) == -1;
  }

  private static MemorySegment header(long size, String fingerprint) {
    var header = MemorySegment.ofArray(new byte[HEADER_BYTES]);
    header.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, MAGIC);
    header.set(ValueLayout.JAVA_LONG_UNALIGNED, 8, size);
    byte[] name = fingerprint.getBytes(StandardCharsets.US_ASCII);
    MemorySegment.copy(name, 0, header, ValueLayout.JAVA_BYTE, 16, Math.min(name.length, HEADER_BYTES - 16));
    return header;
  }

  /** Makes the file, unless another process did while this one waited for it. */
  private static void build(List<Linear> maps, Machine machine, long[] offsets, long size, Path file, String fingerprint)
      throws IOException {
    Path lock = file.resolveSibling(file.getFileName() + ".lock");
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      boolean locked = lock(channel, lock);
      if (isWhole(file, size, fingerprint)) return;
      // Whoever holds the lock is the only builder: what lies there is of processes that died.
      if (locked) deleteLeftovers(file);
      write(maps, machine, offsets, size, file, fingerprint);
    }
  }

  /** False where the file system has no locks: then each process builds for itself, and the last one's file stays. */
  private static boolean lock(FileChannel channel, Path file) {
    try {
      channel.lock();
      return true;
    } catch (IOException | OverlappingFileLockException e) {
      LOG.debug("{} can't be locked ({}); other processes may pack the same weights at the same time", file, e.toString());
      return false;
    }
  }

  private static void deleteLeftovers(Path file) throws IOException {
    try (var found = Files.newDirectoryStream(file.getParent(), file.getFileName() + "*" + BUILDING)) {
      for (Path leftover : found) Files.deleteIfExists(leftover);
    }
  }

  private static void write(List<Linear> maps, Machine machine, long[] offsets, long size, Path file, String fingerprint)
      throws IOException {
    if (Files.getFileStore(file.getParent()).getUsableSpace() < size) throw new IOException("%d MiB needed".formatted(size >> 20));
    Path building = Files.createTempFile(file.getParent(), file.getFileName().toString(), BUILDING);
    try (FileChannel channel = FileChannel.open(building, StandardOpenOption.READ, StandardOpenOption.WRITE); Arena arena = Arena.ofShared()) {
      reserve(channel, size);
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, size, arena);
      pack(maps, machine, offsets, memory);
      memory.copyFrom(header(size, fingerprint));
      memory.force();
      Files.move(building, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(building);
    }
  }

  /** Writes zeros: a full disk is an exception here, where under a mapping it would be a fault of memory. */
  private static void reserve(FileChannel channel, long size) throws IOException {
    var zeros = ByteBuffer.allocateDirect(1 << 20);
    for (long at = 0; at < size; ) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), size - at));
      at += channel.write(zeros, at);
    }
  }

  private static void pack(List<Linear> maps, Machine machine, long[] offsets, MemorySegment memory) {
    Matmul matmul = machine.kernels().matmul();
    for (int i = 0; i < offsets.length; i++) {
      Linear map = maps.get(i);
      StorageType type = map.matrix().type();
      MemorySegment packed = memory.asSlice(offsets[i], matmul.packedBytes(type, map.inputs(), map.outputs()));
      int panels = map.panels(matmul), share = Math.max(1, panels / (4 * machine.threads()));
      try (Arena copies = Arena.ofShared()) {
        MemorySegment data = map.matrix().data(copies);
        machine.run((task, worker) -> matmul.pack(type, data, map.inputs(), map.outputs(), task * share,
            Math.min(panels, (task + 1) * share), packed), (panels + share - 1) / share);
      }
    }
  }

  @Override
  public void close() {
    arena.close();
    if (source.channel().isEmpty()) return;
    try {
      source.channel().get().close();
    } catch (IOException e) {
      LOG.warn("{} could not be closed: {}", source.file(), e.toString());
    }
  }
}
