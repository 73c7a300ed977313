package org.scriptorium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An incremental run one of whose tasks fails after it has written, and is repeated by Spark. */
class TestRepeatedTasks {
  @TempDir private Path folder;

  @Test
  void computeWhatTheAttemptBeforeHasNotCommitted() throws Exception {
    Files.writeString(folder.resolve("docs.jsonl"), IntStream.range(0, 40)
        .mapToObj(i -> "{\"id\": \"d%d\", \"text\": \"%s\"}\n".formatted(i, i == 7 ? "fails at first" : "a document of number " + i))
        .collect(Collectors.joining()));
    String yaml = """
        read: { format: jsonl, path: DIR/docs.jsonl }
        task: { kind: generate }
        write: { path: DIR/out, mode: incremental, commit-rows: 8 }
        """.replace("DIR", folder.toString());
    Path calls = Files.createFile(folder.resolve("calls")), said = folder.resolve("said");
    Process process = TestKilledRuns.start(Repeating.class, said, yaml, calls.toString());
    try {
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
    assertThat(Files.readString(said)).contains("40 rows").contains("40 answered").contains("none in error");
    // The longest come first, so this one is the last of its task, and all before it are committed when it fails.
    Map<String, Long> times = Files.readAllLines(calls).stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    assertThat(times).hasSize(40).containsEntry("fails at first", 2L);
    assertThat(times.values().stream().filter(count -> count == 1)).hasSize(39);
    JobRun.run(Sessions.spark(), JobFile.parse(yaml, "job.yaml", List.of("write={path: %s}".formatted(folder.resolve("undisturbed")))),
        Progress.silent());
    assertThat(rows("out")).hasSize(40).isEqualTo(rows("undisturbed"));
  }

  private List<String> rows(String name) {
    return Sessions.spark().read().parquet(folder.resolve(name).toString()).orderBy("id").collectAsList().stream()
        .map(Row::toString).toList();
  }

  /** The process: its tasks have two attempts. */
  static final class Repeating {
    private Repeating() {}

    public static void main(String[] arguments) {
      System.setProperty(Sessions.MASTER, "local[2,2]");
      Sessions.log = Path.of(arguments[1]);
      System.out.println(JobRun.run(Sessions.spark(), JobFile.parse(arguments[0], "job.yaml", List.of()), Progress.silent()).summary());
    }
  }
}
