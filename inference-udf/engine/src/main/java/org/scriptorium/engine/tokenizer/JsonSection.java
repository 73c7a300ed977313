package org.scriptorium.engine.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * A part of a JSON file that knows where it stands, so that refusals can name it.
 *
 * @param where the file
 * @param key the part's place in it; empty for the whole
 */
record JsonSection(String where, String key, JsonNode node) {
  /** Keeps the digits of numbers: how they are rounded is for {@link Reals} to say. */
  private static final ObjectMapper MAPPER = JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
      .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();

  static JsonSection read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ModelException(ErrorCode.MODEL_UNREADABLE, "%s: can't be read: %s. Fetch the model again.".formatted(file, e));
    }
  }

  static JsonSection parse(String where, String text) {
    try {
      return new JsonSection(where, "", MAPPER.readTree(text));
    } catch (JsonProcessingException e) {
      throw new ModelException(ErrorCode.MODEL_CORRUPT,
          "%s: is not JSON: %s. Fetch the model again.".formatted(where, e.getOriginalMessage()));
    }
  }

  boolean has(String name) {
    return node.hasNonNull(name);
  }

  /** A part by its name; it may be absent. */
  JsonSection at(String name) {
    return new JsonSection(where, key.isEmpty() ? name : key + "." + name, node.path(name));
  }

  boolean isAbsent() {
    return node.isMissingNode() || node.isNull();
  }

  boolean isText() {
    return node.isTextual();
  }

  /** The parts of an array. */
  List<JsonSection> list(String name) {
    JsonSection array = at(name);
    if (!array.node.isArray()) throw array.wrong("an array");
    return array.elements();
  }

  List<JsonSection> elements() {
    var parts = new ArrayList<JsonSection>(node.size());
    for (int i = 0; i < node.size(); i++) parts.add(new JsonSection(where, key + "[" + i + "]", node.get(i)));
    return parts;
  }

  String string(String name) {
    JsonSection part = at(name);
    if (!part.node.isTextual()) throw part.wrong("a string");
    return part.node.textValue();
  }

  String string(String name, String otherwise) {
    return has(name) ? string(name) : otherwise;
  }

  int integer(String name) {
    JsonSection part = at(name);
    if (!part.node.canConvertToInt() || !part.node.isIntegralNumber()) throw part.wrong("an integer");
    return part.node.intValue();
  }

  boolean bool(String name) {
    JsonSection part = at(name);
    if (!part.node.isBoolean()) throw part.wrong("true or false");
    return part.node.booleanValue();
  }

  boolean bool(String name, boolean otherwise) {
    return has(name) ? bool(name) : otherwise;
  }

  /** A string of one character. */
  int character(String name) {
    String text = string(name);
    if (text.codePointCount(0, text.length()) != 1) throw at(name).wrong("a string of one character");
    return text.codePointAt(0);
  }

  /** The refusal of a value of the right kind that is not supported. */
  ModelException unsupported(String supported) {
    return new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
        "%s: %s is %s; supported are %s. Convert the model or choose another.".formatted(where, key, shown(), supported));
  }

  /** The refusal of a value of the wrong kind. */
  ModelException wrong(String expected) {
    return new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: %s: expected %s, found %s. Fetch or convert the model again.".formatted(where, key, expected, shown()));
  }

  private String shown() {
    if (node.isMissingNode()) return "nothing";
    String text = node.toString();
    return text.length() > 80 ? text.substring(0, 80) + "…" : text;
  }
}
