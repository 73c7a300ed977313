package org.scriptorium.jobs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Calls the launcher in a process of its own, with a cache of the test's own and without building. */
final class Launcher {
  static final Path PROJECT = Path.of(System.getProperty("scriptorium.root"));
  static final Path SPARK_HOME = PROJECT.resolve("jobs/target/spark");
  static final Path JAR = PROJECT.resolve("jobs/target/scriptorium.jar");
  static final Path SCRIPT = PROJECT.resolve("scriptorium");
  private static final int MINUTES = 10;

  private final Path folder;

  /** {@code folder} is where commands run and keep their files. */
  Launcher(Path folder) {
    this.folder = folder;
  }

  /** What came of a call. */
  record Result(int status, String out, String error) {
    /** Both outputs, for the description of a failed assertion. */
    @Override
    public String toString() {
      return "exit code %d%n%s%n%s".formatted(status, out, error);
    }
  }

  Result call(String... arguments) throws IOException, InterruptedException {
    return call(Map.of(), "", arguments);
  }

  Result call(Map<String, String> environment, String input, String... arguments) throws IOException, InterruptedException {
    return start(SCRIPT, environment, input, arguments).result();
  }

  /** A call that runs. */
  record Running(Process process, Path out, Path error) {
    Result result() throws IOException, InterruptedException {
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        throw new AssertionError("still running after %d minutes%n%s%n%s".formatted(MINUTES, Files.readString(out), Files.readString(error)));
      }
      return new Result(process.exitValue(), Files.readString(out), Files.readString(error));
    }
  }

  Running start(Path script, Map<String, String> environment, String input, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    var out = Files.createTempFile(folder, "out", ".txt");
    var error = Files.createTempFile(folder, "error", ".txt");
    var typed = Files.writeString(Files.createTempFile(folder, "in", ".txt"), input);
    var builder = new ProcessBuilder(command).directory(folder.toFile())
        .redirectInput(typed.toFile()).redirectOutput(out.toFile()).redirectError(error.toFile());
    setEnvironment(builder.environment());
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, error);
  }

  void setEnvironment(Map<String, String> environment) {
    environment.keySet().removeIf(name -> name.startsWith("SPARK_") || name.startsWith("SCRIPTORIUM_"));
    environment.put("SCRIPTORIUM_JAVA_HOME", System.getProperty("java.home"));
    environment.put("SCRIPTORIUM_BUILD", "never");
    environment.put("SCRIPTORIUM_ARCHIVES", "never");
    environment.put("SCRIPTORIUM_CACHE", folder.resolve("cache").toString());
    environment.put("SPARK_LOCAL_IP", "127.0.0.1");
  }
}
