package org.scriptorium.pipeline.retrieval;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The folder of an index: manifests at the top, and one folder for each generation with the shards and the state that it wrote. A
 * generation takes over what did not change, so that a manifest names files of older ones too.
 */
public final class IndexFolder {
  private static final String GENERATION = "generation-";
  /** The newest, and the one before, which searches that began earlier may still read. */
  private static final int KEPT = 2;

  private final FileSystem files;
  private final Path root;

  private IndexFolder(FileSystem files, Path root) {
    this.files = files;
    this.root = root;
  }

  public static IndexFolder of(String path, Configuration configuration) throws IOException {
    Path root = new Path(path);
    FileSystem files = root.getFileSystem(configuration);
    return new IndexFolder(files, files.makeQualified(root));
  }

  /** Refuses a folder that holds other things than an index. */
  public void refuseForeign() throws IOException {
    FileStatus[] all;
    try {
      all = files.listStatus(root);
    } catch (FileNotFoundException e) {
      return;
    }
    if (files.getFileStatus(root).isFile()) throw new IndexException("write.path: %s is a file; expected a folder", root);
    List<String> foreign = Arrays.stream(all).map(status -> status.getPath().getName())
        .filter(name -> !name.startsWith(GENERATION) && !name.startsWith("manifest-") && !name.matches("[._].*")).sorted().toList();
    if (foreign.isEmpty()) return;
    throw new IndexException("write.path: %s holds what no index has (%s); choose another path, or move that away", root,
        foreign.getFirst());
  }

  Path root() {
    return root;
  }

  FileSystem files() {
    return files;
  }

  Optional<Manifest> newest() throws IOException {
    return Manifest.newest(files, root);
  }

  Path generation(int number) {
    return new Path(root, name(number));
  }

  static String name(int generation) {
    return GENERATION + String.format(Locale.ROOT, "%06d", generation);
  }

  String uri(String path) {
    return new Path(root, path).toString();
  }

  /** Removes what neither the newest generation nor the one before it names: older ones, and what runs left that did not publish. */
  void removeUnused() throws IOException {
    if (!files.exists(root)) return;
    List<Path> manifests = Manifest.paths(files, root);
    Set<String> used = new HashSet<>();
    for (Path path : manifests.subList(0, Math.min(KEPT, manifests.size()))) {
      Manifest manifest = Manifest.read(files, path);
      used.add(manifest.state());
      manifest.entries().forEach(entry -> used.add(entry.path()));
    }
    // Manifests first: what one names is there as long as it is.
    for (Path path : manifests.subList(Math.min(KEPT, manifests.size()), manifests.size())) files.delete(path, false);
    for (FileStatus generation : files.listStatus(root)) {
      if (!generation.getPath().getName().startsWith(GENERATION)) continue;
      boolean isUsed = false;
      for (FileStatus part : files.listStatus(generation.getPath())) {
        if (used.contains(generation.getPath().getName() + "/" + part.getPath().getName())) isUsed = true;
        else files.delete(part.getPath(), true);
      }
      if (!isUsed) files.delete(generation.getPath(), true);
    }
  }
}
