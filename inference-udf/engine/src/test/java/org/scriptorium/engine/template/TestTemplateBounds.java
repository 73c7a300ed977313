package org.scriptorium.engine.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;

/** No template holds a thread, fills the heap or overflows the stack. */
@Timeout(60)
class TestTemplateBounds {

  @ParameterizedTest
  @ValueSource(strings = {
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{{ range(1000000000000) }}",
    "{{ 'x' * 1000000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 'x'.center(2000000000) }}",
    "{{ '%999999999s' % 'x' }}",
    "{{ '{:>999999999}'.format('x') }}",
    "{{ 'x' | indent(2000000000, true) }}",
    "{{ 10 ** 10000000000 }}",
    "{{ '\t'.expandtabs(2000000000) }}",
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x='a' * 100000) %}{{ ns.x.replace('a', ns.x) }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}"
        + "{% endfor %}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=1) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}",
    "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "{% set a = 'a' * 1000000 %}{% set b = 'a' * 500000 ~ 'b' %}{% for i in range(1000) %}{{ b in a }}{% endfor %}",
    "{% set a = 'a' * 1000000 %}{% for i in range(100000) %}{% set b = a | length %}{% set c = a | upper %}{% endfor %}",
    "{{ range(99999) | slice(2000000000) | list }}",
    "{% for node in [1] recursive %}{{ loop([1]) }}{% endfor %}"
  })
  void stops(String source) {
    var template = ChatTemplate.parse(source);
    assertThatThrownBy(() -> template.render(Map.of()))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TEMPLATE_ERROR))
        .hasMessageContaining("chat template, line 1, column");
  }

  /** Templates for images do so where a content is a text. */
  @Test
  void longContentsMayBeLookedAtByTheirCharacters() {
    var template = ChatTemplate.parse("{% for m in messages %}{% for c in m['content'] %}{% if c['type'] == 'image' %}{{ 'image' }}"
        + "{% elif c['type'] == 'audio' %}{{ 'audio' }}{% endif %}{% endfor %}{{ m['content'] | length }}{% endfor %}");
    var messages = List.of(Map.of("role", "user", "content", "x".repeat(500_000)));
    assertThat(template.render(Map.of("messages", messages)).text()).isEqualTo("500000");
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "{1:", "not ", "-", "x[", "x(", "1 + ", "1 if ", "x|default("})
  void refusesDeepSources(String nesting) {
    assertThatThrownBy(() -> ChatTemplate.parse("{{ " + nesting.repeat(10_000) + " }}"))
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNSUPPORTED_CONFIGURATION));
    assertThatThrownBy(() -> ChatTemplate.parse("{% if x %}".repeat(1_000))).isInstanceOf(ModelException.class);
  }

  @Test
  void failsCleanlyOnASmallStack() throws InterruptedException {
    var template = ChatTemplate.parse(
        "{% macro m(n) %}{% if true %}{% for i in [1] %}{{ [m(n)] | join | trim }}{% endfor %}{% endif %}{% endmacro %}{{ m(1) }}");
    var thrown = new AtomicReference<Throwable>();
    var thread = new Thread(null, () -> {
      try {
        template.render(Map.of());
      } catch (Throwable failure) {
        thrown.set(failure);
      }
    }, "small stack", 256 << 10);
    thread.start();
    thread.join(Duration.ofSeconds(30));
    assertThat(thrown.get())
        .isInstanceOfSatisfying(ModelException.class, failure -> assertThat(failure.code()).isEqualTo(ErrorCode.TEMPLATE_ERROR));
  }

  @Test
  void letsLongDialoguesAndDocumentsPass() {
    var template = ChatTemplate.parse(
        "{% for m in messages %}<{{ m.role }}>{{ m.content | trim }}{% if 'x' in m.content %}!{% endif %}{% endfor %}");
    var turns = Collections.nCopies(20_000, new Message("user", SourcedText.row("a short turn")));
    assertThat(template.render(turns, Map.of(), GenerationPrompt.ADD).length()).isEqualTo(20_000 * 18);
    var document = SourcedText.row("0123456789".repeat(1_000_000));
    assertThat(template.render(List.of(new Message("user", document)), Map.of(), GenerationPrompt.ADD).length()).isEqualTo(10_000_006);
  }
}
