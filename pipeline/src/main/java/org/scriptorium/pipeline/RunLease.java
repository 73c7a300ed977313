package org.scriptorium.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A run's claim on an output folder: a small file that says which process works there and that it still lives. On the same
 * host the process itself is asked for; elsewhere the file's age tells, since a living run writes it anew every 20 seconds.
 */
final class RunLease implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "run-";
  private static final Duration RENEWAL = Duration.ofSeconds(20);
  private static final Duration EXPIRY = Duration.ofMinutes(3);
  /** Runs of this very process; its process id alone would keep their leases alive after they ended. */
  private static final Set<String> RUNNING = ConcurrentHashMap.newKeySet();

  private final FileSystem files;
  private final Path file;
  private final String run;
  private final byte[] content;
  private final ScheduledExecutorService renewal;

  private RunLease(FileSystem files, Path file, String run, byte[] content) {
    this.files = files;
    this.file = file;
    this.run = run;
    this.content = content;
    this.renewal = Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name("scriptorium-lease").factory());
  }

  /** Claims a folder for {@code run}; the caller then looks for {@linkplain #other others}. */
  static RunLease take(FileSystem files, Path folder, String run) throws IOException {
    byte[] content = JSON.writeValueAsBytes(JSON.createObjectNode().put("host", host()).put("process", ProcessHandle.current().pid())
        .put("processes", processes())
        .put("process_started", processStart()).put("claimed", System.currentTimeMillis()));
    var lease = new RunLease(files, new Path(folder, PREFIX + run + ".json"), run, content);
    RUNNING.add(run);
    try {
      lease.renew();
    } catch (IOException | RuntimeException e) {
      lease.close();
      throw e;
    }
    lease.renewal.scheduleAtFixedRate(lease::renewQuietly, RENEWAL.toMillis(), RENEWAL.toMillis(), TimeUnit.MILLISECONDS);
    return lease;
  }

  /** The run of a lease file's name. */
  static Optional<String> runOf(String fileName) {
    boolean lease = fileName.startsWith(PREFIX) && fileName.endsWith(".json");
    return lease ? Optional.of(fileName.substring(PREFIX.length(), fileName.length() - ".json".length())) : Optional.empty();
  }

  /** True if the run that wrote a lease still works. */
  static boolean lives(FileSystem files, FileStatus lease) throws IOException {
    if (!files.exists(lease.getPath())) return false;
    JsonNode content = content(files, lease.getPath());
    boolean isYoung = System.currentTimeMillis() - lease.getModificationTime() < EXPIRY.toMillis();
    boolean areProcessesOurs = content.path("host").asText().equals(host()) && content.path("processes").asText(processes()).equals(processes());
    if (!areProcessesOurs) return isYoung;
    long process = content.path("process").asLong(-1);
    if (process == ProcessHandle.current().pid()) return RUNNING.contains(runOf(lease.getPath().getName()).orElse(""));
    // Linux tells when a process started by a clock that may have been set since.
    return ProcessHandle.of(process).flatMap(handle -> handle.info().startInstant())
        .map(start -> isYoung || start.toEpochMilli() == content.path("process_started").asLong(-1)).orElse(false);
  }

  /** Who holds a lease, for people. */
  static String holder(FileSystem files, Path lease) {
    try {
      JsonNode content = content(files, lease);
      return "process %d on %s".formatted(content.path("process").asLong(), content.path("host").asText());
    } catch (IOException e) {
      return "another process";
    }
  }

  private static JsonNode content(FileSystem files, Path lease) throws IOException {
    try (InputStream in = files.open(lease)) {
      return JSON.readTree(in.readAllBytes());
    } catch (JsonProcessingException e) {
      // Half written: its age decides.
      return JSON.createObjectNode();
    }
  }

  /** Gives the folder free. */
  @Override
  public void close() {
    renewal.shutdownNow();
    RUNNING.remove(run);
    try {
      files.delete(file, false);
    } catch (IOException e) {
      // It expires by itself; the run's own outcome matters more.
    }
  }

  private synchronized void renew() throws IOException {
    try (OutputStream out = files.create(file, true)) {
      out.write(content);
    }
  }

  private void renewQuietly() {
    try {
      renew();
    } catch (IOException | RuntimeException e) {
      // The next renewal tries again, well before the lease expires.
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Containers of one host may share its name, each with processes of its own; empty where there is no such thing. */
  private static String processes() {
    try {
      return Files.readSymbolicLink(java.nio.file.Path.of("/proc/self/ns/pid")).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  private static long processStart() {
    return ProcessHandle.current().info().startInstant().map(start -> start.toEpochMilli())
        .orElseGet(() -> ManagementFactory.getRuntimeMXBean().getStartTime());
  }
}
