package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DFSConfigKeys;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.pipeline.Publication.Step;

/** Incremental runs whose documents and output lie in a real HDFS: a name node and a data node of Hadoop's own, on this machine. */
class TestNightsOnHdfs {
  private static MiniDFSCluster cluster;
  private static FileSystem files;
  private static SparkSession spark;
  @TempDir private static java.nio.file.Path disk;
  private String folder;

  @BeforeAll
  static void start() throws IOException {
    var configuration = new Configuration();
    configuration.set(DFSConfigKeys.DFS_NAMENODE_HTTP_ADDRESS_KEY, "127.0.0.1:0");
    cluster = new MiniDFSCluster.Builder(configuration, disk.resolve("hdfs").toFile()).numDataNodes(1).build();
    files = cluster.getFileSystem();
    spark = Sessions.spark();
  }

  @AfterAll
  static void stop() {
    cluster.shutdown();
  }

  @BeforeEach
  void choose(TestInfo test) {
    folder = "%s/%s".formatted(files.getUri(), Integer.toHexString(test.getDisplayName().hashCode()));
  }

  @Test
  void nightsFollowTheDocuments() throws IOException {
    write("a|first", "b|second", "c|third");
    assertThat(run().computed()).isEqualTo(3);
    String published = file();
    write("a|first", "c|other", "d|fourth");
    Report second = run();
    assertThat(List.of(second.computed(), second.reused())).containsExactly(2L, 1L);
    assertThat(second.changes()).contains(new Report.DocumentChanges(1, 1, 1));
    assertThat(rows()).isEqualTo(fresh());
    assertThat(file()).as("the new file has taken the old one's place").isEqualTo(published);
    long written = files.getFileStatus(new Path(published)).getModificationTime();
    assertThat(run().computed()).isZero();
    assertThat(files.getFileStatus(new Path(published)).getModificationTime()).isEqualTo(written);
    assertThat(names("out/_scriptorium")).containsExactly("report.json", "reports");
    assertThat(names("out/_scriptorium/reports")).hasSize(3);
  }

  /** Another process stands between two steps of publishing; it is then killed. */
  @Test
  void theNextRunCompletesWhatAKilledOneBegan() throws Exception {
    write("a|first", "b|second");
    run();
    List<String> before = rows();
    write("a|other", "c|third");
    java.nio.file.Path said = disk.resolve("said");
    Process process = TestKilledRuns.start(TestKilledRuns.SHORT_LIVED, StoppingRun.class, said, yaml());
    try {
      TestKilledRuns.awaitText(said, "standing", process);
      assertThat(rows()).isEqualTo(before);
      assertThatThrownBy(this::run).isInstanceOf(JobException.class).hasMessage(("write.path: another run is writing to %s/out"
          + " (process %d on %s); wait for it, or choose another path").formatted(folder, process.pid(),
          InetAddress.getLocalHost().getHostName()));
      process.destroyForcibly();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(names("out/_scriptorium")).contains("publish.json").anyMatch(name -> name.startsWith("run-"));
    Report next = run();
    assertThat(List.of(next.computed(), next.reused())).containsExactly(0L, 2L);
    assertThat(rows()).isEqualTo(fresh());
    assertThat(names("out/_scriptorium")).containsExactly("report.json", "reports");
  }

  @Test
  void severalFilesAreExchangedToTheEnd() throws IOException {
    write("a|first", "b|second", "c|third");
    JobRun.run(spark, job("write={path: %s/out, mode: overwrite}".formatted(folder)), Progress.silent());
    JobRun.run(spark, job("write={path: %s/out, mode: append}".formatted(folder), "read.path=" + documents("more", "d|fourth")),
        Progress.silent());
    write("a|other", "b|second", "c|third", "d|another");
    try {
      JobRun.run(spark, job(), Progress.silent(), now -> {
        if (now == Step.OLD_FILE_REMOVED) throw new CrashError();
      });
    } catch (CrashError e) {
      assertThat(names("out")).contains(Publication.BARRIER);
    }
    assertThat(run().computed()).isZero();
    assertThat(rows()).isEqualTo(fresh());
    assertThat(names("out")).doesNotContain(Publication.BARRIER);
  }

  private void write(String... documents) throws IOException {
    documents("docs", documents);
  }

  private String documents(String name, String... documents) throws IOException {
    var path = new Path(folder, name + ".jsonl");
    String lines = Arrays.stream(documents).map(document -> document.split("\\|"))
        .map(parts -> "{\"id\": \"%s\", \"text\": \"%s\"}\n".formatted(parts[0], parts[1])).collect(Collectors.joining());
    try (var out = files.create(path, true)) {
      out.write(lines.getBytes(StandardCharsets.UTF_8));
    }
    return path.toString();
  }

  private String yaml() {
    return """
        read: { format: jsonl, path: DIR/docs.jsonl }
        task: { kind: generate }
        write: { path: DIR/out, mode: incremental, commit-rows: 2 }
        """.replace("DIR", folder);
  }

  private JobFile job(String... overrides) {
    return JobFile.parse(yaml(), "job.yaml", Arrays.asList(overrides));
  }

  private Report run() {
    return JobRun.run(spark, job(), Progress.silent());
  }

  private List<String> fresh() {
    JobRun.run(spark, job("write={path: %s/fresh, mode: overwrite}".formatted(folder)), Progress.silent());
    return rows("fresh");
  }

  private List<String> rows() {
    return rows("out");
  }

  private List<String> rows(String name) {
    return spark.read().parquet(folder + "/" + name).orderBy("id").collectAsList().stream().map(Row::toString).toList();
  }

  private List<String> names(String path) throws IOException {
    return Arrays.stream(files.listStatus(new Path(folder, path))).map(status -> status.getPath().getName()).sorted().toList();
  }

  /** The one published file. */
  private String file() throws IOException {
    List<String> published = names("out").stream().filter(name -> name.startsWith("part-")).toList();
    assertThat(published).hasSize(1);
    return "%s/out/%s".formatted(folder, published.getFirst());
  }

  /** As if the process had ended here. */
  private static final class CrashError extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** The process: a run that stands still once its journal is written. */
  static final class StoppingRun {
    private StoppingRun() {}

    public static void main(String[] arguments) {
      JobRun.run(Sessions.spark(), JobFile.parse(arguments[0], "job.yaml", List.of()), Progress.silent(), now -> {
        if (now != Step.JOURNAL_WRITTEN) return;
        System.out.println("standing");
        try {
          Thread.sleep(TimeUnit.HOURS.toMillis(1));
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      });
    }
  }
}
