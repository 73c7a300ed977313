package org.scriptorium.spark;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** A model in a Hadoop file system: a file, or a folder, of which only the files are copied that the model consists of. */
final class RemoteSource {
  private static final String SUFFIX = ".gguf";

  private final String uri;
  private final FileSystem system;
  private final FileStatus status;

  private RemoteSource(String uri, FileSystem system, FileStatus status) {
    this.uri = uri;
    this.system = system;
    this.status = status;
  }

  /** @throws ModelException MODEL_UNREADABLE if it is a file of another kind */
  static RemoteSource of(String uri, Configuration hadoop) throws IOException {
    var path = new org.apache.hadoop.fs.Path(uri);
    FileSystem system = path.getFileSystem(hadoop);
    var source = new RemoteSource(uri, system, system.getFileStatus(path));
    boolean isFile = source.status.isFile();
    if (isFile ? !uri.endsWith(SUFFIX) : source.find("config.json").isEmpty()) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: expected the URI of a %s file or of a model folder, found %s".formatted(uri,
          SUFFIX, isFile ? "another file" : "a folder without config.json"));
    }
    return source;
  }

  /** Changes when the model does, or another file beside it: names, lengths and times. */
  String identity() throws IOException {
    if (status.isFile()) return identity(status);
    var files = new ArrayList<String>();
    identify(status, files);
    return files.stream().sorted().collect(Collectors.joining("\n"));
  }

  private void identify(FileStatus folder, List<String> files) throws IOException {
    for (FileStatus child : system.listStatus(folder.getPath())) {
      if (child.isDirectory()) identify(child, files);
      else files.add(identity(child));
    }
  }

  private static String identity(FileStatus file) {
    return "%s %d %d".formatted(file.getPath(), file.getLen(), file.getModificationTime());
  }

  private Optional<FileStatus> find(String name) throws IOException {
    try {
      return Optional.of(system.getFileStatus(new org.apache.hadoop.fs.Path(status.getPath(), name)));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Copies the model to a file or folder that is not there yet; returns its fingerprint. */
  String copy(Path target) throws IOException {
    if (status.isFile()) return stream(status, target);
    Files.createDirectories(target);
    var opener = ExecutorEngines.opener();
    copyThere(opener.fileNames(target), target);
    // What these files list is known only now.
    copyThere(opener.fileNames(target), target);
    for (Path part : opener.files(target)) {
      String name = target.relativize(part).toString();
      if (!Files.exists(part)) stream(find(name).orElseThrow(() -> missing(name)), part);
    }
    return opener.fingerprint(target);
  }

  private void copyThere(List<String> names, Path target) throws IOException {
    for (String name : names) {
      if (Files.exists(target.resolve(name))) continue;
      Optional<FileStatus> file = find(name);
      if (file.isPresent()) stream(file.get(), target.resolve(name));
    }
  }

  private ModelException missing(String name) {
    return new ModelException(ErrorCode.MODEL_NOT_FOUND,
        "%s/%s: nothing is there, but the model's index lists it; put the whole model there".formatted(uri, name));
  }

  /** Returns the SHA-256 of the bytes. */
  private String stream(FileStatus source, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    MessageDigest digest = RemoteModels.sha256();
    var buffer = new byte[1 << 20];
    long length = 0;
    try (InputStream in = system.open(source.getPath()); FileChannel out = FileChannel.open(target, CREATE, WRITE, TRUNCATE_EXISTING)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (Thread.currentThread().isInterrupted()) throw new InterruptedIOException("interrupted while copying " + uri);
        digest.update(buffer, 0, read);
        for (var bytes = ByteBuffer.wrap(buffer, 0, read); bytes.hasRemaining(); ) out.write(bytes);
        length += read;
      }
      out.force(true);
    }
    if (length != source.getLen()) {
      throw new ModelException(ErrorCode.MODEL_CHANGED,
          "%s: expected %d bytes, found %d; the file changed while it was copied, run the job again".formatted(
              source.getPath(), source.getLen(), length));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
