package org.scriptorium.spark;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.Gives;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelException;

/** For tests of plans only: "models" that are files of a few letters, whose generators echo their prompts and keep count. */
final class PlanModels implements ModelOpener {
  private static final String MAGIC = "PLAN";
  private static final List<String> PARTS = List.of("config.json", "tokenizer.json", "model.safetensors.index.json");
  static final int CONTEXT = 2048;
  /** Content of an encoder. */
  static final String ENCODER = "encoder";
  /** First line of the content of an encoder-decoder; the others are {@code task=prefix}. */
  static final String ENCODER_DECODER = "encoder-decoder";

  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger described = new AtomicInteger();
  final List<PlanGenerator> generators = new CopyOnWriteArrayList<>();
  volatile long openingMilliseconds;
  volatile boolean isOpeningBroken;
  volatile long latencyMilliseconds = 1;
  /** What generators answer to the text of a prompt. */
  volatile UnaryOperator<String> answers = PlanModels::echo;
  /** Of each prompt's seven tokens. */
  volatile int cachedTokens = 2;

  static Path write(Path file, String content) throws IOException {
    return Files.writeString(file, MAGIC + content);
  }

  @Override
  public Generator open(Path file, String name, Optional<String> fingerprint, EngineOptions options) {
    opened.incrementAndGet();
    sleep(openingMilliseconds);
    if (isOpeningBroken) throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: broken on purpose".formatted(name));
    var found = described(file, name);
    if (fingerprint.filter(expected -> !expected.equals(found.fingerprint())).isPresent())
      throw new ModelException(ErrorCode.MODEL_CHANGED, "%s: expected SHA-256 %s".formatted(name, fingerprint.get()));
    var generator = new PlanGenerator(found, latencyMilliseconds, answers, () -> cachedTokens);
    generators.add(generator);
    return generator;
  }

  @Override
  public ModelDescription describe(Path file, String name) {
    described.incrementAndGet();
    return described(file, name);
  }

  @Override
  public String fingerprint(Path model) {
    return described(model, "").fingerprint();
  }

  /** Of a folder those of {@link #PARTS} that are there, the first of which is as a file is, and one that the last lists. */
  @Override
  public List<Path> files(Path model) {
    if (!Files.isDirectory(model)) return List.of(model);
    var parts = new ArrayList<>(PARTS.stream().map(model::resolve).filter(Files::exists).toList());
    if (Files.exists(model.resolve("model.safetensors.index.json"))) parts.add(model.resolve("model-1.safetensors"));
    return parts;
  }

  @Override
  public List<String> fileNames(Path folder) {
    return PARTS;
  }

  private byte[] bytes(Path model) throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (Path file : files(model)) bytes.write(Files.readAllBytes(file));
    return bytes.toByteArray();
  }

  private ModelDescription described(Path file, String name) {
    try {
      byte[] bytes = bytes(file);
      if (!new String(bytes, StandardCharsets.UTF_8).startsWith(MAGIC))
        throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: expected the letters %s first; fetch it again".formatted(file, MAGIC));
      String fingerprint = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      String text = new String(bytes, StandardCharsets.UTF_8).substring(MAGIC.length());
      if (text.equals(ENCODER))
        return new ModelDescription(name, fingerprint, "plan", CONTEXT, 100, bytes.length, ModelDescription.Kind.ENCODER, Map.of(),
            Gives.VECTORS, List.of());
      if (!text.startsWith(ENCODER_DECODER)) return new ModelDescription(name, fingerprint, "plan", CONTEXT, 100, bytes.length);
      var prefixes = text.lines().skip(1).collect(Collectors.toMap(line -> line.split("=")[0], line -> line.split("=")[1]));
      return new ModelDescription(name, fingerprint, "plan", CONTEXT, 100, bytes.length, ModelDescription.Kind.ENCODER_DECODER, prefixes,
          Gives.TEXTS, List.of());
    } catch (IOException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  int requests() {
    return generators.stream().mapToInt(PlanGenerator::requests).sum();
  }

  int cancelled() {
    return generators.stream().mapToInt(PlanGenerator::cancelled).sum();
  }

  List<String> prompts() {
    return generators.stream().flatMap(generator -> generator.prompts().stream()).toList();
  }

  void reset() {
    ExecutorEngines.useOpener(this);
    generators.clear();
    opened.set(0);
    described.set(0);
    openingMilliseconds = 0;
    isOpeningBroken = false;
    latencyMilliseconds = 1;
    answers = PlanModels::echo;
    cachedTokens = 2;
  }

  private static String echo(String prompt) {
    return "<" + prompt + ">";
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
