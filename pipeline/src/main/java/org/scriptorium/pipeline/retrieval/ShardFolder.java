package org.scriptorium.pipeline.retrieval;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Where the files of one generation of a shard lie: a folder that never changes, since each that is written has a name of its own.
 *
 * @param path a Hadoop URI
 */
record ShardFolder(String path, HadoopSettings settings) implements Serializable {

  /** The folder on this machine, if it lies on one. */
  java.util.Optional<java.nio.file.Path> local() {
    var uri = new Path(path).toUri();
    return "file".equals(uri.getScheme()) ? java.util.Optional.of(java.nio.file.Path.of(uri.getPath())) : java.util.Optional.empty();
  }

  /** Copies the files into a folder, which appears whole or not at all. */
  void download(java.nio.file.Path target) throws IOException {
    var partial = Files.createTempDirectory(target.toAbsolutePath().getParent(), "copying-");
    FileSystem files = files();
    for (FileStatus status : files.listStatus(new Path(path))) {
      try (var in = files.open(status.getPath())) {
        Files.copy(in, partial.resolve(status.getPath().getName()));
      }
    }
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
  }

  void upload(java.nio.file.Path source) throws IOException {
    FileSystem files = files();
    Path folder = new Path(path);
    if (!files.mkdirs(folder)) throw new IOException("the folder %s can't be created".formatted(folder));
    List<java.nio.file.Path> all;
    try (Stream<java.nio.file.Path> listed = Files.list(source)) {
      all = listed.filter(file -> !file.getFileName().toString().equals("write.lock")).sorted().toList();
    }
    for (var file : all) {
      try (var out = files.create(new Path(folder, file.getFileName().toString()), true)) {
        Files.copy(file, out);
      }
    }
  }

  /** Machines that hold its files, where the file system knows any. */
  List<String> hosts() throws IOException {
    FileSystem files = files();
    FileStatus largest = Stream.of(files.listStatus(new Path(path))).max(Comparator.comparingLong(FileStatus::getLen)).orElse(null);
    if (largest == null) return List.of();
    return Stream.of(files.getFileBlockLocations(largest, 0, Math.max(1, largest.getLen()))).flatMap(block -> {
      try {
        return Stream.of(block.getHosts());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }).distinct().toList();
  }

  private FileSystem files() throws IOException {
    return new Path(path).getFileSystem(settings.configuration());
  }

  /** Removes a folder of this machine with all that is in it. */
  static void delete(java.nio.file.Path folder) {
    try (Stream<java.nio.file.Path> all = Files.walk(folder)) {
      for (var each : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(each);
    } catch (IOException e) {
      // A temporary folder; the system removes what stays.
    }
  }
}
