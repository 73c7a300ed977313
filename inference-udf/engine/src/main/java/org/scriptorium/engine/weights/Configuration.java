package org.scriptorium.engine.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * A model's configuration under Hugging Face's keys, whatever the file that it comes from calls them. A value that is missing, of another
 * kind or out of range is a {@link ModelException} that names the key as the file spells it; the forms with a default answer it only where
 * the key is absent or null.
 *
 * <p>Keys that nobody asks for are passed over, as the reference passes over keys that a model's class does not have; what a family does
 * not support of its own keys it refuses by {@link #unsupported}.
 */
public final class Configuration {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path path;
  /** Such as {@code rope_scaling.}; empty at the top. */
  private final String place;
  private final ObjectNode values;
  /** Other names of keys: the file's, or a family's own. */
  private final Map<String, String> spellings;

  private Configuration(Path path, String place, ObjectNode values, Map<String, String> spellings) {
    this.path = path;
    this.place = place;
    this.values = values;
    this.spellings = spellings;
  }

  /** Reads a JSON file. */
  public static Configuration read(Path path) {
    return new Configuration(path, "", JsonFiles.read(path), Map.of());
  }

  /** Reads a JSON file that holds an array of objects. */
  public static List<Configuration> readAll(Path path) {
    List<ObjectNode> objects = JsonFiles.readAll(path);
    return IntStream.range(0, objects.size()).mapToObj(i -> new Configuration(path, "[%d].".formatted(i), objects.get(i), Map.of())).toList();
  }

  /**
   * A configuration of given values: strings, numbers, booleans, lists and maps of them.
   *
   * @param path the file that they come from
   */
  public static Configuration of(Path path, Map<String, ?> values) {
    return new Configuration(path, "", MAPPER.valueToTree(values), Map.of());
  }

  /**
   * This configuration with other names for some keys: each key is looked up under its own name and under its other one.
   *
   * @param others by key
   */
  public Configuration withNames(Map<String, String> others) {
    var both = new HashMap<>(spellings);
    both.putAll(others);
    return new Configuration(path, place, values, Map.copyOf(both));
  }

  /** The file that this comes from. */
  public Path path() {
    return path;
  }

  /** True if the key has a value other than null. */
  public boolean has(String key) {
    return !value(key).isNull() && !value(key).isMissingNode();
  }

  /** True if there is no key at all. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /** True if the key is there, be it with null. */
  public boolean mentions(String key) {
    return !value(key).isMissingNode();
  }

  /** A natural number that sizes something: 1 to 2^30. */
  public int size(String key) {
    return size(key, 1 << 30);
  }

  /** A natural number from 1 to {@code most}. */
  public int size(String key, int most) {
    int found = integer(key);
    if (found < 1 || found > most) throw wrong(key, "from 1 to %d".formatted(most), value(key).toString());
    return found;
  }

  public int integer(String key) {
    JsonNode found = required(key, "an integer");
    if (!found.isIntegralNumber() || !found.canConvertToInt()) throw wrong(key, "an integer", describe(found));
    return found.intValue();
  }

  public int integer(String key, int otherwise) {
    return has(key) ? integer(key) : otherwise;
  }

  /** A finite number. */
  public double real(String key) {
    JsonNode found = required(key, "a number");
    if (!found.isNumber() || !Double.isFinite(found.doubleValue())) throw wrong(key, "a finite number", describe(found));
    return found.doubleValue();
  }

  public double real(String key, double otherwise) {
    return has(key) ? real(key) : otherwise;
  }

  public boolean bool(String key, boolean otherwise) {
    if (!has(key)) return otherwise;
    JsonNode found = value(key);
    if (!found.isBoolean()) throw wrong(key, "true or false", describe(found));
    return found.booleanValue();
  }

  public String string(String key) {
    JsonNode found = required(key, "a string");
    if (!found.isTextual()) throw wrong(key, "a string", describe(found));
    return found.textValue();
  }

  public String string(String key, String otherwise) {
    return has(key) ? string(key) : otherwise;
  }

  /** A value that is there and not null as it stands: a string, number, boolean, list or map. */
  public Object plain(String key) {
    return MAPPER.convertValue(required(key, "a value"), Object.class);
  }

  /** An array of strings; unmodifiable. */
  public List<String> strings(String key) {
    var result = new ArrayList<String>();
    for (JsonNode element : array(key, "an array of strings")) {
      if (!element.isTextual()) throw wrong(key, "an array of strings", describe(element) + " in it");
      result.add(element.textValue());
    }
    return List.copyOf(result);
  }

  /** An array of true and false; unmodifiable. */
  public List<Boolean> bools(String key) {
    var result = new ArrayList<Boolean>();
    for (JsonNode element : array(key, "an array of true and false")) {
      if (!element.isBoolean()) throw wrong(key, "an array of true and false", describe(element) + " in it");
      result.add(element.booleanValue());
    }
    return List.copyOf(result);
  }

  /** One integer or an array of them; none where the key is absent or null. */
  public int[] integers(String key) {
    if (!has(key)) return new int[0];
    if (value(key).isIntegralNumber()) return new int[] {integer(key)};
    JsonNode array = array(key, "integers");
    int[] result = new int[array.size()];
    for (int i = 0; i < result.length; i++) {
      if (!array.get(i).isIntegralNumber() || !array.get(i).canConvertToInt()) throw wrong(key, "integers", describe(array.get(i)) + " in it");
      result[i] = array.get(i).intValue();
    }
    return result;
  }

  /** An array of finite numbers. */
  public double[] reals(String key) {
    JsonNode array = array(key, "an array of numbers");
    double[] result = new double[array.size()];
    for (int i = 0; i < result.length; i++) {
      if (!array.get(i).isNumber() || !Double.isFinite(array.get(i).doubleValue())) throw wrong(key, "numbers", describe(array.get(i)) + " in it");
      result[i] = array.get(i).doubleValue();
    }
    return result;
  }

  /**
   * Names of a classifier's outputs, in order: {@code id2label}, or {@code LABEL_0} and so on, as many as {@code num_labels} says or two.
   */
  public List<String> labels() {
    if (!has("id2label")) {
      int count = has("num_labels") ? size("num_labels", 1 << 20) : 2;
      return IntStream.range(0, count).mapToObj(index -> "LABEL_" + index).toList();
    }
    JsonNode labels = value("id2label");
    require(labels.isObject() && !labels.isEmpty(), "id2label", "an object of labels by their numbers");
    return IntStream.range(0, labels.size()).mapToObj(index -> {
      JsonNode label = labels.path(Integer.toString(index));
      require(label.isTextual(), "id2label", "a label for each number from 0 to %d".formatted(labels.size() - 1));
      return label.textValue();
    }).toList();
  }

  public boolean isObject(String key) {
    return value(key).isObject();
  }

  /** An object within this one, if it is there and not null. */
  public Optional<Configuration> section(String key) {
    if (!has(key)) return Optional.empty();
    if (value(key) instanceof ObjectNode object) return Optional.of(new Configuration(path, place + spelling(key) + ".", object, Map.of()));
    throw wrong(key, "an object", describe(value(key)));
  }

  /** An array of objects. */
  public List<Configuration> sections(String key) {
    var result = new ArrayList<Configuration>();
    JsonNode array = array(key, "an array of objects");
    for (int i = 0; i < array.size(); i++) {
      if (!(array.get(i) instanceof ObjectNode object)) throw wrong(key, "an array of objects", describe(array.get(i)) + " in it");
      result.add(new Configuration(path, "%s%s[%d].".formatted(place, spelling(key), i), object, Map.of()));
    }
    return List.copyOf(result);
  }

  /** True if the key has a string. */
  public boolean isText(String key) {
    return value(key).isTextual();
  }

  /** True if the key has an array. */
  public boolean isList(String key) {
    return value(key).isArray();
  }

  /** The keys that are there, in the file's order. */
  public List<String> keys() {
    var names = new ArrayList<String>();
    values.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The refusal of a value that would change the result if it were passed over. */
  public ModelException unsupported(String key, String supported) {
    return new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION, "%s: %s%s is %s; supported is %s. Convert the model or choose another"
        .formatted(path, place, spelling(key), mentions(key) ? value(key) : "absent", supported));
  }

  /** @throws ModelException if the condition does not hold, with what was expected of the key's value */
  public void require(boolean holds, String key, String expected) {
    if (!holds) throw wrong(key, expected, mentions(key) ? value(key).toString() : "nothing");
  }

  /** The value as the file has it, for messages. */
  public String text(String key) {
    return value(key).isTextual() ? value(key).textValue() : value(key).toString();
  }

  private JsonNode value(String key) {
    JsonNode own = values.path(key), other = spellings.containsKey(key) ? values.path(spellings.get(key)) : own;
    if (own.isMissingNode()) return other;
    if (other.isMissingNode() || other.equals(own)) return own;
    throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %s%s: expected the value of %s, %s, found %s; they are two names of one setting"
        .formatted(path, place, spellings.get(key), key, own, other));
  }

  private String spelling(String key) {
    boolean other = spellings.containsKey(key) && !values.has(key);
    return other ? spellings.get(key) : key;
  }

  private JsonNode required(String key, String expected) {
    if (has(key)) return value(key);
    throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %s%s: expected %s, found %s; the configuration is incomplete"
        .formatted(path, place, spelling(key), expected, mentions(key) ? "null" : "no such key" + Names.nearest(key, keys())));
  }

  private JsonNode array(String key, String expected) {
    JsonNode found = required(key, expected);
    if (!found.isArray()) throw wrong(key, expected, describe(found));
    return found;
  }

  private ModelException wrong(String key, String expected, String found) {
    return new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %s%s: expected %s, found %s; the configuration is wrong"
        .formatted(path, place, spelling(key), expected, found));
  }

  private static String describe(JsonNode value) {
    String text = value.toString();
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }
}
