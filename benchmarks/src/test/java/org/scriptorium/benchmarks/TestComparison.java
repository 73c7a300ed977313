package org.scriptorium.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code benchmarks/compare}: the tests of its own logic, in Python, and how it answers wrong use. No engine runs. */
class TestComparison {
  private static final Path BENCHMARKS = Path.of(System.getProperty("scriptorium.root")).resolve("benchmarks");
  private static final int SECONDS = 300;

  @TempDir Path folder;

  @BeforeAll
  static void python() {
    assumeThat(status("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))"))
        .as("python3, in version 3.9 or newer, is on the PATH; benchmarks/compare is written in it").isZero();
  }

  @Test
  void itsOwnTestsPass() throws IOException {
    Result result = call("python3", "-B", "-m", "unittest", "discover", BENCHMARKS.resolve("comparison").toString());
    assertThat(result.status()).as(result.output()).isZero();
    // An empty discovery would pass as well.
    assertThat(result.output()).containsPattern("Ran [1-9][0-9]+ tests");
  }

  @Test
  void peersThatAreMissingAreToldAtOnce() throws IOException {
    Result result = call(BENCHMARKS.resolve("compare").toString(), "--peers", folder.resolve("none").toString(), "--engines", "llama.cpp");
    assertThat(result.status()).as(result.output()).isEqualTo(2);
    assertThat(result.output()).contains("llama.cpp: expected a Python environment at " + folder.resolve("none"), "benchmarks/peers/setup");
  }

  @Test
  void anUnknownEngineIsWrongUse() throws IOException {
    Result result = call(BENCHMARKS.resolve("compare").toString(), "--engines", "scriptorium,frobnicate");
    assertThat(result.status()).as(result.output()).isEqualTo(2);
    assertThat(result.output()).contains("expected some of scriptorium, llama.cpp, openvino-float32, openvino", "found \"frobnicate\"");
  }

  private record Result(int status, String output) {}

  private Result call(String... command) throws IOException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    int status = status(output, List.of(command));
    return new Result(status, Files.readString(output));
  }

  private static int status(String... command) {
    return status(Path.of("/dev/null"), List.of(command));
  }

  /** The exit code; that of a command that is not to be found where it can't be started. */
  private static int status(Path output, List<String> command) {
    var builder = new ProcessBuilder(new ArrayList<>(command)).redirectErrorStream(true).redirectOutput(output.toFile());
    try {
      Process process = builder.start();
      if (process.waitFor(SECONDS, TimeUnit.SECONDS)) return process.exitValue();
      process.destroyForcibly();
      throw new AssertionError("%s: still running after %d seconds".formatted(command, SECONDS));
    } catch (IOException e) {
      return 127;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
