package org.scriptorium.pipeline;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.scriptorium.pipeline.YamlNode.Mapping;
import org.scriptorium.pipeline.YamlNode.Scalar;
import org.scriptorium.pipeline.YamlNode.Sequence;

/** Reads YAML into {@link YamlNode}s. Keys that stand twice are an error: one of the two would be lost silently. */
final class YamlTree {
  /** Far above any job file; keeps a hostile file from exhausting the stack. */
  private static final int DEPTH = 50;

  private final YAMLParser parser;
  private final String fixedPlace;

  private YamlTree(YAMLParser parser, String fixedPlace) {
    this.parser = parser;
    this.fixedPlace = fixedPlace;
  }

  /** The tree of a file's text; an empty file is an empty mapping. */
  static YamlNode parse(String yaml) {
    try {
      return parse(yaml, "");
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw JobException.wrongUse("%s%s", line > 0 ? "line " + line + ": " : "", reason(e));
    }
  }

  /** The tree of a value on the command line. */
  static YamlNode parseOverride(String key, String yaml) {
    String place = "--set " + key;
    try {
      return parse(yaml, place);
    } catch (JsonProcessingException e) {
      throw JobException.wrongUse("%s: the value is not YAML: %s", place, reason(e));
    }
  }

  private static YamlNode parse(String yaml, String fixedPlace) throws JsonProcessingException {
    try (YAMLParser parser = new YAMLFactory().createParser(yaml)) {
      var tree = new YamlTree(parser, fixedPlace);
      if (parser.nextToken() == null) return fixedPlace.isEmpty() ? new Mapping(new LinkedHashMap<>(), "line 1") : tree.scalar(null);
      YamlNode node = tree.node(0);
      if (parser.nextToken() != null) throw new JsonParseException(parser, "expected one document, found another after it");
      return node;
    } catch (JsonProcessingException e) {
      throw e;
    } catch (IOException e) {
      throw new IllegalStateException("reading from a string can't fail", e);
    }
  }

  private YamlNode node(int depth) throws IOException {
    if (depth > DEPTH) throw new JsonParseException(parser, "nested deeper than " + DEPTH);
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(depth);
      case START_ARRAY -> {
        String place = place();
        List<YamlNode> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) values.add(node(depth + 1));
        yield new Sequence(values, place);
      }
      case VALUE_NULL -> scalar(null);
      case VALUE_TRUE -> scalar(Boolean.TRUE);
      case VALUE_FALSE -> scalar(Boolean.FALSE);
      case VALUE_NUMBER_INT -> {
        if (parser.getNumberType() == YAMLParser.NumberType.BIG_INTEGER) yield scalar(parser.getDoubleValue());
        yield scalar(parser.getLongValue());
      }
      case VALUE_NUMBER_FLOAT -> scalar(parser.getDoubleValue());
      default -> {
        // An alias would arrive here as its bare name.
        if (parser.isCurrentAlias()) {
          throw new JsonParseException(parser, "aliases (*" + parser.getText() + ") are not supported in job files");
        }
        yield scalar(parser.getText());
      }
    };
  }

  private YamlNode mapping(int depth) throws IOException {
    String place = place();
    LinkedHashMap<String, YamlNode> values = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      if (values.containsKey(key)) throw new JsonParseException(parser, "the key \"" + key + "\" stands here twice");
      parser.nextToken();
      values.put(key, node(depth + 1));
    }
    return new Mapping(values, place);
  }

  private Scalar scalar(Object value) throws IOException {
    return new Scalar(value, value == null ? "" : parser.getText(), place(), !fixedPlace.isEmpty());
  }

  private String place() {
    return fixedPlace.isEmpty() ? "line " + Math.max(1, parser.currentTokenLocation().getLineNr()) : fixedPlace;
  }

  private static String reason(JsonProcessingException e) {
    boolean braces = e.getOriginalMessage().startsWith("Expected a field name");
    if (braces) return "expected a key, found a mapping; a text that starts with {{ needs quotes";
    return e.getOriginalMessage().lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse("not YAML");
  }
}
