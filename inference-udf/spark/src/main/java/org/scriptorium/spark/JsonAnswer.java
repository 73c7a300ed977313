package org.scriptorium.spark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;

/** JSON in a model's answer. Models like to put it between fences of Markdown, or a sentence before it. */
final class JsonAnswer {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonFactory FACTORY = MAPPER.getFactory();

  private JsonAnswer() {}

  /** The first whole object in a text; what stands before and after it is passed over. */
  static Optional<ObjectNode> object(String text) {
    for (int start = text.indexOf('{'); start >= 0; start = text.indexOf('{', start + 1)) {
      try (JsonParser parser = FACTORY.createParser(text.substring(start))) {
        boolean begins = parser.nextToken() == JsonToken.START_OBJECT;
        if (begins && MAPPER.readTree(parser) instanceof ObjectNode object) return Optional.of(object);
      } catch (IOException e) {
        // No object begins here; perhaps one does further on.
      }
    }
    return Optional.empty();
  }

  /** True if the text is an object and nothing else. */
  static boolean isObject(String text) {
    try {
      return MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readTree(text) instanceof ObjectNode;
    } catch (IOException e) {
      return false;
    }
  }

  /** A value as a text: strings as they are, of several the first, the rest as JSON; empty for null. */
  static Optional<String> text(JsonNode value) {
    if (value.isArray()) return value.isEmpty() ? Optional.empty() : text(value.get(0));
    if (value.isNull() || value.isMissingNode()) return Optional.empty();
    String text = value.isTextual() ? value.textValue().strip() : value.toString();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** A text without the fences of Markdown around it. */
  static String unfenced(String text) {
    String stripped = text.strip();
    if (!stripped.startsWith("```")) return stripped;
    int start = stripped.indexOf('\n'), end = stripped.lastIndexOf("```");
    return start < 0 || end <= start ? stripped : stripped.substring(start + 1, end).strip();
  }
}
