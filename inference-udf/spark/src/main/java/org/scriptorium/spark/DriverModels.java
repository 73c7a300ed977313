package org.scriptorium.spark;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.ModelException;

/** Finds and checks models on the driver, before any executor starts. What was checked once is not checked again until the file changes. */
final class DriverModels {
  private static final String SUFFIX = ".gguf";
  /** What makes a folder one of a model. */
  private static final String CONFIGURATION = "config.json";
  private static final ConcurrentHashMap<Checked, ModelDescription> CHECKED = new ConcurrentHashMap<>();

  private record Checked(Path file, String name, List<State> files) {}

  /** Of one of a model's files. */
  private record State(Path file, long bytes, long modified) {}

  private final Path directory;
  private final Configuration hadoop;

  DriverModels(Path directory, Configuration hadoop) {
    this.directory = directory;
    this.hadoop = hadoop;
  }

  /**
   * The reference that executors open.
   *
   * @param specification with a catalog's name, the path of a {@code .gguf} file or a model folder, or a Hadoop URI of one
   * @throws ModelException if it is not there, can't be read, is not supported, or its context is too short for what is asked
   */
  ModelReference resolve(CallSpecification specification) {
    String model = specification.model();
    if (!isUri(model)) return onNode(ModelNames.file(model, directory), ModelNames.display(model), specification);
    URI uri = uri(model);
    if ("file".equals(uri.getScheme())) return onNode(Path.of(uri.getPath()), ModelNames.display(model), specification);
    return remote(model, specification);
  }

  private ModelReference onNode(Path file, String name, CallSpecification specification) {
    ModelDescription description = description(file, name);
    check(description, specification);
    return new ModelReference(file.toAbsolutePath().toString(), ModelReference.Place.NODE, size(file), description);
  }

  private ModelReference remote(String uri, CallSpecification specification) {
    var models = new RemoteModels(directory, hadoop);
    var copy = models.newest(uri);
    String name = ModelNames.display(uri);
    var description = description(copy.file(), name);
    if (!description.fingerprint().equals(copy.fingerprint())) {
      // The bytes of an earlier copy were damaged on this node's disk.
      models.discard(copy);
      copy = models.newest(uri);
      description = description(copy.file(), name);
    }
    check(description, specification);
    return new ModelReference(uri, ModelReference.Place.REMOTE, size(copy.file()), description);
  }

  private static ModelDescription description(Path file, String name) {
    if (!Files.exists(file))
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND, "%s: nothing is there; check the path".formatted(file));
    if (!Files.isReadable(file))
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: expected a model that can be read, found one that can't".formatted(file));
    if (Files.isDirectory(file) && !Files.exists(file.resolve(CONFIGURATION))) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE,
          "%s: expected a %s file or a model folder, found a folder without config.json".formatted(file, SUFFIX));
    }
    var states = ExecutorEngines.opener().files(file).stream().map(part -> new State(part, bytes(part), modified(part))).toList();
    var key = new Checked(file.toAbsolutePath(), name, states);
    ModelDescription known = CHECKED.get(key);
    if (known != null) return known;
    ModelDescription description = ExecutorEngines.opener().describe(file, name);
    CHECKED.put(key, description);
    return description;
  }

  private static void check(ModelDescription model, CallSpecification specification) {
    AiTask task = specification.function().task();
    if (!task.isFor(model)) {
      throw new ModelException(ErrorCode.MODEL_UNSUPPORTED, "%s: expected %s, found %s (%s), %s; use it with %s, or name another model".formatted(
          specification.sqlName(), task.needs(), model.name(), model.architecture(), described(model), uses(model)));
    }
    task.complaint(specification.constants(), model).ifPresent(complaint -> {
      throw new ModelException(ErrorCode.INVALID_PARAMETER, specification.sqlName() + ": " + complaint);
    });
    // What an encoder-decoder writes takes no room from what it reads, and ends where its decoder's context does.
    if (model.kind() != Kind.DECODER) return;
    int wanted = specification.config().room(0);
    if (wanted < model.contextLength()) return;
    throw new ModelException(ErrorCode.INVALID_PARAMETER,
        "%s: max_new_tokens: expected less than the %d tokens of the context of %s, found %d"
            .formatted(specification.sqlName(), model.contextLength(), model.name(), wanted));
  }

  private static String described(ModelDescription model) {
    return switch (model.gives()) {
      case TEXTS -> "which generates texts";
      case VECTORS -> "an encoder whose head gives vectors";
      case LABELS -> "an encoder whose head gives labels";
      case ANSWERS -> "an encoder whose head marks answers";
      case MASKED_WORDS -> "an encoder whose head guesses masked words";
    };
  }

  /** The functions that a model is for. */
  private static String uses(ModelDescription model) {
    return Instruction.alternatives(Arrays.stream(AiFunction.values())
        .filter(function -> function.task().runsTheModel() && function.task().isFor(model))
        .map(function -> function.sqlName(AiFunction.OnError.FAILS)).toList());
  }

  private static boolean isUri(String model) {
    return model.contains("://") || model.startsWith("file:");
  }

  private static URI uri(String model) {
    return new org.apache.hadoop.fs.Path(model).toUri();
  }

  /** Of all its files. */
  static long size(Path model) {
    return ExecutorEngines.opener().files(model).stream().mapToLong(DriverModels::bytes).sum();
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      throw new ModelException(ErrorCode.MODEL_NOT_FOUND, "%s: nothing is there; fetch the whole model".formatted(file), e);
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: its length can't be read: %s".formatted(file, e), e);
    }
  }

  private static long modified(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: its time can't be read: %s".formatted(file, e), e);
    }
  }
}
