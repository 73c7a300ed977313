package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs in processes of their own that are told to end, or are ended, in the middle of a generation. */
class TestKilledRuns {
  /** For programs that run some seconds and no kernels: the optimizing compiler would cost them more than it gives. */
  static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1");
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  @TempDir private Path folder;

  enum Manner {
    TERMINATED,
    KILLED
  }

  @ParameterizedTest
  @EnumSource(Manner.class)
  void nothingHalfWrittenLooksFinished(Manner manner) throws Exception {
    String yaml = """
        read: { format: jsonl, path: DIR/docs.jsonl }
        task: { kind: generate }
        write: { path: DIR/out, mode: overwrite }
        """.replace("DIR", folder.toString());
    Path file = Files.writeString(folder.resolve("job.yaml"), yaml);
    Files.writeString(folder.resolve("docs.jsonl"), "{\"text\": \"old\"}\n");
    JobRun.run(Sessions.spark(), JobFile.load(file, List.of()), Progress.silent());
    Files.writeString(folder.resolve("docs.jsonl"), "{\"text\": \"new\"}\n".repeat(20));

    Path said = folder.resolve("said");
    Process process = start(SHORT_LIVED, SlowRun.class, said, file.toString());
    try {
      awaitText(said, "generating", process);
      if (manner == Manner.KILLED) process.destroyForcibly();
      else process.destroy();
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).isNotZero();
    assertThat(texts()).containsExactly("echo old");
    assertThat(folder.resolve("out/_SUCCESS")).exists();
    if (manner == Manner.TERMINATED) {
      assertThat(Files.readString(said)).contains("the run was interrupted; nothing was published");
      assertThat(privateNames()).containsExactly("report.json");
    } else {
      assertThat(privateNames()).hasSize(3).anyMatch(name -> name.startsWith("work-")).anyMatch(name -> name.startsWith("run-"));
    }
    // Nobody has to tidy up or to wait.
    JobRun.run(Sessions.spark(), JobFile.load(file, List.of()), Progress.silent());
    assertThat(texts()).hasSize(20).containsOnly("echo new");
    assertThat(privateNames()).containsExactly("report.json");
  }

  /** A program in a process of its own, with this one's settings. */
  static Process start(Class<?> program, Path said, String... arguments) throws IOException {
    return start(List.of(), program, said, arguments);
  }

  /** The same with further options of its JVM. */
  static Process start(List<String> options, Class<?> program, Path said, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-") && !argument.startsWith("-agent"))
        .forEach(command::add);
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
        program.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
  }

  static void awaitText(Path file, String text, Process process) throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.readString(file).contains(text)) {
      assertThat(process.isAlive()).as(Files.readString(file)).isTrue();
      assertThat(System.nanoTime()).as(Files.readString(file)).isLessThan(until);
      Thread.sleep(50);
    }
  }

  private List<String> texts() {
    return Sessions.spark().read().parquet(folder.resolve("out").toString()).select("text").collectAsList().stream()
        .map(row -> row.getString(0)).toList();
  }

  private List<String> privateNames() throws IOException {
    try (Stream<Path> list = Files.list(folder.resolve("out/_scriptorium"))) {
      return list.map(path -> path.getFileName().toString()).filter(name -> !name.startsWith(".")).sorted().toList();
    }
  }

  /** The process: a run that would take an hour, which says when the first row is being generated. */
  static final class SlowRun {
    private SlowRun() {}

    public static void main(String[] arguments) {
      Sessions.delay = Duration.ofHours(1).toMillis();
      var teller = new Thread(() -> {
        while (Sessions.CALLS.get() == 0) Thread.yield();
        System.out.println("generating");
      });
      teller.setDaemon(true);
      teller.start();
      try {
        JobRun.run(Sessions.spark(), JobFile.load(Path.of(arguments[0]), List.of()), Progress.silent());
      } catch (JobException e) {
        System.out.println(e.getMessage());
        throw e;
      }
    }
  }
}
