package org.scriptorium.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.fs.ChecksumFileSystem;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.scriptorium.pipeline.JobFile.Mode;
import org.scriptorium.pipeline.storage.Disk;

/**
 * Makes a run's files the output's. What will be done is first written to a journal; from then on the publication
 * will be completed, if not by this run then by the next one on the same output.
 *
 * <p>One file that comes alone, or takes the place of one, is published by one rename: who reads the folder sees the version before or
 * the new one. Where there are more, a {@linkplain #BARRIER file that is no Parquet} stands among them from the first step to the last, so
 * that who reads the folder in between is told instead of getting a mixture; and {@code _SUCCESS} goes first and comes back last.
 */
final class Publication {
  static final String REPORT = "report.json";
  /** Reports of incremental runs, by their dates. */
  static final String REPORTS = "reports";
  /** Its name is what a reader's complaint shows. */
  static final String BARRIER = "publication-under-way.parquet";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The moments at which a crash can fall; tests stop there. */
  enum Step {
    JOURNAL_WRITTEN,
    MARK_REMOVED,
    OLD_FILE_REMOVED,
    NEW_FILE_MOVED,
    REPORT_MOVED,
    MARK_WRITTEN,
    JOURNAL_REMOVED
  }

  /**
   * What a publication is called.
   *
   * @param job whose rows are {@linkplain #added added}
   * @param report under which name the report is kept, besides {@link #REPORT}; empty where it is not
   */
  record Names(String job, String report) {}

  /**
   * What a journal says.
   *
   * @param work name of the run's folder
   * @param rows folder of the new files
   */
  private record Plan(String work, Path rows, List<String> old, List<String> added, Names names, Version.Pieces pieces) {
    boolean isOneRename() {
      return added.size() == 1 && old.size() <= 1;
    }
  }

  private final FileSystem files;
  private final Path root;
  private final Path own;
  private final Path work;
  private final Plan plan;
  private final Consumer<Step> observer;

  private Publication(FileSystem files, Path root, Plan plan, Consumer<Step> observer) {
    this.files = files;
    this.root = root;
    this.own = new Path(root, OutputFolder.PRIVATE);
    this.work = new Path(own, plan.work);
    this.plan = plan;
    this.observer = observer;
  }

  /**
   * Publishes what a run has written, with its report; {@code observer} hears of each step once it is done.
   *
   */
  static void publish(OutputFolder folder, Version version, byte[] report, Names names, Consumer<Step> observer) throws IOException {
    FileSystem files = folder.files();
    files.mkdirs(folder.work());
    write(files, new Path(folder.work(), REPORT), report);
    var plan = new Plan(folder.work().getName(), version.rows(), version.replaced().stream().sorted().toList(),
        OutputFolder.published(files, version.rows()).stream().map(Path::getName).sorted().toList(), names, version.pieces());
    var publication = new Publication(files, folder.root(), plan, observer);
    if (!publication.plan.old.isEmpty() && publication.plan.added.isEmpty()) {
      throw new IOException("the files of this run are gone; another run on the same output may have taken it for a dead one");
    }
    if (!publication.plan.added.isEmpty()) Disk.forceAll(files, publication.plan.rows);
    publication.writeJournal();
    publication.complete();
  }

  /** The job whose rows a run adds to what is there, once more each time it is run; empty where it does not. */
  static String added(JobFile job) {
    return job.write().mode() == Mode.APPEND ? job.name() : "";
  }

  /** Completes a publication whose run ended in the middle of it; gives the job whose rows it {@linkplain #added added}. */
  static Optional<String> finishInterrupted(FileSystem files, Path root) throws IOException {
    Path journal = journal(root);
    if (!files.exists(journal)) return Optional.empty();
    try (InputStream in = files.open(journal)) {
      JsonNode content = JSON.readTree(in.readAllBytes());
      String work = content.path("work").asText();
      Path rows = new Path(new Path(new Path(root, OutputFolder.PRIVATE), work), content.path("rows").asText());
      var plan = new Plan(work, rows, texts(content.path("old")), texts(content.path("added")),
          new Names(content.path("job").asText(), content.path("report").asText()), Version.Pieces.valueOf(content.path("pieces").asText()));
      new Publication(files, root, plan, step -> {}).complete();
      return Optional.of(plan.names.job);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new IOException(("the journal %s of an interrupted publication is damaged;"
          + " look into the folder, then remove the journal").formatted(journal), e);
    }
  }

  static Path journal(Path root) {
    return new Path(new Path(root, OutputFolder.PRIVATE), "publish.json");
  }

  private void writeJournal() throws IOException {
    ObjectNode content = JSON.createObjectNode().put("work", plan.work).put("rows", plan.rows.getName()).put("job", plan.names.job)
        .put("report", plan.names.report).put("pieces", plan.pieces.name());
    plan.old.forEach(content.putArray("old")::add);
    plan.added.forEach(content.putArray("added")::add);
    Path temporary = new Path(work, "publish.json");
    write(files, temporary, JSON.writeValueAsBytes(content));
    Disk.force(files, temporary);
    if (!files.rename(temporary, journal(root))) throw new IOException("the journal of the publication can't be created");
    Disk.force(files, own);
    observer.accept(Step.JOURNAL_WRITTEN);
  }

  /** Every step may have been done before. */
  private void complete() throws IOException {
    if (plan.isOneRename()) {
      replace(new Path(plan.rows, plan.added.getFirst()), new Path(root, plan.old.isEmpty() ? plan.added.getFirst() : plan.old.getFirst()));
      observer.accept(Step.NEW_FILE_MOVED);
    } else if (plan.old.size() + plan.added.size() > 0) {
      exchange();
    }
    moveReport();
    observer.accept(Step.REPORT_MOVED);
    write(files, new Path(root, OutputFolder.SUCCESS), new byte[0]);
    observer.accept(Step.MARK_WRITTEN);
    // What pieces and journal are for is there by then.
    Disk.force(files, root);
    Disk.force(files, own);
    if (plan.pieces == Version.Pieces.END) files.delete(new Path(own, Pieces.FOLDER), true);
    files.delete(journal(root), false);
    observer.accept(Step.JOURNAL_REMOVED);
    files.delete(work, true);
  }

  private void exchange() throws IOException {
    Path barrier = new Path(root, BARRIER);
    files.delete(new Path(root, OutputFolder.SUCCESS), false);
    if (!files.exists(barrier)) {
      // Renamed into its place, since an empty file would be passed over.
      write(files, new Path(work, BARRIER), "The next version of this folder is being published; read it again."
          .getBytes(StandardCharsets.UTF_8));
      move(new Path(work, BARRIER), barrier);
    }
    observer.accept(Step.MARK_REMOVED);
    for (String name : plan.old) {
      files.delete(new Path(root, name), false);
      if (files.exists(new Path(root, name))) throw new IOException("the old file %s can't be removed".formatted(name));
      observer.accept(Step.OLD_FILE_REMOVED);
    }
    for (String name : plan.added) {
      move(new Path(plan.rows, name), new Path(root, name));
      observer.accept(Step.NEW_FILE_MOVED);
    }
    files.delete(barrier, false);
  }

  private void moveReport() throws IOException {
    Path written = new Path(work, REPORT), report = new Path(own, REPORT);
    if (!files.exists(written)) return;
    if (!plan.names.report.isEmpty()) {
      Path kept = new Path(new Path(own, REPORTS), plan.names.report);
      files.mkdirs(kept.getParent());
      try (InputStream in = files.open(written)) {
        write(files, kept, in.readAllBytes());
      }
    }
    files.delete(report, false);
    move(written, report);
  }

  private void move(Path from, Path to) throws IOException {
    if (!files.exists(from)) {
      if (files.exists(to)) return;
      throw new IOException("%s has vanished in the middle of a publication".formatted(from.getName()));
    }
    if (!files.rename(from, to)) throw new IOException("%s can't be moved to %s".formatted(from.getName(), to.getParent()));
  }

  /** In one step, also where there is a file of that name. */
  private void replace(Path from, Path to) throws IOException {
    boolean isNew = !files.exists(to);
    if (isNew || !files.exists(from)) {
      move(from, to);
      return;
    }
    // A file without a checksum is read as it is; one with that of another file is not.
    if (files instanceof ChecksumFileSystem checked) checked.getRawFileSystem().delete(checked.getChecksumFile(to), false);
    try {
      // The local file system lets a rename replace; HDFS wants to be told.
      if (files.rename(from, to)) return;
    } catch (FileAlreadyExistsException e) {
      // As above.
    }
    try {
      FileContext.getFileContext(files.getUri(), files.getConf()).rename(from, to, Options.Rename.OVERWRITE);
    } catch (UnsupportedFileSystemException e) {
      // There a file can't take another's place in one step; who reads between these two finds none.
      files.delete(to, false);
      move(from, to);
    }
  }

  private static void write(FileSystem files, Path path, byte[] content) throws IOException {
    try (OutputStream out = files.create(path, true)) {
      out.write(content);
    }
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
