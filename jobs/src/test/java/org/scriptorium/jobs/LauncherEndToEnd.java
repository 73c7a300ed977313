package org.scriptorium.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.TinyModel;

/** The launcher, the assembled jar and Spark's own SparkSubmit, as a user calls them. */
class LauncherEndToEnd {
  @TempDir Path folder;
  private Launcher launcher;
  private Path model;

  @BeforeEach
  void writeModel() {
    launcher = new Launcher(folder);
    model = TinyModel.write(folder, 1);
  }

  @Test
  void showsItsCommandsThroughALinkFromAnotherFolder() throws Exception {
    var link = Files.createSymbolicLink(folder.resolve("link"), Files.createSymbolicLink(folder.resolve("inner"), Launcher.SCRIPT));
    var result = launcher.start(link, Map.of(), "", "--help").result();
    assertThat(result.status()).as(result.toString()).isZero();
    assertThat(result.out()).contains("demo", "run", "generate", "models", "bench");
    assertThat(result.error()).isEmpty();
    for (var command : new String[] {"demo", "run"}) {
      assertThat(launcher.call(command, "--help").out()).startsWith("Usage: scriptorium " + command);
    }
  }

  @Test
  void saysWhichJavaIsMissing() throws Exception {
    var result = launcher.call(Map.of("SCRIPTORIUM_JAVA_HOME", folder.toString()), "", "--help");
    assertThat(result.status()).isEqualTo(1);
    assertThat(result.error()).isEqualTo("scriptorium: SCRIPTORIUM_JAVA_HOME is %s: expected JDK 25 or newer, found none%n".formatted(folder));
  }

  @Test
  void knowsTheCatalogAndInspectsAFile() throws Exception {
    assertThat(launcher.call("models", "list").out()).containsPattern("smollm2-135m-instruct +98 MB +Apache-2.0 +not pulled");
    var inspected = launcher.call("models", "inspect", model.toString());
    assertThat(inspected.status()).as(inspected.toString()).isZero();
    assertThat(inspected.out().lines()).first().isEqualTo("file: " + model);
    assertThat(inspected.out().lines()).allMatch(line -> line.matches("[a-z0-9_]+: .+")).contains("architecture: llama", "context_length: 512", "supported: yes");
  }

  @Test
  void generatesWithoutSpark() throws Exception {
    var result = launcher.call("generate", "--model", model.toString(), "--max-new-tokens", "8", "Who is there?");
    assertThat(result.status()).as(result.toString()).isZero();
    assertThat(result.out()).isNotBlank().endsWith("\n");
    assertThat(result.error()).isEmpty();
    assertThat(launcher.call(Map.of(), "Who is there?", "generate", "--model", model.toString(), "--max-new-tokens", "8", "-").out())
        .isEqualTo(result.out());
  }

  @Test
  void foldersAreModels() throws Exception {
    for (String name : List.of("llama", "gpt2")) {
      Path reference = ReferenceFixtures.require("models/" + name);
      var inspected = launcher.call("models", "inspect", reference.toString());
      assertThat(inspected.status()).as(inspected.toString()).isZero();
      assertThat(inspected.out().lines()).first().isEqualTo("file: " + reference);
      assertThat(inspected.out().lines()).contains("architecture: " + name, "supported: yes", "dtype: float32", "shards: 1");
      var generated = launcher.call("generate", "--model", reference.toString(), "--max-new-tokens", "8", "--raw", "In the beginning");
      assertThat(generated.status()).as(generated.toString()).isZero();
      assertThat(generated.out()).isNotBlank().endsWith("\n");
      assertThat(generated.error()).isEmpty();
    }
  }

  @Test
  void answersAlikeWithoutAnArchiveWithOneAndWithOneThatIsNoGood() throws Exception {
    var archives = Files.createDirectories(folder.resolve("folder of archives"));
    var expected = launcher.call(generation());
    assertThat(expected.status()).as(expected.toString()).isZero();
    assertThat(launcher.call(Map.of("SCRIPTORIUM_ARCHIVES", archives.toString()), "", generation())).isEqualTo(expected);
    var archive = onlyFile(archives);
    byte[] whole = Files.readAllBytes(archive);
    assertAnswersAlike(archives, expected);
    for (byte[] damaged : List.of(new byte[0], "no archive".getBytes(UTF_8), Arrays.copyOf(whole, whole.length / 2), altered(whole))) {
      Files.write(archive, damaged);
      assertAnswersAlike(archives, expected);
      assertThat(archive).hasBinaryContent(damaged);
    }
    Files.setLastModifiedTime(archive, FileTime.fromMillis(0));
    assertAnswersAlike(archives, expected);
    assertThat(onlyFile(archives)).isEqualTo(archive);
    assertThat(Files.getLastModifiedTime(archive)).isGreaterThan(Files.getLastModifiedTime(Launcher.JAR));
    assertAnswersAlike(archives, expected);
    assertAnswersAlike(folder.resolve("nowhere"), expected);
    assertThat(folder.resolve("nowhere")).doesNotExist();
  }

  private void assertAnswersAlike(Path archives, Launcher.Result expected) throws Exception {
    assertThat(launcher.call(Map.of("SCRIPTORIUM_ARCHIVES", archives.toString()), "", generation())).isEqualTo(expected);
  }

  private String[] generation() {
    return new String[] {"generate", "--model", model.toString(), "--max-new-tokens", "8", "Who is there?"};
  }

  /** Other bytes in the middle, as many. */
  private static byte[] altered(byte[] content) {
    byte[] altered = content.clone();
    for (int i = altered.length / 3; i < altered.length / 2; i++) altered[i] ^= 0x55;
    return altered;
  }

  private static Path onlyFile(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      var found = files.toList();
      assertThat(found).hasSize(1);
      return found.getFirst();
    }
  }

  @Test
  void runsAJob() throws Exception {
    Files.createDirectories(folder.resolve("data"));
    Files.writeString(folder.resolve("data/documents.jsonl"), documents(40) + "{\"id\": \"empty\", \"text\": \"\"}\n");
    var result = launcher.call("run", job("data/documents.jsonl").toString(), "--set", "generate.max-new-tokens=6", "--master", "local[2]");
    assertThat(result.status()).as(result.toString()).isZero();
    assertThat(result.error().lines().filter(line -> line.contains("Opened "))).hasSize(1);
    assertThat(result.error().lines()).hasSize(1);
    var report = report();
    assertThat(report.get("rows").asInt()).isEqualTo(41);
    assertThat(report.get("skipped").asInt()).isEqualTo(1);
    assertThat(report.get("errors").isEmpty()).isTrue();
    assertThat(folder.resolve("out/_SUCCESS")).exists();
  }

  @Test
  void tellsRowsInErrorByItsExitCode() throws Exception {
    Files.writeString(folder.resolve("documents.jsonl"), documents(9) + "{\"id\": \"long\", \"text\": \"%s\"}%n".formatted("word ".repeat(3000)));
    var job = job("documents.jsonl").toString();
    var refused = launcher.call("run", job);
    assertThat(refused.status()).as(refused.toString()).isEqualTo(1);
    assertThat(refused.error()).contains("prompt_too_long 1", "nothing was published").doesNotContain("\tat ");
    assertThat(folder.resolve("out/_SUCCESS")).doesNotExist();
    var published = launcher.call("run", job, "--set", "quality.max-error-rate=0.5");
    assertThat(published.status()).as(published.toString()).isEqualTo(3);
    assertThat(report().get("errors").get("prompt_too_long").asInt()).isEqualTo(1);
  }

  @Test
  void tellsFailedJobsFromWrongUse() throws Exception {
    var missing = launcher.call("run", job("nowhere.jsonl").toString());
    assertThat(missing.status()).as(missing.toString()).isEqualTo(1);
    assertThat(missing.error().lines()).hasSize(1).first().asString().startsWith("scriptorium: ").contains("nowhere.jsonl");
    var unknown = launcher.call("run", job("nowhere.jsonl").toString(), "--set", "generate.max-tokens=4");
    assertThat(unknown.status()).as(unknown.toString()).isEqualTo(2);
    assertThat(unknown.error()).contains("max-tokens", "max-new-tokens").doesNotContain("\tat ");
    assertThat(launcher.call("run").status()).isEqualTo(2);
    assertThat(launcher.call("walk").status()).isEqualTo(2);
  }

  @Test
  void estimatesWithoutWriting() throws Exception {
    Files.writeString(folder.resolve("documents.jsonl"), documents(20));
    var result = launcher.call("run", job("documents.jsonl").toString(), "--dry-run");
    assertThat(result.status()).as(result.toString()).isZero();
    assertThat(result.out()).contains("rows:", "tokens:", "memory:", "expected time:");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private Path job(String documents) throws IOException {
    return Files.writeString(folder.resolve("job.yaml"), """
        name: end-to-end
        model: %s
        read: { format: jsonl, path: %s, id: id, text: text }
        task: { kind: generate }
        generate: { max-new-tokens: 12 }
        write: { format: parquet, path: out, mode: overwrite }
        """.formatted(model, documents));
  }

  private static String documents(int count) {
    return IntStream.range(0, count).mapToObj("{\"id\": \"%1$d\", \"text\": \"Document %1$d tells of rivers.\"}%n"::formatted).collect(Collectors.joining());
  }

  private JsonNode report() throws IOException {
    return new ObjectMapper().readTree(folder.resolve("out/_scriptorium/report.json").toFile());
  }
}
