package org.scriptorium.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.scriptorium.pipeline.JobFile.Mode;

/**
 * Makes a work folder's files the output's. What will be done is first written to a journal; from then on the publication
 * will be completed, if not by this run then by the next one on the same output. {@code _SUCCESS} goes first and comes back
 * last, and old files are gone before new ones enter, so that at no moment a mixture looks finished.
 */
final class Publication {
  static final String REPORT = "report.json";
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

  private final FileSystem files;
  private final Path root;
  private final Path work;
  private final List<String> old;
  private final List<String> added;
  private final Consumer<Step> observer;

  private Publication(FileSystem files, Path root, Path work, List<String> old, List<String> added, Consumer<Step> observer) {
    this.files = files;
    this.root = root;
    this.work = work;
    this.old = old;
    this.added = added;
    this.observer = observer;
  }

  /** Publishes what a run has written, with its report; {@code observer} hears of each step once it is done. */
  static void publish(OutputFolder folder, Mode mode, byte[] report, Consumer<Step> observer) throws IOException {
    FileSystem files = folder.files();
    List<String> old = mode == Mode.APPEND ? List.of() : names(OutputFolder.published(files, folder.root()));
    List<String> added = names(OutputFolder.published(files, folder.work()));
    write(files, new Path(folder.work(), REPORT), report);
    var publication = new Publication(files, folder.root(), folder.work(), old, added, observer);
    publication.writeJournal();
    publication.complete();
  }

  /** Completes a publication whose run ended in the middle of it; does nothing where there is none. */
  static void finishInterrupted(FileSystem files, Path root) throws IOException {
    Path journal = journal(root);
    if (!files.exists(journal)) return;
    try (InputStream in = files.open(journal)) {
      JsonNode content = JSON.readTree(in.readAllBytes());
      Path work = new Path(new Path(root, OutputFolder.PRIVATE), content.path("work").asText());
      new Publication(files, root, work, texts(content.path("old")), texts(content.path("added")), step -> {}).complete();
    } catch (JsonProcessingException e) {
      throw new IOException(("the journal %s of an interrupted publication is damaged;"
          + " look into the folder, then remove the journal").formatted(journal), e);
    }
  }

  static Path journal(Path root) {
    return new Path(new Path(root, OutputFolder.PRIVATE), "publish.json");
  }

  private void writeJournal() throws IOException {
    ObjectNode content = JSON.createObjectNode().put("work", work.getName());
    old.forEach(content.putArray("old")::add);
    added.forEach(content.putArray("added")::add);
    Path temporary = new Path(work, "publish.json");
    write(files, temporary, JSON.writeValueAsBytes(content));
    if (!files.rename(temporary, journal(root))) throw new IOException("the journal of the publication can't be created");
    observer.accept(Step.JOURNAL_WRITTEN);
  }

  /** Every step may have been done before. */
  private void complete() throws IOException {
    Path success = new Path(root, OutputFolder.SUCCESS);
    files.delete(success, false);
    observer.accept(Step.MARK_REMOVED);
    for (String name : old) {
      files.delete(new Path(root, name), false);
      if (files.exists(new Path(root, name))) throw new IOException("the old file %s can't be removed".formatted(name));
      observer.accept(Step.OLD_FILE_REMOVED);
    }
    for (String name : added) {
      move(new Path(work, name), new Path(root, name));
      observer.accept(Step.NEW_FILE_MOVED);
    }
    Path report = new Path(new Path(root, OutputFolder.PRIVATE), REPORT);
    if (files.exists(new Path(work, REPORT))) {
      files.delete(report, false);
      move(new Path(work, REPORT), report);
    }
    observer.accept(Step.REPORT_MOVED);
    write(files, success, new byte[0]);
    observer.accept(Step.MARK_WRITTEN);
    files.delete(journal(root), false);
    observer.accept(Step.JOURNAL_REMOVED);
    files.delete(work, true);
  }

  private void move(Path from, Path to) throws IOException {
    if (!files.exists(from)) {
      if (files.exists(to)) return;
      throw new IOException("%s has vanished in the middle of a publication".formatted(from.getName()));
    }
    if (!files.rename(from, to)) throw new IOException("%s can't be moved to %s".formatted(from.getName(), to.getParent()));
  }

  private static void write(FileSystem files, Path path, byte[] content) throws IOException {
    try (OutputStream out = files.create(path, true)) {
      out.write(content);
    }
  }

  private static List<String> names(List<Path> paths) {
    return paths.stream().map(Path::getName).sorted().toList();
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
