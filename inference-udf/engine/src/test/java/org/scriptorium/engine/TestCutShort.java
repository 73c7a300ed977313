package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Files that are cut short under a running engine, in a process of its own, which a fault of memory might end. */
class TestCutShort {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"gguf, 1, scalar", "gguf, 2, auto", "packed, 1, scalar", "packed, 2, scalar", "packed, 1, auto", "packed, 2, auto"})
  void rowsBecomeErrorsAndTheProcessLivesOn(String which, int threads, String kernels) throws Exception {
    Path model = TinyModel.write(folder, 1);
    var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED", "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + folder.resolve("crash.log"), "-cp",
        System.getProperty("java.class.path"), Victim.class.getName(), model.toString(), which, String.valueOf(threads), kernels));
    Path output = folder.resolve("output");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(process.waitFor(100, TimeUnit.SECONDS)).as("the process ended").isTrue();
    assertThat(process.exitValue()).as(() -> read(output)).isZero();
    assertThat(Files.readAllLines(output)).contains("whole: ", "cut short: model_changed", "again: model_changed",
        "usable: true, then false", "closed");
  }

  private static String read(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Generates, cuts the file to nothing, generates again. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] arguments) throws IOException {
      Path model = Path.of(arguments[0]), packed = model.resolveSibling("packed");
      var options = new EngineOptions(Integer.parseInt(arguments[2]), 64L << 20, 16, 64, arguments[3], 0, "float16", packed);
      try (Generator generator = Engine.open(model, "tiny", Optional.empty(), options)) {
        // Enough for the kernels to be compiled.
        for (int i = 0; i < 20; i++) generate(generator, "row " + i);
        System.out.println("whole: " + generate(generator, "whole").errorCode());
        boolean wasUsable = generator.isUsable();
        Path file = arguments[1].equals("gguf") ? model : packed(packed);
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.truncate(0);
        }
        System.out.println("cut short: " + generate(generator, "cut short").errorCode());
        System.out.println("again: " + generate(generator, "again").errorCode());
        System.out.println("usable: " + wasUsable + ", then " + generator.isUsable());
      }
      System.out.println("closed");
    }

    private static Path packed(Path folder) throws IOException {
      try (var files = Files.list(folder)) {
        return files.filter(file -> file.toString().endsWith(".packed")).findFirst().orElseThrow();
      }
    }

    private static Completion generate(Generator generator, String text) {
      var config = GenerationConfig.DEFAULT.withMaxNewTokens(60);
      var requests = new ArrayList<Request>();
      for (int i = 0; i < 8; i++) requests.add(new Request(Prompt.user(SourcedText.row(text + i)), config));
      List<Completion> completions = Hearing.all(generator, requests);
      return completions.stream().filter(completion -> completion.errorCode().isEmpty()).findFirst().orElse(completions.getFirst());
    }
  }
}
