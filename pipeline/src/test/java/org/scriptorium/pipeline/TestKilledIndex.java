package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.TinyBert;
import org.scriptorium.spark.ScriptoriumExtensions;

/**
 * Builds of an index in a process that is killed, with the index on a file system that is not this machine's own as far as anybody knows.
 */
class TestKilledIndex {
  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    SparkSession others = Sessions.spark();
    spark = session();
    SparkSession.setDefaultSession(others);
    new TinyBert("BertModel").write(shared.resolve("bert"));
  }

  @AfterAll
  static void restore() {
    SparkSession.setActiveSession(Sessions.spark());
  }

  private static SparkSession session() {
    SparkSession.clearActiveSession();
    SparkSession.clearDefaultSession();
    SparkSession session = SparkSession.builder().master("local[2]").withExtensions(new ScriptoriumExtensions())
        .config("spark.ui.enabled", "false").config("spark.driver.host", "localhost").config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2").config("spark.scriptorium.engine.cache-memory", "64m").getOrCreate();
    session.sparkContext().hadoopConfiguration().set("fs.stuck.impl", StuckFiles.class.getName());
    session.sparkContext().setLogLevel("ERROR");
    return session;
  }

  @ParameterizedTest
  @ValueSource(strings = {"segments_.*", "manifest.json"})
  void theOldIndexStaysUntilTheNewIsWhole(String at) throws Exception {
    Path index = Files.writeString(folder.resolve("index.yaml"), """
        model: BERT
        read: { format: jsonl, path: DIR/docs.jsonl, id: id, text: text }
        task: { kind: index, shards: 2 }
        write: { format: index, path: "stuck://DIR/index" }
        """.replace("DIR", folder.toString()).replace("BERT", shared.resolve("bert").toString()));
    Files.writeString(folder.resolve("docs.jsonl"),
        "{\"id\": \"a\", \"text\": \"the old music\"}\n{\"id\": \"b\", \"text\": \"the library\"}\n");
    JobRun.run(spark, JobFile.load(index, List.of()), Progress.silent());
    assertThat(found()).containsExactly("the old music", "the library");

    Files.writeString(folder.resolve("docs.jsonl"),
        "{\"id\": \"a\", \"text\": \"the new music\"}\n{\"id\": \"c\", \"text\": \"music files\"}\n");
    Path said = folder.resolve("said");
    Process process = TestKilledRuns.start(Building.class, said, Files.writeString(folder.resolve("at"), at).toString());
    try {
      TestKilledRuns.awaitText(said, "stuck", process);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(folder.resolve("index/generation-000002")).exists();
    assertThat(found()).containsExactly("the old music", "the library");

    // Nobody has to tidy up or to wait.
    Report report = JobRun.run(spark, JobFile.load(index, List.of()), Progress.silent());
    assertThat(report.computed()).isEqualTo(2);
    // What the killed run has embedded is not embedded again, and what is published is not kept twice.
    assertThat(report.promptTokens()).isZero();
    assertThat(folder.resolve("index/_scriptorium/pieces")).doesNotExist();
    assertThat(found()).containsExactlyInAnyOrder("the new music", "music files");
  }

  private List<String> found() throws Exception {
    Files.writeString(folder.resolve("questions.jsonl"), "{\"id\": 1, \"text\": \"old music\"}\n");
    String yaml = """
        read: { format: jsonl, path: DIR/questions.jsonl, id: id, text: text }
        task: { kind: retrieve, index: "stuck://DIR/index" }
        write: { path: DIR/out, mode: overwrite }
        """.replace("DIR", folder.toString());
    JobRun.run(spark, JobFile.parse(yaml, "job.yaml", List.of()), Progress.silent());
    List<Row> passages = spark.read().parquet(folder.resolve("out").toString()).select("passages").head().getList(0);
    return passages.stream().map(passage -> passage.getString(4)).toList();
  }

  /** The process: a build that is stuck before it writes what the file in its argument names. */
  static final class Building {
    private Building() {}

    public static void main(String[] arguments) throws Exception {
      Path at = Path.of(arguments[0]);
      System.setProperty(StuckFiles.AT, Files.readString(at));
      JobRun.run(session(), JobFile.load(at.resolveSibling("index.yaml"), List.of()), Progress.silent());
    }
  }
}
