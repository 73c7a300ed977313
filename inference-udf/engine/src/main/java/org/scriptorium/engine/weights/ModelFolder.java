package org.scriptorium.engine.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * A folder as Hugging Face's {@code save_pretrained} writes it: {@code config.json}, optionally {@code generation_config.json}, and weights
 * in {@code model.safetensors} or in several files that {@code model.safetensors.index.json} lists. Weights are mapped read-only:
 * processes that open the same folder share their pages.
 *
 * <p>Files must not be changed in place while the folder is open, as for {@link GgufFile}.
 */
public final class ModelFolder implements Weights {
  private static final String CONFIGURATION = "config.json", GENERATION = "generation_config.json", SINGLE = "model.safetensors";
  private static final String INDEX = SINGLE + ".index.json";

  private static final List<String> NAMES = List.of(CONFIGURATION, GENERATION, SINGLE, INDEX, "tokenizer.json", "tokenizer_config.json",
      "special_tokens_map.json", "added_tokens.json", "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
      "chat_template.jinja", "chat_template.json", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.model", "spiece.model",
      "sentencepiece.bpe.model", "source.spm", "target.spm");

  private final Path path;
  /** Owned. */
  private final Arena arena = Arena.ofShared();
  private final Configuration configuration;
  private final Configuration generation;
  private final Map<String, SafetensorsFile> holders = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private final List<Path> shards = new ArrayList<>();
  private long bytes;

  private ModelFolder(Path path) {
    this.path = path;
    boolean opened = false;
    try {
      configuration = Configuration.read(path.resolve(CONFIGURATION));
      Path defaults = path.resolve(GENERATION);
      generation = Files.exists(defaults) ? Configuration.read(defaults) : Configuration.of(defaults, Map.of());
      if (Files.exists(path.resolve(SINGLE))) {
        SafetensorsFile file = map(SINGLE);
        for (String name : file.names()) holders.put(name, file);
      } else {
        mapShards();
      }
      holders.forEach((name, file) -> {
        if (file.isReadable(name)) tensors.put(name, file.tensor(name));
      });
      opened = true;
    } finally {
      if (!opened) arena.close();
    }
  }

  /**
   * Maps a folder's weights and reads its configuration.
   *
   * @throws ModelException {@link ErrorCode#MODEL_NOT_FOUND}, {@link ErrorCode#MODEL_UNREADABLE}, {@link ErrorCode#MODEL_CORRUPT} or
   *     {@link ErrorCode#MODEL_UNSUPPORTED}
   */
  public static ModelFolder open(Path path) {
    try {
      return new ModelFolder(path);
    } catch (InternalError e) {
      throw MappedFile.cutShort(path, e);
    }
  }

  /** True if the path is a folder, so that it is to be opened here. */
  public static boolean isFolder(Path path) {
    return Files.isDirectory(path);
  }

  private void mapShards() {
    Path index = path.resolve(INDEX);
    if (!Files.exists(index)) throw noWeights(path);
    var files = new LinkedHashMap<String, SafetensorsFile>();
    shards(index).forEach((name, file) -> {
      SafetensorsFile holder = files.computeIfAbsent(file, this::map);
      if (!holder.has(name)) {
        throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %s: expected a tensor of this name, as %s says, found none; fetch both files again"
            .formatted(path.resolve(file), name, INDEX));
      }
      holders.put(name, holder);
    });
  }

  private SafetensorsFile map(String name) {
    Path file = path.resolve(name);
    shards.add(file);
    MemorySegment segment = MappedFile.map(file, arena, "safetensors file");
    bytes += segment.byteSize();
    return new SafetensorsFile(file, segment);
  }

  private static ModelException noWeights(Path path) {
    boolean pickled = Files.exists(path.resolve("pytorch_model.bin")) || Files.exists(path.resolve("pytorch_model.bin.index.json"));
    return new ModelException(pickled ? ErrorCode.MODEL_UNSUPPORTED : ErrorCode.MODEL_NOT_FOUND, "%s: expected %s or %s, found %s".formatted(path,
        SINGLE, INDEX, pickled ? "PyTorch's pickled weights, which may run code; convert the model to safetensors" : "neither; fetch the whole model"));
  }

  /** What {@code config.json} says. */
  public Configuration configuration() {
    return configuration;
  }

  /** What {@code generation_config.json} says; empty where there is none. */
  public Configuration generation() {
    return generation;
  }

  /** The files that hold the weights. */
  public List<Path> shards() {
    return Collections.unmodifiableList(shards);
  }

  /**
   * Names that the files of a folder may have that a model's results depend on, but for those that an index lists: fixed ones, and those
   * of the modules that {@code modules.json} lists, if it is there.
   */
  public static List<String> names(Path folder) {
    var names = new ArrayList<>(NAMES);
    Path modules = folder.resolve("modules.json");
    if (!Files.exists(modules)) return names;
    for (ObjectNode module : JsonFiles.readAll(modules)) {
      String path = module.path("path").asText();
      // The first module mostly is the folder itself; a longer path could reach files outside.
      if (path.matches("[A-Za-z0-9_-][A-Za-z0-9_.-]*")) names.add(path + "/" + CONFIGURATION);
    }
    return names;
  }

  /**
   * The files that a model's results depend on, tokenizers' files included, ordered by name: those of {@link #names} that are there, and
   * those that the index lists where there is no single one, whether they are there or not.
   */
  public static List<Path> parts(Path folder) {
    var names = new TreeSet<>(names(folder));
    names.removeIf(name -> !Files.exists(folder.resolve(name)));
    if (names.contains(SINGLE)) {
      names.remove(INDEX);
    } else if (names.contains(INDEX)) {
      names.addAll(shards(folder.resolve(INDEX)).values());
    } else {
      throw noWeights(folder);
    }
    return names.stream().map(folder::resolve).toList();
  }

  /** Files of weights by names of tensors, as an index lists them. */
  private static Map<String, String> shards(Path index) {
    if (!(JsonFiles.read(index).get("weight_map") instanceof ObjectNode map)) {
      throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: weight_map: expected an object, found none; fetch the file again".formatted(index));
    }
    var shards = new LinkedHashMap<String, String>();
    for (var entry : map.properties()) {
      // A name with a path could reach files outside the folder.
      if (!entry.getValue().isTextual() || !entry.getValue().textValue().matches("[A-Za-z0-9_.-]+\\.safetensors")) {
        throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: weight_map: %s: expected the name of a .safetensors file beside it, found %s"
            .formatted(index, entry.getKey(), entry.getValue()));
      }
      shards.put(entry.getKey(), entry.getValue().textValue());
    }
    return shards;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public Collection<Tensor> tensors() {
    return Collections.unmodifiableCollection(tensors.values());
  }

  /** @throws ModelException MODEL_UNSUPPORTED if it is there with a type that is not read here */
  @Override
  public Optional<Tensor> find(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor != null) return Optional.of(tensor);
    return Optional.ofNullable(holders.get(name)).map(file -> file.tensor(name));
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) arena.close();
  }
}
