package org.scriptorium.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.spark.network.util.JavaUtils;
import org.apache.spark.sql.internal.SQLConf;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import scala.jdk.javaapi.CollectionConverters;

/** Every configuration key of Scriptorium on Spark, with its type, its default and what it does. An unknown key is an error. */
public final class ScriptoriumConf implements Serializable {
  private static final long serialVersionUID = 1L;

  static final String PREFIX = "spark.scriptorium.";
  private static final List<Key> KEYS = new ArrayList<>();

  public static final Key MODEL_DEFAULT = key("model.default", Type.STRING, "smollm2-135m-instruct",
      "Model of the functions that name none: a name of the catalog, a `.gguf` file or model folder, or a Hadoop URI of one.");
  public static final Key MODEL_EMBEDDING = key("model.embedding", Type.STRING, "all-minilm-l6-v2",
      "Model of the functions that compare meanings, where they name none: a name of the catalog, a folder of an encoder, or a `.gguf` file.");
  public static final Key MODEL_CACHE_DIR = key("model.cache-dir", Type.STRING, "",
      "Folder of fetched models and packed weights on each node; empty is `SCRIPTORIUM_CACHE`, else `~/.cache/scriptorium`.");
  public static final Key MODEL_THINK_MARKERS = key("model.think-markers", Type.MARKERS, "<think> </think>",
      "What stands around the reasoning of models that think before they answer; others than these hold for any model.");
  public static final Key ENGINE_THREADS = key("engine.threads", Type.COUNT_OR_ZERO, "0",
      "Compute threads of an executor; 0 is as many as the executor has cores.");
  public static final Key ENGINE_MAX_BATCH = key("engine.max-batch", Type.COUNT, "64",
      "At most so many sequences run together in an executor.");
  public static final Key ENGINE_STEP_TOKENS = key("engine.step-tokens", Type.COUNT, "512",
      "At most so many tokens, decodes and pieces of prompts together, go through the model in one step.");
  public static final Key ENGINE_CACHE_MEMORY = key("engine.cache-memory", Type.MEMORY, "0.125",
      "Memory of the key/value cache of an executor: bytes such as `2g`, or a share of the machine's memory such as `0.125`.");
  public static final Key ENGINE_CACHE_TYPE = key("engine.cache-type", Type.CACHE_TYPE, "float16",
      "How keys and values are kept in the cache: `float16`, which halves its memory, or `float32`; a text may rarely differ.");
  public static final Key ENGINE_KERNELS = key("engine.kernels", Type.KERNELS, "auto",
      "Kernels: `vector`, `scalar`, or `auto`, which the driver resolves once for the whole job.");
  public static final Key ENGINE_VECTOR_BITS = key("engine.vector-bits", Type.VECTOR_BITS, "0",
      "Width of vectors: `256`, `512`, or `0` for what each machine prefers; texts are the same.");
  public static final Key BATCH_ROWS = key("batch.rows", Type.COUNT, "64",
      "Rows of an Arrow batch between Spark and the engine.");
  public static final Key BATCH_ROWS_IN_FLIGHT = key("batch.rows-in-flight", Type.COUNT, "512",
      "At most so many rows of a task are read and not yet handed on.");
  public static final Key BATCH_BYTES_IN_FLIGHT = key("batch.bytes-in-flight", Type.BYTES, "64m",
      "At most so many bytes of rows and texts of a task are read and not yet handed on; one row always is.");

  /** What a key's value may be. */
  enum Type { STRING, COUNT, COUNT_OR_ZERO, BYTES, MEMORY, KERNELS, CACHE_TYPE, VECTOR_BITS, MARKERS }

  /** One key. */
  public record Key(String name, Type type, String defaultValue, String meaning) implements Serializable {}

  private final Map<String, String> values;

  private ScriptoriumConf(Map<String, String> values) {
    this.values = values;
  }

  static ScriptoriumConf of(SQLConf session) {
    return of(CollectionConverters.asJava(session.getAllConfs()));
  }

  /**
   * Reads the settings among {@code entries} that start with {@code spark.scriptorium.}.
   *
   * @throws ModelException with {@link ErrorCode#INVALID_PARAMETER} for an unknown key or a value outside its domain
   */
  public static ScriptoriumConf of(Map<String, String> entries) {
    var known = new HashMap<String, Key>();
    for (Key key : KEYS) known.put(key.name(), key);
    var values = new HashMap<String, String>();
    for (String name : new TreeSet<>(entries.keySet())) {
      if (!name.startsWith(PREFIX)) continue;
      Key key = known.get(name);
      if (key == null)
        throw invalid("unknown configuration key %s; did you mean %s?".formatted(name, NearestName.of(name, known.keySet())));
      values.put(name, checked(key, entries.get(name).strip()));
    }
    return new ScriptoriumConf(values);
  }

  /** The table of the documentation. */
  public static String markdown() {
    var table = new StringBuilder("| key | default | meaning |\n| --- | --- | --- |\n");
    for (Key key : KEYS) {
      String shown = key.defaultValue().isEmpty() ? "" : "`" + key.defaultValue() + "`";
      table.append("| `%s` | %s | %s |\n".formatted(key.name(), shown, key.meaning()));
    }
    return table.toString();
  }

  public static List<Key> keys() {
    return List.copyOf(KEYS);
  }

  /** The model that a setting names. */
  String model(Key setting) {
    return value(setting);
  }

  int batchRows() {
    return Math.min(number(BATCH_ROWS), rowsInFlight());
  }

  int rowsInFlight() {
    return number(BATCH_ROWS_IN_FLIGHT);
  }

  long bytesInFlight() {
    return JavaUtils.byteStringAsBytes(value(BATCH_BYTES_IN_FLIGHT));
  }

  EngineSettings engine() {
    return new EngineSettings(number(ENGINE_THREADS), number(ENGINE_MAX_BATCH), number(ENGINE_STEP_TOKENS), value(ENGINE_CACHE_MEMORY),
        VectorModule.resolve(value(ENGINE_KERNELS)), number(ENGINE_VECTOR_BITS), value(ENGINE_CACHE_TYPE), value(MODEL_CACHE_DIR),
        value(MODEL_THINK_MARKERS));
  }

  private String value(Key key) {
    return values.getOrDefault(key.name(), key.defaultValue());
  }

  private int number(Key key) {
    return Integer.parseInt(value(key));
  }

  private static Key key(String name, Type type, String defaultValue, String meaning) {
    var key = new Key(PREFIX + name, type, defaultValue, meaning);
    KEYS.add(key);
    return key;
  }

  private static String checked(Key key, String value) {
    try {
      boolean holds = switch (key.type()) {
        case STRING -> true;
        case COUNT -> Integer.parseInt(value) >= 1;
        case COUNT_OR_ZERO -> Integer.parseInt(value) >= 0;
        case BYTES -> JavaUtils.byteStringAsBytes(value) >= 1;
        case MEMORY -> EngineSettings.memoryBytes(value, 1L << 40) >= 1;
        case KERNELS -> List.of("auto", "vector", "scalar").contains(value);
        case CACHE_TYPE -> List.of("float16", "float32").contains(value);
        case VECTOR_BITS -> List.of("0", "256", "512").contains(value);
        case MARKERS -> value.split("\\s+").length == 2;
      };
      if (holds) return value;
    } catch (IllegalArgumentException e) {
      // Not a number at all: the same refusal as for a number outside the domain.
    }
    throw invalid("%s: expected %s, found '%s'".formatted(key.name(), expected(key.type()), value));
  }

  private static String expected(Type type) {
    return switch (type) {
      case STRING -> "a string";
      case COUNT -> "a whole number, at least 1";
      case COUNT_OR_ZERO -> "a whole number, at least 0";
      case BYTES -> "bytes such as 64m";
      case MEMORY -> "bytes such as 2g, or a share above 0 and below 1 such as 0.125";
      case KERNELS -> "auto, vector or scalar";
      case CACHE_TYPE -> "float16 or float32";
      case VECTOR_BITS -> "0, 256 or 512";
      case MARKERS -> "two texts with a blank between them";
    };
  }

  private static ModelException invalid(String message) {
    return new ModelException(ErrorCode.INVALID_PARAMETER, message);
  }
}
