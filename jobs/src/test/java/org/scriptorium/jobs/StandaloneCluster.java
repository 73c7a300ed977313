package org.scriptorium.jobs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.apache.spark.launcher.JavaModuleOptions;

/** Master and workers of Spark's standalone mode, each a process of its own. */
final class StandaloneCluster implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  /** Of the workers, in turn: Spark gives a task's copy to another host than the task's, and tells hosts apart by their names. */
  private static final List<String> HOSTS = List.of(HOST, "localhost");

  private final Path folder;
  private final String master;
  private final List<Process> processes = new ArrayList<>();

  private StandaloneCluster(Path folder, String master) {
    this.folder = folder;
    this.master = master;
  }

  /** Workers of one core each; their files lie in {@code folder}. */
  static StandaloneCluster start(Path folder, int workers) throws IOException, InterruptedException {
    int port = freePort();
    var cluster = new StandaloneCluster(folder, "spark://%s:%d".formatted(HOST, port));
    try {
      var log = cluster.start("master", "org.apache.spark.deploy.master.Master", "--host", HOST, "--port", Integer.toString(port), "--webui-port", "0");
      await(Duration.ofMinutes(1), "the master listens: " + log, () -> isListening(port));
      for (int i = 0; i < workers; i++) {
        cluster.start("worker" + i, "org.apache.spark.deploy.worker.Worker", "--host", HOSTS.get(i % HOSTS.size()), "--webui-port", "0", "--cores", "1", "--memory", "1g",
            "--work-dir", folder.resolve("work" + i).toString(), cluster.master);
      }
      return cluster;
    } catch (IOException | InterruptedException | AssertionError failure) {
      cluster.close();
      throw failure;
    }
  }

  String master() {
    return master;
  }

  /** What all executors so far wrote, oldest first. */
  List<Path> executorLogs() {
    try (var files = Files.find(folder, 5, (file, attributes) -> file.endsWith("stderr") && file.toString().contains("/app-"))) {
      return files.sorted(Comparator.comparing(file -> file.getParent().getParent().getFileName().toString())).toList();
    } catch (IOException exception) {
      throw new AssertionError(exception);
    }
  }

  /** The executors of the last application. */
  List<Path> newestExecutorLogs() {
    var logs = executorLogs();
    if (logs.isEmpty()) return logs;
    var newest = logs.getLast().getParent().getParent().getFileName();
    return logs.stream().filter(log -> log.getParent().getParent().getFileName().equals(newest)).toList();
  }

  /** Kills one executor process, as a machine's failure would. */
  void killAnExecutor() {
    // A worker's only children are its executors.
    processes.getLast().children().findFirst().orElseThrow(() -> new AssertionError("the last worker has no executor")).destroyForcibly();
  }

  static void await(Duration limit, String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) throw new AssertionError("not within %s: %s".formatted(limit, what));
      Thread.sleep(100);
    }
  }

  private Path start(String name, String main, String... arguments) throws IOException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList(JavaModuleOptions.defaultModuleOptionArray()));
    command.addAll(List.of("-Xmx256m", "-cp", Launcher.PROJECT.resolve("conf") + ":" + Launcher.SPARK_HOME.resolve("jars") + "/*", main));
    command.addAll(List.of(arguments));
    var log = folder.resolve(name + ".log");
    var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
    new Launcher(folder).setEnvironment(builder.environment());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("SPARK_HOME", Launcher.SPARK_HOME.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    // Executors log as the driver does, so that the opening of a model can be read in their files.
    builder.environment().put("SPARK_CONF_DIR", Launcher.PROJECT.resolve("conf").toString());
    processes.add(builder.start());
    return log;
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      return socket.getLocalPort();
    }
  }

  private static boolean isListening(int port) {
    try (var socket = new Socket(HOST, port)) {
      return socket.isConnected();
    } catch (IOException exception) {
      return false;
    }
  }

  /** Ends the workers with their executors, then the master. */
  @Override
  public void close() {
    for (var process : processes.reversed()) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
