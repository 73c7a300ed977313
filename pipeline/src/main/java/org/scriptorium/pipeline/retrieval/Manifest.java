package org.scriptorium.pipeline.retrieval;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.scriptorium.pipeline.storage.Disk;

/**
 * What an index is at one time: a generation. Its file is written whole under another name and then renamed, so that a reader sees the
 * generation before or this one; generations never change afterwards. Of several the newest counts.
 *
 * @param format of the index; another one is not read
 * @param generation 1 for the first, each later one counts on
 * @param model of the vectors, as the job named it
 * @param modelKey equal for models of equal bytes
 * @param dimensions of a vector
 * @param chunkTokens the most tokens of a passage
 * @param analysis how texts became words
 * @param shards among which documents are spread by their identifiers
 * @param documents that are known, those without text among them
 * @param chunks passages of them
 * @param state folder, in the index, of the documents' fingerprints
 * @param entries the shards that hold anything
 */
record Manifest(int format, int generation, String model, String modelKey, int dimensions, int chunkTokens, String analysis, int shards,
    long documents, long chunks, String state, List<Entry> entries) {
  static final int FORMAT = 1;
  private static final Pattern NAME = Pattern.compile("manifest-(\\d{6,9})\\.json");
  private static final ObjectMapper JSON = new ObjectMapper().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);

  Manifest {
    entries = List.copyOf(entries);
  }

  /**
   * A shard.
   *
   * @param path folder of its Lucene index, in the index
   * @param fields what scores of words need to know of the shard as a whole
   */
  record Entry(int number, String path, long chunks, Map<String, Counts> fields) implements Serializable {
    Entry {
      fields = Map.copyOf(fields);
    }
  }

  /**
   * Of a field of a shard.
   *
   * @param documents that have the field
   * @param words in it, each as often as it stands there
   * @param postings distinct words of each document, summed
   */
  record Counts(long documents, long words, long postings) implements Serializable {
    Counts plus(Counts other) {
      return new Counts(documents + other.documents, words + other.words, postings + other.postings);
    }
  }

  /** The newest generation; empty where there is no index. */
  static Optional<Manifest> newest(FileSystem files, Path root) throws IOException {
    List<Path> found = paths(files, root);
    return found.isEmpty() ? Optional.empty() : Optional.of(read(files, found.getFirst()));
  }

  /** The manifests of an index, the newest first. */
  static List<Path> paths(FileSystem files, Path root) throws IOException {
    List<Path> found = new ArrayList<>();
    try {
      for (FileStatus status : files.listStatus(root)) {
        if (status.isFile() && NAME.matcher(status.getPath().getName()).matches()) found.add(status.getPath());
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    found.sort(Comparator.comparingInt((Path path) -> generation(path)).reversed());
    return found;
  }

  static Manifest read(FileSystem files, Path path) throws IOException {
    try (InputStream in = files.open(path)) {
      JsonNode tree = JSON.readTree(in.readAllBytes());
      if (tree.path("format").asInt() != FORMAT) {
        throw new IndexException("%s: expected an index of format %d, found %s; build it anew with this version, in another folder", path,
            FORMAT, tree.path("format"));
      }
      return JSON.treeToValue(tree, Manifest.class);
    } catch (com.fasterxml.jackson.core.JacksonException e) {
      throw new IndexException(e, "%s: the manifest is damaged: %s; remove it, and the generation before counts again", path,
          e.getOriginalMessage());
    }
  }

  /** Makes this the newest generation; {@code work} is a folder of the same file system. */
  void publish(FileSystem files, Path root, Path work) throws IOException {
    files.mkdirs(work);
    Path temporary = new Path(work, "manifest.json");
    try (OutputStream out = files.create(temporary, true)) {
      out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    }
    Path target = new Path(root, String.format(Locale.ROOT, "manifest-%06d.json", generation));
    Disk.force(files, temporary);
    boolean isPublished = !files.exists(target) && files.rename(temporary, target);
    if (!isPublished) throw new IOException("the manifest %s can't be created".formatted(target));
    Disk.force(files, root);
  }

  private static int generation(Path path) {
    Matcher matcher = NAME.matcher(path.getName());
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }
}
