package org.scriptorium.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.scriptorium.engine.ReferenceFixtures;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;

/** Chat templates of released models against what transformers renders. */
class TestChatTemplateFixture {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  Stream<DynamicTest> rendersReleasedTemplates() throws IOException {
    JsonNode fixture = fixture();
    var templates = new HashMap<String, ChatTemplate>();
    fixture.get("templates").properties().forEach(entry -> templates.put(entry.getKey(), ChatTemplate.parse(entry.getValue().asText())));
    return elements(fixture.get("cases")).map(test -> {
      String name = "%s: %s, add_generation_prompt %s, tools %s, %s".formatted(test.get("template").asText(), test.get("name").asText(),
          test.get("add_generation_prompt"), !test.get("tools").isNull(), test.get("kwargs"));
      return dynamicTest(name, () -> check(test, templates.get(test.get("template").asText()), variables(test)));
    });
  }

  @TestFactory
  Stream<DynamicTest> rendersSnippets() throws IOException {
    JsonNode fixture = fixture();
    Map<String, Object> data = object(fixture.get("snippet_data"));
    return elements(fixture.get("snippets"))
        .map(test -> dynamicTest(test.get("template").asText(), () ->
            check(test, ChatTemplate.parse(test.get("template").asText()), data)));
  }

  private static void check(JsonNode test, ChatTemplate template, Map<String, Object> variables) {
    if (test.has("rendered")) {
      String expected = test.get("rendered").asText();
      assertThat(template.render(variables).text()).isEqualTo(expected);
      var sourced = template.render(rows(variables));
      assertThat(sourced.text()).isEqualTo(expected);
      return;
    }
    // Cases give class and message, snippets the message apart.
    String expected = test.get("error").asText() + (test.has("error_text") ? ": " + test.get("error_text").asText() : "");
    assertThatThrownBy(() -> template.render(variables))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TEMPLATE_ERROR))
        .hasMessageStartingWith("chat template, line ")
        .hasMessageContaining(expected);
  }

  /** The same variables, as if all strings in the messages but the roles came from a row. */
  private static Map<String, Object> rows(Map<String, Object> variables) {
    var rows = new HashMap<>(variables);
    rows.computeIfPresent("messages", (name, messages) -> row(messages));
    return rows;
  }

  private static Object row(Object value) {
    return switch (value) {
      case String text -> SourcedText.row(text);
      case List<?> items -> items.stream().map(TestChatTemplateFixture::row).toList();
      case Map<?, ?> map -> {
        var rows = new LinkedHashMap<Object, Object>();
        map.forEach((key, item) -> rows.put(key, key.equals("role") ? item : row(item)));
        yield rows;
      }
      case null -> null;
      default -> value;
    };
  }

  private static Map<String, Object> variables(JsonNode test) {
    var variables = new HashMap<String, Object>(object(test.get("kwargs")));
    variables.put("messages", plain(test.get("messages")));
    variables.put("tools", plain(test.get("tools")));
    variables.put("documents", null);
    variables.put("add_generation_prompt", test.get("add_generation_prompt").asBoolean());
    return variables;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(JsonNode node) {
    return JSON.convertValue(node, Map.class);
  }

  private static Object plain(JsonNode node) {
    return JSON.convertValue(node, Object.class);
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static JsonNode fixture() throws IOException {
    return JSON.readTree(ReferenceFixtures.require("chat_templates.json").toFile());
  }
}
