package org.scriptorium.spark;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.scriptorium.spark.PlanSession.column;

import java.util.List;
import java.util.Map;
import org.apache.spark.SparkException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;

/** What the functions take, what they give for which row, and how they refuse. */
class TestFunctions {
  private static PlanSession session;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]");
    session.sql("SELECT * FROM VALUES (1, 'fine'), (2, NULL), (3, ''), (4, ' \\u00a0\\n\\t '), (5, 'much too long') AS d(id, text)")
        .createOrReplaceTempView("documents");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @BeforeEach
  void reset() {
    session.models.reset();
  }

  @Test
  void nullStaysNullAndBlankIsEmpty() {
    assertThat(column(session.sql("SELECT ai_gen(text) FROM documents WHERE id < 5 ORDER BY id"))).containsExactly("<fine>", null, "", "");
    assertThat(session.models.requests()).isEqualTo(1);
    assertThat(column(session.sql("SELECT ai_summarize(text) FROM documents WHERE id IN (2, 3) ORDER BY id"))).containsExactly(null, "");
    assertThat(session.sql("SELECT ai_gen(NULL), ai_summarize(NULL, 5), try_ai_gen(NULL)").first()).isEqualTo(row(null, null, null));
  }

  @Test
  void tryReturnsTheStruct() {
    var rows = session.sql("SELECT id, try_ai_gen(text) r FROM documents ORDER BY id");
    assertThat(rows.schema().apply("r").dataType()).isEqualTo(ResultStruct.TYPE);
    var found = rows.collectAsList().stream().map(row -> row.isNullAt(1) ? null : row.getStruct(1)).toList();
    assertThat(found.get(0)).isEqualTo(row("<fine>", "stop", "", "", 7, 2, 3, "plan", "key of " + "fine".hashCode()));
    assertThat(found.get(1)).isNull();
    assertThat(found.get(2)).isEqualTo(row("", "skipped", "", "", 0, 0, 0, "plan", ""));
    assertThat(found.get(3)).isEqualTo(found.get(2));
    assertThat(found.get(4)).isEqualTo(row("", "error", "prompt_too_long", "expected at most 8 tokens, found 9", 9, 0, 0, "plan", "key"));
    assertThat(session.sql("SELECT r.* FROM (SELECT try_ai_gen(text) r FROM documents)").columns()).containsExactly(
        "text", "finish_reason", "error_code", "error", "prompt_tokens", "cached_tokens", "completion_tokens", "model", "request_key");
  }

  @Test
  void metricsCountWhatHappened() {
    var rows = session.sql("SELECT try_ai_gen(text) r FROM documents");
    rows.collectAsList();
    assertThat(PlanSession.metric(rows, "generatedRows")).isEqualTo(4);
    assertThat(PlanSession.metric(rows, "skippedRows")).isEqualTo(2);
    assertThat(PlanSession.metric(rows, "generationErrors")).isEqualTo(1);
    assertThat(PlanSession.metric(rows, "promptTokens")).isEqualTo(16);
    assertThat(PlanSession.metric(rows, "cachedTokens")).isEqualTo(2);
    assertThat(PlanSession.metric(rows, "completionTokens")).isEqualTo(3);
    assertThat(PlanSession.metric(rows, "modelOpens")).isEqualTo(1);
    assertThat(session.spark.sparkContext().getLocalProperty("scriptorium.kernels")).isEqualTo("vector");
  }

  @Test
  void badRowFailsTheQueryWithoutItsText() {
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(text) FROM documents").collectAsList())
        .isInstanceOf(SparkException.class)
        .hasMessageContaining(
            "ai_gen failed on a row: prompt_too_long: expected at most 8 tokens, found 9. Use try_ai_gen to get errors as values")
        .message().doesNotContain("much too long");
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(text) FROM documents").collectAsList())
        .hasRootCauseInstanceOf(ModelException.class);
  }

  @Test
  void malformedUtf8IsTheRowsError() {
    var broken = "CAST(X'61FF62' AS STRING)";
    Row row = session.sql("""
        SELECT try_ai_gen(t).error_code, try_ai_summarize(t, 5).error_code, try_ai_gen('ok').text FROM (SELECT %s t)
        """.formatted(broken)).first();
    assertThat(row).isEqualTo(row("malformed_text", "malformed_text", "<ok>"));
    assertThatThrownBy(() -> session.sql("SELECT ai_gen(%s)".formatted(broken)).collectAsList())
        .hasMessageContaining("malformed_text: the text is not well-formed UTF-8; repair or drop the row");
    assertThat(column(session.sql("SELECT ai_gen('a replacement \\ufffd is text')"))).containsExactly("<a replacement \ufffd is text>");
  }

  @Test
  void optionsReachTheEngine() {
    session.sql("""
        SELECT ai_gen(text, map('max_new_tokens', '9', 'min_new_tokens', '2', 'temperature', '0.5', 'top_k', '4', 'top_p', '0.9',
          'min_p', '0.1', 'repetition_penalty', '1.1', 'presence_penalty', '0.2', 'frequency_penalty', '0.3', 'stop', '["a", "b"]',
          'seed', '7', 'truncation', 'tail'))
        FROM documents WHERE id = 1
        """).collectAsList();
    assertThat(seen().config()).isEqualTo(GenerationConfig.of(Map.ofEntries(
        entry("max_new_tokens", 9), entry("min_new_tokens", 2), entry("temperature", 0.5), entry("top_k", 4), entry("top_p", 0.9),
        entry("min_p", 0.1), entry("repetition_penalty", 1.1), entry("presence_penalty", 0.2), entry("frequency_penalty", 0.3),
        entry("stop_strings", List.of("a", "b")), entry("seed", 7), entry("truncation", Truncation.TAIL))));
    session.models.reset();
    session.sql("SELECT ai_gen('x', map('max_new_tokens', 9, 'top_k', 3)), ai_gen('x', map())").collectAsList();
    assertThat(session.models.generators.getFirst().seen()).extracting(request -> request.config().maxNewTokens()).containsExactly(9, 256);
  }

  @Test
  void listsOfTokensComeAsJson() {
    session.sql("""
        SELECT ai_gen('x', map('bad_words_ids', '[[1, 2], [3]]', 'eos_token_id', '7', 'suppress_tokens', '[4, 5]', 'max_length', '40',
          'sequence_bias', '[[[8, 9], -0.5]]', 'exponential_decay_length_penalty', '[3, 1.5]'))""").collectAsList();
    assertThat(seen().config()).isEqualTo(GenerationConfig.of(Map.of("bad_words_ids", List.of(List.of(1, 2), List.of(3)),
        "eos_token_id", List.of(7), "suppress_tokens", List.of(4, 5), "max_length", 40, "sequence_bias", List.of(List.of(List.of(8, 9), -0.5)),
        "exponential_decay_length_penalty", List.of(3, 1.5))));
  }

  @Test
  void promptsMarkTheRowsText() {
    session.sql("SELECT ai_gen('<|im_end|>')").collectAsList();
    var chat = (Prompt.Chat) seen().prompt();
    assertThat(chat.messages()).singleElement().satisfies(message -> {
      assertThat(message.role()).isEqualTo("user");
      assertThat(message.content().touchesRow(0, 1)).isTrue();
    });
    session.models.reset();
    session.sql("SELECT ai_gen('<|im_end|>', map('raw', 'true'))").collectAsList();
    assertThat(seen().prompt()).isEqualTo(new Prompt.Raw(SourcedText.trusted("<|im_end|>")));
    session.models.reset();
    session.sql("SELECT ai_summarize(text, 12) FROM documents WHERE id = 1").collectAsList();
    var summary = ((Prompt.Chat) seen().prompt()).messages().getLast().content();
    assertThat(summary.text()).contains("12 words").contains("fine");
    assertThat(summary.rowBounds()).hasSize(2);
    assertThat(summary.substring(summary.rowBounds()[0], summary.rowBounds()[1]).text()).isEqualTo("fine");
    assertThat(seen().config()).isEqualTo(GenerationConfig.DEFAULT.withMaxNewTokens(128).withTruncation(Truncation.MIDDLE));
  }

  @Test
  void templatesPlaceTheRowsValues() {
    var rows = session.sql("""
        SELECT ai_gen(array(a, b), map('prompt_template', 'Title: {{0}}\\nText: {{1}} {{0}} {{x}}')) FROM VALUES
        ('one', 'two'), (NULL, 'two'), ('', ' '), (NULL, NULL), ('{{1}}', 'two') AS v(a, b)
        """);
    assertThat(column(rows)).containsExactly("<Title: one\nText: two one {{x}}>", "<Title: \nText: two  {{x}}>", "", "",
        "<Title: {{1}}\nText: two {{1}} {{x}}>");
    assertThat(session.models.generators.getFirst().seen())
        .map(request -> ((Prompt.Chat) request.prompt()).messages().getFirst().content())
        .filteredOn(content -> content.text().startsWith("Title: one"))
        .singleElement().satisfies(content -> assertThat(content.rowBounds()).containsExactly(7, 10, 17, 20, 21, 24));
    assertThat(column(session.sql("SELECT ai_gen('one', map('prompt_template', 'Say {{0}}', 'raw', 'true'))")))
        .containsExactly("<Say one>");
    assertThat(column(session.sql("SELECT try_ai_gen(split('a', ','), map('prompt_template', '{{1}}')).error_code")))
        .containsExactly(ErrorCode.INVALID_PARAMETER.code());
    refused("SELECT ai_gen(array('a'), map('prompt_template', '{{1}}'))",
        "ai_gen: option 'prompt_template' holds {{1}}, but the prompt has 1 value");
    refused("SELECT ai_gen(array('a'))", "ai_gen: an array of values needs the option 'prompt_template'");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "map('max_new_token', '9')| ai_gen: unknown option 'max_new_token'; did you mean 'max_new_tokens'?",
    "map('max_new_tokens', 'x')| ai_gen: option 'max_new_tokens': expected a whole number, found 'x'",
    "map('max_new_tokens', '0')| ai_gen: max_new_tokens: expected at least 1, found 0",
    "map('top_p', '1.5')| ai_gen: top_p: expected above 0, at most 1, found 1.5",
    "map('raw', 'yes')| ai_gen: option 'raw': expected true or false, found 'yes'",
    "map('truncation', 'left')| ai_gen: option 'truncation': expected one of none, head, middle, tail, found 'left'",
    "map('stop', '[1]')| ai_gen: option 'stop': expected a string or a list of strings, found '[1]'",
    "map('stop', '[\"a')| ai_gen: option 'stop': expected a string or a list of strings, found JSON that does not",
    "map('seed', NULL)| ai_gen: option 'seed' is NULL; leave it out",
    "map('seed', text)| ai_gen: the options must be constant, found",
    "map(1, 2)| ai_gen: expected the options as a map of strings",
    "5| ai_gen: expected ai_gen(prompt[, options]) with the options as a map, found INT",
    "map(), map()| ai_gen: expected ai_gen(prompt[, options]), found 3 arguments",
  })
  void wrongOptionsAreRefusedInAnalysis(String options, String message) {
    refused("SELECT ai_gen(text, %s) FROM documents".formatted(options), message);
  }

  @Test
  void wrongArgumentsAreRefusedInAnalysis() {
    refused("SELECT ai_gen()", "ai_gen: expected ai_gen(prompt[, options]), found 0 arguments");
    refused("SELECT ai_summarize('x', 5, 6)",
        "ai_summarize: expected ai_summarize(text[, max_words][, options]) with the options as a map");
    refused("SELECT ai_summarize('x', -1)", "ai_summarize: max_words: expected 0 (no limit) or more, found -1");
    refused("SELECT ai_summarize('x', map('raw', 'true'))",
        "ai_summarize: option 'raw' is not for a function that brings its own instruction; use ai_gen");
    refused("SELECT ai_gen(array(1))", "ai_gen");
  }

  @Test
  void reasoningIsAFieldOnDemand() {
    session.models.answers = text -> "Let me see" + PlanGenerator.THOUGHT + "4";
    var rows = session.sql("SELECT ai_gen('2+2') a, try_ai_gen('2+2') b, try_ai_gen('2+2', map('reasoning', 'true')) c,"
        + " try_ai_extract('x', array('f'), map('reasoning', 'true')) d");
    assertThat(rows.schema().apply("c").dataType()).isEqualTo(ResultStruct.TYPE.add("reasoning", "string", false));
    Row row = rows.collectAsList().getFirst();
    assertThat(row.getString(0)).isEqualTo("4");
    assertThat(row.getStruct(1).size()).isEqualTo(9);
    assertThat(row.getStruct(2).<String>getAs("text")).isEqualTo("4");
    assertThat(row.getStruct(2).<String>getAs("reasoning")).isEqualTo("Let me see");
    assertThat(row.getStruct(3).<String>getAs("error_code")).isEqualTo("malformed_answer");
    assertThat(row.getStruct(3).<String>getAs("reasoning")).isEqualTo("Let me see");
    assertThat(PlanSession.metric(rows, "reasoningTokens")).isEqualTo(8);
    refused("SELECT ai_gen('x', map('reasoning', 'true'))",
        "ai_gen: option 'reasoning' adds a field to the struct of a try_ function; use try_ai_gen");
    refused("SELECT try_ai_gen('x', map('reasoning', 'yes'))", "try_ai_gen: option 'reasoning': expected true or false, found 'yes'");
  }

  @Test
  void maxWordsMayBeAColumn() {
    var codes = session.sql("SELECT try_ai_summarize('x', n).error_code FROM VALUES (5), (0), (NULL), (-2) AS v(n)");
    assertThat(column(codes)).containsExactly("", "", "", "invalid_parameter");
    assertThat(session.models.prompts()).satisfiesExactlyInAnyOrder(
        five -> assertThat(five).contains(" 5 words"),
        none -> assertThat(none).doesNotContain("words"),
        otherwise -> assertThat(otherwise).contains(" 50 words"));
  }

  @Test
  void describeTellsOfThem() {
    for (AiFunction function : AiFunction.values()) {
      for (var onError : AiFunction.OnError.values()) {
        String described = String.join("\n", column(session.sql("DESCRIBE FUNCTION EXTENDED " + function.sqlName(onError))));
        assertThat(described).contains(function.signature(onError) + " - ", "Arguments:", "Examples:");
        function.parameters().forEach(parameter -> assertThat(described).contains("* " + parameter.name() + " - " + parameter.meaning()));
        if (!function.options().isEmpty()) assertThat(described).contains("* options - a constant map");
      }
    }
  }

  private static Request seen() {
    return session.models.generators.getFirst().seen().getFirst();
  }

  private static void refused(String query, String message) {
    assertThatThrownBy(() -> session.sql(query)).isInstanceOf(AnalysisException.class).hasMessageContaining(message);
  }

  private static Row row(Object... values) {
    return RowFactory.create(values);
  }
}
