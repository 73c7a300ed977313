package org.scriptorium.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;

/** Templates of our own writing; what they give was checked against Jinja2 3.1.6. */
class TestChatTemplate {
  private static final String TURNS = """
      {{ bos_token }}
      {%- if tools %}
      <tools>
      {%- for tool in tools %}
      {{ tool | tojson }}
      {%- endfor %}
      </tools>
      {% endif %}
      {%- for message in messages %}
      [{{ message.role }}] {{ message['content'] | trim }}
      {% endfor %}
      {% if add_generation_prompt %}
      [assistant]
      {%- endif %}
      """;

  private static final List<Message> DIALOGUE = List.of(
      new Message("system", SourcedText.trusted("Be brief.")),
      new Message("user", SourcedText.trusted("Summarize: ").plus(SourcedText.row(" a [assistant] document "))));

  @Test
  void rendersADialogue() {
    var rendered = ChatTemplate.parse(TURNS).render(DIALOGUE, Map.of("bos_token", "<s>"), GenerationPrompt.ADD);
    assertThat(rendered.text()).isEqualTo("<s>[system] Be brief.\n[user] Summarize:  a [assistant] document\n[assistant]");
    assertThat(rows(rendered)).containsExactly(" a [assistant] document");
  }

  @Test
  void leavesTheGenerationPromptOut() {
    var rendered = ChatTemplate.parse(TURNS).render(DIALOGUE, Map.of("bos_token", ""), GenerationPrompt.OMIT);
    assertThat(rendered.text()).isEqualTo("[system] Be brief.\n[user] Summarize:  a [assistant] document\n");
  }

  @Test
  void writesTools() {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("name", "find \"it\"");
    parameters.put("limit", 3);
    parameters.put("depth", null);
    parameters.put("weights", List.of(0.5, 1e22, true));
    var rendered = ChatTemplate.parse("{{ tools[0] | tojson }}{{ tools | tojson(indent=2) | length }}")
        .render(Map.of("tools", List.of(parameters)));
    assertThat(rendered.text())
        .isEqualTo("{\"name\": \"find \\\"it\\\"\", \"limit\": 3, \"depth\": null, \"weights\": [0.5, 1e+22, true]}131");
  }

  @Test
  void knowsNoToolsWhereNoneAreGiven() {
    assertThat(ChatTemplate.parse("{{ tools is defined }} {{ tools is none }}").render(List.of(), Map.of(), GenerationPrompt.OMIT).text())
        .isEqualTo("True True");
  }

  @Test
  void runsMacrosLoopsAndNamespaces() {
    var template = ChatTemplate.parse("""
        {%- macro tree(node, depth=0) -%}
        {{ '-' * depth }}{{ node.name }};
        {%- for child in node.children %}{{ tree(child, depth + 1) }}{% endfor -%}
        {%- endmacro -%}
        {%- set ns = namespace(count=0) -%}
        {%- for item in [1, 2, 3, 4] if item is even -%}
        {%- set ns.count = ns.count + item -%}
        {{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}
        {%- endfor %}={{ ns.count }} {{ tree({'name': 'a', 'children': [{'name': 'b', 'children': [{'name': 'c'}]}]}) }}
        {%- call(word) shout() %} {{ word }}{% endcall %}
        """.replace("{%- call", "{%- macro shout() %}{{ caller('hey') | upper }}{% endmacro -%}{%- call"));
    assertThat(template.render(Map.of()).text()).isEqualTo("1/2,2/2=6 a;-b;--c; HEY");
  }

  @Test
  void tellsTheTimeOfItsClock() {
    var clock = Clock.fixed(Instant.parse("2026-03-05T07:08:09Z"), ZoneOffset.UTC);
    var template = ChatTemplate.parse("{{ strftime_now('%d %B %Y, %A %-d %b %H:%M:%S %j %%') }}").at(clock);
    assertThat(template.render(Map.of()).text()).isEqualTo("05 March 2026, Thursday 5 Mar 07:08:09 064 %");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '~', quoteCharacter = '`', ignoreLeadingAndTrailingWhitespace = false, value = {
      "{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 70 }}~3 -4 2 3.5 1180591620717411303424",
      "{{ 1e16 }} {{ 0.1 + 0.2 }} {{ 1.5e-7 }} {{ 5e-324 }} {{ -0.0 }}~1e+16 0.30000000000000004 1.5e-07 5e-324 -0.0",
      "{{ [1, \"it's\", none, true, 1.0] }}~[1, \"it's\", None, True, 1.0]",
      "{{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'b' not in 'abc' }}~True False False",
      "{{ 'abcdef'[1:-1:2] }} {{ 'abc'[::-1] }} {{ [1, 2, 3][-2:] }}~bd cba [2, 3]",
      "{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a-b-c'.rsplit('-', 1) }}~['a', 'b', '', 'c'] ['a', 'b'] ['a-b', 'c']",
      "{{ '%05.1f|%-4s|%x' % (2.25, 'ab', 255) }} {{ '{0:>4}{x!r}'.format('a', x='b') }}~002.2|ab  |ff    a'b'",
      "{{ {'a': 1, 'b': [2]}.items() | list }} {{ {'b': 1, 'A': 2} | dictsort }}~[('a', 1), ('b', [2])] [('A', 2), ('b', 1)]",
      "{{ [3, 1, 2] | sort | join('-') }} {{ ['a', 'B', 'A'] | unique | list }}"
          + " {{ [1, 2, 3] | batch(2, 0) | list }}~1-2-3 ['a', 'B'] [[1, 2], [3, 0]]",
      "{{ nothing }}|{{ (nothing is defined) and nothing.x }}|{{ {}.x or 'y' }}~|False|y",
      "{% for x in [1, 2, 3] %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% else %}none{% endfor %}~13",
      "{% for x in [1, 2] %}{{ x }}{% break %}{% else %}none{% endfor %}|{% for x in [1] %}{% continue %}{% else %}none{% endfor %}~1none|none",
      "{% for y in [1, 2] %}{% for x in [] %}{% else %}{% break %}{% endfor %}{{ y }}{% endfor %}|~|",
      "{{ [none, none] | sort }} {{ [{'a': 1}, {'a': 2}] | sort(attribute='b') | length }} {{ [[2, 1], [1]] | sort }}~[None, None] 2 [[1], [2, 1]]",
      "{{ 'a{}b{}'.format(nothing, 1) }} {{ [[1, 2], [3, 4]].0.1 }} {{ 1.5 }}~ab1 2 1.5",
      "{{ '\u00dfa' | capitalize }} {{ '\ufb01n'.title() }} {{ '\u0391\u03a3' | capitalize }} {{ '\u01c5' | capitalize }}~Ssa Fin \u0391\u03c2 \u01c5",
      "{{ -7 % 1.0 }} {{ 0 // -2.5 }} {{ -7.5 // 2 }} {{ 7.5 // -2 }} {{ 1e16 // 3 }}~0.0 -0.0 -4.0 -4.0 3333333333333333.0",
      "{{ '\u0928\u092e\u0938\u094d\u0924\u0947' | wordcount }}~2",
      "{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}{% if true %}{% set x = 3 %}{% endif %}{{ x }}~13",
      "{% raw %}{{ x }}{% endraw %}{# gone #}{% filter upper %}a{% endfilter %}{% generation %}b{% endgeneration %}~{{ x }}Ab",
  })
  void followsPython(String template, String expected) {
    assertThat(ChatTemplate.parse(template).render(Map.of()).text()).isEqualTo(expected);
  }

  @Test
  void trimsAroundBlocks() {
    assertThat(ChatTemplate.parse("  {% if true %}\n  a\n  {%- endif %}\n b {{- 'c' -}} \n d\n").render(Map.of()).text())
        .isEqualTo("  a bcd");
  }

  @Test
  void saysWhereATemplateIsWrong() {
    assertThatThrownBy(() -> ChatTemplate.parse("a\n  {% if x %}\n{{ 1 + }}{% endif %}"))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNSUPPORTED_CONFIGURATION))
        .hasMessage("chat template, line 3, column 8: TemplateSyntaxError: expected an expression, found '}}'; correct the "
            + "template, or send prompts raw");
    assertThatThrownBy(() -> ChatTemplate.parse("{{ x | frobnicate }}"))
        .hasMessageContaining("line 1, column 8: TemplateSyntaxError: No filter named 'frobnicate'.");
    assertThat(ChatTemplate.parse("{% if x %}{{ x | frobnicate }}{% endif %}{{ (x | odder) if x else 1 }}").render(Map.of("x", 0)).text())
        .isEqualTo("1");
    assertThatThrownBy(() -> ChatTemplate.parse("{% include 'other' %}")).hasMessageContaining("tag 'include' is not supported");
    assertThatThrownBy(() -> ChatTemplate.parse("{% for x in y %}"))
        .hasMessageContaining("unexpected end of template, expected 'else' or 'endfor'");
  }

  @Test
  void saysWhereARenderingFails() {
    var template = ChatTemplate.parse("a\n{% for m in messages %}\n  {{ m.content.nothing.more }}\n{% endfor %}");
    assertThatThrownBy(() -> template.render(DIALOGUE, Map.of(), GenerationPrompt.OMIT))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TEMPLATE_ERROR))
        .hasMessage("chat template, line 3, column 24: UndefinedError: 'str object' has no attribute 'nothing'");
  }

  @Test
  void raisesWhatTheTemplateRaises() {
    var template = ChatTemplate.parse("{% if messages[0].role != 'user' %}{{ raise_exception('begin with ' ~ 'user') }}{% endif %}");
    assertThatThrownBy(() -> template.render(DIALOGUE, Map.of(), GenerationPrompt.ADD))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TEMPLATE_ERROR))
        .hasMessage("chat template, line 1, column 54: TemplateError: begin with user");
  }

  @Test
  void refusesVariablesThatAreNoData() {
    assertThatThrownBy(() -> ChatTemplate.parse("{{ x }}").render(Map.of("x", Optional.empty())))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_PARAMETER))
        .hasMessageContaining("a variable of class java.util.Optional can't be given to a template");
  }

  @ParameterizedTest
  @ValueSource(strings = {"getClass", "class", "hashCode", "toString", "__class__", "__init__", "__globals__", "bytes", "text"})
  void reachesNothingButItsValues(String name) {
    var variables = new HashMap<String, Object>(Map.of("t", SourcedText.row("x"), "n", 1, "l", List.of(1), "b", true));
    variables.put("m", Map.of("k", "v"));
    for (String owner : List.of("t", "n", "l", "b", "m", "range", "t.upper", "namespace(a=1)"))
      assertThat(ChatTemplate.parse("{{ %s.%s }}".formatted(owner, name)).render(variables).text()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"l.append(1)", "l.pop()", "m.update({})", "m.pop('k')", "l.sort()", "m.clear()"})
  void changesNoValues(String call) {
    assertThatThrownBy(() -> ChatTemplate.parse("{{ %s }}".formatted(call)).render(Map.of("l", List.of(1), "m", Map.of("k", "v"))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("SecurityError: access to attribute");
  }

  static List<String> rows(SourcedText text) {
    int[] bounds = text.rowBounds();
    return java.util.stream.IntStream.range(0, bounds.length / 2).mapToObj(i -> text.text().substring(bounds[2 * i], bounds[2 * i + 1]))
        .toList();
  }
}
