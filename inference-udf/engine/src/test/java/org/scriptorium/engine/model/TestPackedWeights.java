package org.scriptorium.engine.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.Random32;
import org.scriptorium.engine.TinyModel;
import org.scriptorium.engine.kernel.Kernels;
import org.scriptorium.engine.kernel.Matmul.Store;
import org.scriptorium.engine.kernel.Providers;
import org.scriptorium.engine.kernel.Scratch;
import org.scriptorium.engine.weights.GgufFile;
import org.scriptorium.engine.weights.Weights;

@Timeout(120)
class TestPackedWeights {
  private static final String FINGERPRINT = "0123456789abcdef".repeat(4);
  private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir private Path folder;
  private Path cache;
  private Weights weights;

  @BeforeEach
  void open() {
    cache = folder.resolve("cache/of/packed");
    weights = GgufFile.open(TinyModel.write(folder, 1));
  }

  @AfterEach
  void close() {
    weights.close();
  }

  @Test
  void isWrittenOnceAndFoundAgain() throws IOException {
    float[] first = product(cache, "auto", FINGERPRINT);
    Path file = onlyPacked();
    assertThat(names(".building")).isEmpty();
    byte[] content = Files.readAllBytes(file);
    Files.setLastModifiedTime(file, LONG_AGO);
    assertThat(product(cache, "auto", FINGERPRINT)).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(LONG_AGO);
    assertThat(Files.readAllBytes(file)).isEqualTo(content);
  }

  @Test
  void isNamedByModelAndLayout() throws IOException {
    product(cache, "scalar", FINGERPRINT);
    product(cache, "scalar", "f".repeat(64));
    assertThat(names(".packed")).hasSize(2).allMatch(name -> name.contains("-" + Providers.open("scalar", 0).layout() + "-"));
    product(cache, "auto", FINGERPRINT);
    assertThat(names(".packed")).hasSize(Providers.open("auto", 0).layout().equals("scalar-1") ? 2 : 3);
  }

  @Test
  void truncatedForeignAndForgedFilesAreMadeAnew() throws IOException {
    float[] expected = product(cache, "auto", FINGERPRINT);
    Path file = onlyPacked();
    byte[] whole = Files.readAllBytes(file);
    byte[] otherModel = whole.clone(), otherMagic = whole.clone();
    otherModel[16] ^= 1;
    otherMagic[0] ^= 1;
    for (byte[] bad : List.of(new byte[0], Arrays.copyOf(whole, whole.length - 1), Arrays.copyOf(whole, whole.length + 1), Arrays.copyOf(whole, 64),
        new byte[whole.length], new Random32("garbage").bytes(whole.length), otherModel, otherMagic)) {
      Files.write(file, bad);
      assertThat(product(cache, "auto", FINGERPRINT)).isEqualTo(expected);
      assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }
  }

  @Test
  void packsIntoMemoryWhereNoFileCanBe() throws IOException {
    float[] expected = product(cache, "auto", FINGERPRINT);
    Path occupied = Files.writeString(folder.resolve("occupied"), "a file where the folder would be");
    assertThat(product(occupied, "auto", FINGERPRINT)).isEqualTo(expected);
    assertThat(occupied).hasContent("a file where the folder would be");

    Path file = onlyPacked();
    Path other = Files.createDirectory(folder.resolve("other"));
    Files.createDirectories(other.resolve(file.getFileName()).resolve("a folder of the file's name"));
    assertThat(product(other, "auto", FINGERPRINT)).isEqualTo(expected);
    try (var left = Files.list(other)) {
      assertThat(left.map(Path::getFileName).map(Path::toString)).noneMatch(name -> name.endsWith(".building"));
    }
  }

  @Test
  void leftoversOfDeadProcessesGoWithTheNextBuild() throws IOException {
    Files.createDirectories(cache);
    product(cache, "auto", FINGERPRINT);
    Path file = onlyPacked();
    Path leftover = Files.writeString(cache.resolve(file.getFileName() + "123456.building"), "half a model");
    Path ofAnother = Files.writeString(cache.resolve("another-model.packed123456.building"), "half of another");
    Files.delete(file);
    product(cache, "auto", FINGERPRINT);
    assertThat(leftover).doesNotExist();
    assertThat(ofAnother).exists();
    assertThat(file).exists();
  }

  @Test
  void whoOpensAtTheSameTimeGetsTheSameFile() throws Exception {
    float[] expected = product(folder.resolve("alone"), "auto", FINGERPRINT);
    var start = new CountDownLatch(1);
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<float[]>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(threads.submit(() -> {
          start.await();
          return product(cache, "auto", FINGERPRINT);
        }));
      }
      start.countDown();
      for (var result : results) assertThat(result.get()).isEqualTo(expected);
    }
    onlyPacked();
    assertThat(names(".building")).isEmpty();
  }

  @Test
  void waitsForTheProcessThatBuildsAndThenReadsItsFile() throws Exception {
    float[] expected = product(cache, "auto", FINGERPRINT);
    Path file = onlyPacked();
    byte[] whole = Files.readAllBytes(file);
    Files.delete(file);
    Process builder = holder(file.resolveSibling(file.getFileName() + ".lock"));
    try (var thread = Executors.newSingleThreadExecutor()) {
      assertThat(builder.inputReader().readLine()).isEqualTo("locked");
      Future<float[]> waiting = thread.submit(() -> product(cache, "auto", FINGERPRINT));
      Thread.sleep(300);
      assertThat(waiting.isDone()).isFalse();
      assertThat(names(".packed")).isEmpty();
      Path other = Files.write(folder.resolve("made elsewhere"), whole);
      Files.setLastModifiedTime(other, LONG_AGO);
      Files.move(other, file);
      builder.outputWriter().append('\n').flush();
      assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo(expected);
      assertThat(Files.getLastModifiedTime(file)).as("made by the other process").isEqualTo(LONG_AGO);
    } finally {
      builder.destroy();
    }
  }

  private static Process holder(Path lock) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), Holder.class.getName(), lock.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Another process that holds a file's lock until it reads a line. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      try (var channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE); var lock = channel.lock()) {
        System.out.println(lock.isValid() ? "locked" : "not locked");
        System.in.read();
      }
    }
  }

  /** A product with every matrix of two kinds, packed in or found in the folder. */
  private float[] product(Path directory, String kernelName, String fingerprint) {
    Kernels kernels = Providers.open(kernelName, 0);
    var maps = Stream.of("blk.0.attn_q.weight", "blk.0.ffn_down.weight", "blk.1.attn_q.weight")
        .map(name -> Linear.of(Matrix.of(weights.tensor(name)))).toList();
    try (var machine = new Machine(kernels, 2, "packing"); var packed = PackedWeights.bind(maps, weights, machine, directory, fingerprint)) {
      float[] result = new float[maps.size() * TinyModel.WIDTH];
      for (int i = 0; i < maps.size(); i++) {
        Linear map = maps.get(i);
        float[] target = new float[TinyModel.WIDTH];
        for (int panel = 0; panel < map.panels(kernels.matmul()); panel++) {
          map.multiply(kernels, panel, 1, new Random32("packed").normal(map.inputs()), target, Store.SET, new Scratch());
        }
        System.arraycopy(target, 0, result, i * TinyModel.WIDTH, target.length);
      }
      assertThat(result).doesNotContain(0f).doesNotContain(Float.NaN);
      return result;
    }
  }

  private Path onlyPacked() throws IOException {
    assertThat(names(".packed")).hasSize(1);
    return cache.resolve(names(".packed").getFirst());
  }

  private List<String> names(String ending) throws IOException {
    try (var files = Files.list(cache)) {
      return files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(ending)).sorted().toList();
    }
  }
}
