package org.scriptorium.pipeline;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;
import org.scriptorium.pipeline.storage.Disk;

/**
 * Commits results while a task goes on: lines are gathered, and every so many of them or so many seconds become a file, by one rename.
 * The engine's batch never waits for it.
 */
final class PieceWriter implements ForeachPartitionFunction<Row> {
  private static final long serialVersionUID = 1L;

  private final SerializableConfiguration hadoop;
  private final String folder;
  private final int rows;
  private final int seconds;

  /**
   * @param folder of the pieces
   * @param rows most lines of a piece
   * @param seconds that a line waits at most
   */
  PieceWriter(SerializableConfiguration hadoop, Path folder, int rows, int seconds) {
    this.hadoop = hadoop;
    this.folder = folder.toString();
    this.rows = rows;
    this.seconds = seconds;
  }

  @Override
  public void call(Iterator<Row> lines) throws IOException {
    try (var gathering = new Gathering(TaskContext.get())) {
      while (lines.hasNext()) gathering.add(lines.next().getString(0));
    }
  }

  /** Of one task. Its thread adds, a timer commits what waits too long. */
  private final class Gathering implements AutoCloseable {
    private final Path target = new Path(folder);
    private final FileSystem files;
    private final String name;
    private final List<String> lines = new ArrayList<>();
    private final ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("scriptorium-pieces").factory());
    private Optional<IOException> failure = Optional.empty();
    private long oldest;
    private int committed;

    Gathering(TaskContext task) throws IOException {
      files = target.getFileSystem(hadoop.value());
      name = String.format(Locale.ROOT, "%05d-%d-", task.partitionId(), task.taskAttemptId());
      timer.scheduleAtFixedRate(this::commitWaiting, 1, 1, TimeUnit.SECONDS);
    }

    synchronized void add(String line) throws IOException {
      if (failure.isPresent()) throw failure.get();
      if (lines.isEmpty()) oldest = System.nanoTime();
      lines.add(line);
      if (lines.size() >= rows) commit();
    }

    private synchronized void commitWaiting() {
      if (lines.isEmpty() || System.nanoTime() - oldest < TimeUnit.SECONDS.toNanos(seconds)) return;
      try {
        commit();
      } catch (IOException e) {
        failure = Optional.of(e);
      }
    }

    private void commit() throws IOException {
      String file = name + committed + ".json";
      Path hidden = new Path(target, "_" + file);
      try (OutputStream out = files.create(hidden, true)) {
        for (String line : lines) out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
      Disk.force(files, hidden);
      if (!files.rename(hidden, new Path(target, file))) throw new IOException("%s can't be moved to %s".formatted(hidden, file));
      lines.clear();
      committed++;
    }

    /** What a failed task has finished is as good as what it committed. */
    @Override
    public synchronized void close() throws IOException {
      timer.shutdownNow();
      // File systems refuse to write for a thread that is to end, which it does afterwards.
      boolean wasInterrupted = Thread.interrupted();
      try {
        if (!lines.isEmpty()) commit();
      } finally {
        if (wasInterrupted) Thread.currentThread().interrupt();
      }
    }
  }
}
