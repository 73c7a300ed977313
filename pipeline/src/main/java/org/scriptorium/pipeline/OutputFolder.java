package org.scriptorium.pipeline;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobFilter;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.pipeline.JobFile.Format;
import org.scriptorium.pipeline.JobFile.Mode;

/**
 * A run's output: published Parquet files at the top, and under {@code _scriptorium} what belongs to no reader: the run's
 * claim, its work folder, the journal of a publication, the report, and of incremental runs their reports by date and results that wait
 * to be published. The work folder lies in the same file system as the output, so that publishing is renaming.
 */
final class OutputFolder implements AutoCloseable {
  static final String PRIVATE = "_scriptorium";
  static final String SUCCESS = "_SUCCESS";
  private static final String WORK = "work-";

  private final FileSystem files;
  private final Path root;
  private final String run;
  private final Path work;
  private final boolean existed;
  private RunLease lease;

  private OutputFolder(FileSystem files, Path root, String run, boolean existed) {
    this.files = files;
    this.root = root;
    this.run = run;
    this.work = new Path(new Path(root, PRIVATE), WORK + run);
    this.existed = existed;
  }

  /**
   * Refuses outputs that a run must not touch, without changing anything. With {@link Mode#APPEND}, {@code schema} must be that of what is
   * there.
   */
  static void check(SparkSession spark, JobFile job, StructType schema) {
    String path = job.write().path();
    try {
      Path root = new Path(path);
      FileSystem files = root.getFileSystem(spark.sparkContext().hadoopConfiguration());
      refuseOverlap(spark, job);
      refuseForeign(files, root, path);
      // To be completed first, when the folder is claimed.
      if (files.exists(Publication.journal(root))) return;
      List<Path> published = published(files, root);
      boolean holds = !published.isEmpty() || files.exists(new Path(root, SUCCESS));
      if (job.write().mode() == Mode.ERROR && holds) {
        throw JobException.failed("write.path: %s holds an output already; choose another path, or set write.mode to overwrite or append",
            path);
      }
      if (job.write().mode() == Mode.APPEND && !published.isEmpty()) checkSchema(spark, root, path, schema);
    } catch (IOException | IllegalArgumentException e) {
      throw new JobException(JobException.Kind.FAILED, "write.path: %s can't be used: %s".formatted(path, Failures.sentence(e)), e);
    }
  }

  /** Refuses an output that lies in what the job reads, or in whose folder it lies. */
  static void refuseOverlap(SparkSession spark, JobFile job) throws IOException {
    Configuration configuration = spark.sparkContext().hadoopConfiguration();
    Path root = new Path(job.write().path());
    Path output = root.getFileSystem(configuration).makeQualified(root);
    for (String source : job.read().paths()) refuseOverlap(output, source, job.read().format(), configuration);
  }

  /**
   * Claims the folder for a run, finishes a publication that was interrupted and removes what dead runs left.
   *
   * @throws JobException if a publication was finished to which this run would add the same rows once more, or which it may not touch
   */
  static OutputFolder open(Configuration configuration, JobFile job, String run) {
    String path = job.write().path();
    try {
      Path root = new Path(path);
      FileSystem files = root.getFileSystem(configuration);
      var folder = new OutputFolder(files, root, run, files.exists(root));
      Path own = new Path(root, PRIVATE);
      if (!files.mkdirs(own)) throw new IOException("the folder can't be created; check that you may write to the one above it");
      try {
        folder.lease = RunLease.take(files, own, run);
        folder.refuseLivingRun(own);
        Optional<String> completed = Publication.finishInterrupted(files, root);
        folder.removeDead(own);
        boolean isRepeated = switch (job.write().mode()) {
          case ERROR -> completed.isPresent();
          case APPEND -> completed.equals(Optional.of(Publication.added(job)));
          case OVERWRITE, INCREMENTAL -> false;
        };
        if (isRepeated) {
          throw JobException.failed("write.path: the run before was interrupted while it published to %s; that is complete now, and nothing was"
              + " added", path);
        }
      } catch (IOException | RuntimeException e) {
        folder.close();
        throw e;
      }
      return folder;
    } catch (IOException | IllegalArgumentException e) {
      throw new JobException(JobException.Kind.FAILED, "write.path: %s can't be written: %s".formatted(path, Failures.sentence(e)), e);
    }
  }

  /** A folder to look at, by a run that writes nothing: it is not claimed, and there is nothing to close. */
  static OutputFolder unclaimed(Configuration configuration, String path) throws IOException {
    Path root = new Path(path);
    FileSystem files = root.getFileSystem(configuration);
    if (files.exists(Publication.journal(root))) {
      throw JobException.failed("write.path: a publication to %s is under way, or was interrupted; try again when it is complete,"
          + " which the next run sees to", path);
    }
    return new OutputFolder(files, root, "", true);
  }

  FileSystem files() {
    return files;
  }

  Path root() {
    return root;
  }

  /** Where the run writes; not created yet. */
  Path work() {
    return work;
  }

  /** Where the rows go that are to be published; not created yet. */
  Path rows() {
    return new Path(work, "rows");
  }

  /** Removes the work folder, and all that this run has created where nothing was published; gives the folder free. */
  @Override
  public void close() {
    try {
      // After a crash between two steps of publishing, the next run needs the work folder.
      if (!files.exists(Publication.journal(root))) files.delete(work, true);
    } catch (IOException e) {
      // The next run removes it.
    }
    if (lease != null) lease.close();
    try {
      Path own = new Path(root, PRIVATE);
      if (files.exists(own) && files.listStatus(own).length == 0) files.delete(own, false);
      if (!existed && files.exists(root) && files.listStatus(root).length == 0) files.delete(root, false);
    } catch (IOException e) {
      // An empty folder does no harm.
    }
  }

  /** The published files of a folder; none where it does not exist. */
  static List<Path> published(FileSystem files, Path root) throws IOException {
    return visible(files, root).stream().filter(OutputFolder::isOurs).map(FileStatus::getPath).toList();
  }

  private static List<FileStatus> visible(FileSystem files, Path root) throws IOException {
    try {
      return Arrays.stream(files.listStatus(root)).filter(status -> !status.getPath().getName().matches("[._].*")).toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  private static boolean isOurs(FileStatus status) {
    return status.isFile() && status.getPath().getName().matches("part-.*\\.parquet");
  }

  /** A folder that holds other things is somebody's; nothing is removed from it and nothing mixed into it. */
  private static void refuseForeign(FileSystem files, Path root, String path) throws IOException {
    if (files.exists(root) && !files.getFileStatus(root).isDirectory()) {
      throw JobException.failed("write.path: %s is a file; expected a folder", path);
    }
    List<String> foreign = new ArrayList<>();
    for (FileStatus status : visible(files, root)) {
      boolean isBarrier = status.getPath().getName().equals(Publication.BARRIER);
      if (!isOurs(status) && !isBarrier) foreign.add(status.getPath().getName());
    }
    for (String table : List.of("_delta_log", "_hudi", ".hoodie")) if (files.exists(new Path(root, table))) foreign.add(table);
    if (foreign.isEmpty()) return;
    throw JobException.failed("write.path: %s holds what no run of this kind wrote (%s%s); choose another path, or move that away", path,
        foreign.stream().sorted().limit(3).collect(Collectors.joining(", ")),
        foreign.size() > 3 ? " and " + (foreign.size() - 3) + " more" : "");
  }

  private static void refuseOverlap(Path root, String source, Format format, Configuration configuration) throws IOException {
    Path pattern = new Path(source);
    String input = real(pattern.getFileSystem(configuration).makeQualified(pattern)), output = real(root);
    if (input.equals(output) || input.startsWith(output + "/")) {
      throw JobException.wrongUse("write.path: %s holds what the job reads (%s); choose another path", output, source);
    }
    if (isRead(output.split("/"), input.split("/"), format)) {
      throw JobException.wrongUse("write.path: %s lies in what the job reads (%s), so that the next run would read it; choose another path",
          output, source);
    }
  }

  /** A local path behind all links. */
  private static String real(Path path) {
    String named = path.toUri().getPath();
    if (!path.toString().startsWith("file:") || named.matches(".*[{}\\[\\]*?\\\\].*")) return path.toString();
    java.nio.file.Path local = java.nio.file.Path.of(named), existing = local;
    while (existing.getParent() != null && !Files.exists(existing)) existing = existing.getParent();
    try {
      return "file:" + existing.toRealPath().resolve(existing.relativize(local)).toString().replaceAll("/$", "");
    } catch (IOException e) {
      return path.toString();
    }
  }

  /** Whether a pattern matches the output, or a folder above it of a format that is read with all that lies under it. */
  private static boolean isRead(String[] output, String[] pattern, Format format) {
    if (pattern.length > output.length || pattern.length < output.length && format != Format.TEXT) return false;
    for (int i = 0; i < pattern.length; i++) if (!isMatch(output[i], pattern[i])) return false;
    // Spark passes over what is called so below the folders that it is given.
    return Arrays.stream(output, pattern.length, output.length).noneMatch(name -> name.matches("[._].*"));
  }

  private static boolean isMatch(String name, String pattern) {
    try {
      return pattern.equals(name) || !pattern.isEmpty() && !name.isEmpty() && new GlobFilter(pattern).accept(new Path(name));
    } catch (IOException | IllegalArgumentException e) {
      // Such as half of a choice between paths, or a scheme.
      return false;
    }
  }

  private static void checkSchema(SparkSession spark, Path root, String path, StructType schema) {
    Dataset<Row> existing = spark.read().parquet(root.toString());
    Set<String> there = columns(existing.schema());
    Set<String> added = columns(schema);
    if (there.equals(added)) return;
    Set<String> missing = new HashSet<>(there);
    missing.removeAll(added);
    Set<String> extra = new HashSet<>(added);
    extra.removeAll(there);
    throw JobException.failed("write.path: %s can't be appended to: it has the columns %s that this job does not write,"
        + " and lacks %s that it does; choose another path, or set write.mode to overwrite", path, list(missing), list(extra));
  }

  private static Set<String> columns(StructType schema) {
    return Arrays.stream(schema.fields()).map(field -> field.name() + " " + field.dataType().simpleString()).collect(Collectors.toSet());
  }

  private static String list(Set<String> columns) {
    return columns.isEmpty() ? "none" : columns.stream().sorted().collect(Collectors.joining(", "));
  }

  private void refuseLivingRun(Path own) throws IOException {
    for (FileStatus status : files.listStatus(own)) {
      Optional<String> other = RunLease.runOf(status.getPath().getName());
      if (other.isEmpty() || other.get().equals(run) || !RunLease.lives(files, status)) continue;
      throw JobException.failed("write.path: another run is writing to %s (%s); wait for it, or choose another path", root,
          RunLease.holder(files, status.getPath()));
    }
  }

  private void removeDead(Path own) throws IOException {
    for (FileStatus status : files.listStatus(own)) {
      String name = status.getPath().getName();
      boolean foreignLease = RunLease.runOf(name).filter(other -> !other.equals(run)).isPresent();
      if (foreignLease || name.startsWith(WORK)) files.delete(status.getPath(), true);
    }
  }
}
