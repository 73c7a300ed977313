package org.scriptorium.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.scriptorium.spark.PlanSession.column;

import java.nio.file.Path;
import java.util.List;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** The functions that bring an instruction of their own: what they ask, how they read the answer, how they refuse. */
class TestTaskFunctions {
  private static PlanSession session;
  private static Path pair;
  private static Path prefixed;

  @BeforeAll
  static void start() throws Exception {
    session = new PlanSession("local[2]");
    pair = PlanModels.write(session.folder.resolve("pair.gguf"), PlanModels.ENCODER_DECODER);
    prefixed = PlanModels.write(session.folder.resolve("prefixed.gguf"), PlanModels.ENCODER_DECODER
        + "\nsummarization=summarize: \ntranslation_en_to_de=translate English to German: \ntranslation_en_to_fr=translate English to French: ");
  }

  @AfterAll
  static void stop() {
    session.close();
  }

  @BeforeEach
  void reset() {
    session.models.reset();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "ai_translate('Hi', 'de')| Translate the input text to German. Answer with the translation alone.\\n\\nHi",
    "ai_translate('Hi', 'pt-BR')| Translate the input text to Portuguese (Brazil). Answer with the translation alone.\\n\\nHi",
    "ai_translate('Hi', 'FRENCH')| Translate the input text to French. Answer with the translation alone.\\n\\nHi",
    "ai_translate(language => 'Klingon', text => 'Hi')| Translate the input text to Klingon. Answer with the translation alone.\\n\\nHi",
    "ai_fix_grammar('He go.')| Correct the spelling and grammar of the input text. Change nothing else, and answer with the corrected text alone."
        + "\\n\\nHe go.",
    "ai_answer('Who?', 'Ann.')| Answer the question from the text that follows it, in a few words. If the answer is not in the text, say:"
        + " no answer\\n\\nQuestion: Who?\\n\\nText: Ann.",
    "try_ai_extract('Ann', array('person', 'home town')).text| Extract these values from the input text: person, home town. Answer with one JSON"
        + " object that has the keys \"person\", \"home town\". Each value is a string copied from the text, or null where the text has none."
        + "\\n\\nAnn",
    "ai_query('MODEL', 'Hi')| Hi",
    "ai_query(endpoint => 'MODEL', request => array('a', 'b'), options => map('prompt_template', '{{1}}{{0}}'))| ba",
  })
  void asks(String call, String prompt) {
    session.models.answers = text -> text.startsWith("Extract") ? "{}" : text;
    session.sql("SELECT " + call.replace("MODEL", session.model.toString())).collectAsList();
    assertThat(content().text()).isEqualTo(prompt.replace("\\n", "\n"));
  }

  @Test
  void whatRowsBringIsNoMarkup() {
    session.sql("SELECT ai_answer('<q>', '<c>'), ai_translate('<t>', '<l>') FROM range(1)").collectAsList();
    session.sql("SELECT ai_mask('<m>', array('<b>'))").collectAsList();
    assertThat(session.models.generators.getFirst().seen()).map(request -> rows(((Prompt.Chat) request.prompt()).messages().getFirst().content()))
        .containsExactlyInAnyOrder(List.of("<q>", "<c>"), List.of("<l>", "<t>"), List.of("<m>"));
  }

  private static List<String> rows(SourcedText text) {
    int[] bounds = text.rowBounds();
    return java.util.stream.IntStream.range(0, bounds.length / 2).mapToObj(i -> text.substring(bounds[2 * i], bounds[2 * i + 1]).text()).toList();
  }

  @Test
  void encoderDecodersGetTheTextItself() {
    String tasks = "ai_summarize('Long.', 20, map('model', '%1$s')), ai_translate('Hi', 'de', map('model', '%1$s'))";
    session.sql("SELECT " + tasks.formatted(pair)).collectAsList();
    assertThat(prompts()).containsExactlyInAnyOrder(new Prompt.Raw(SourcedText.row("Long.")), new Prompt.Raw(SourcedText.row("Hi")));
    session.models.reset();
    Row row = session.sql("SELECT " + tasks.formatted(prefixed) + ", try_ai_translate('Hi', 'es', map('model', '%s')).error".formatted(prefixed)).first();
    assertThat(row).isEqualTo(row("<summarize: Long.>", "<translate English to German: Hi>",
        "language: prefixed translates to de or fr, found 'es'"));
    assertThat(prompts()).allSatisfy(prompt -> assertThat(((Prompt.Raw) prompt).text().isRow(0)).isFalse());
  }

  @Test
  void labelsAreTheOnlyTexts() {
    session.models.answers = text -> text.startsWith("Which") ? "not urgent" : "mixed";
    Row row = session.sql("SELECT ai_classify('Fire!', array('urgent', 'not urgent')), ai_analyze_sentiment('x', map('seed', '7')), ai_classify(' ',"
        + " array('a', 'b')), try_ai_classify('', array('a', 'b')).finish_reason").first();
    assertThat(row).isEqualTo(row("not urgent", "mixed", null, "skipped"));
    assertThat(session.models.generators.getFirst().seen()).extracting(Request::choices)
        .containsExactlyInAnyOrder(List.of("urgent", "not urgent"), List.of("positive", "negative", "neutral", "mixed"));
    assertThat(session.models.prompts()).contains(
        "Which of these labels fits the input text best: urgent or not urgent? Answer with the label alone.\n\nFire!");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void eachRowIsAskedOnce(boolean adaptive) {
    session.adaptive(adaptive);
    session.models.answers = text -> text.startsWith("Which") ? "a" : text.startsWith("Extract") ? "{\"a\": \"b\"}" : "1";
    var rows = session.sql("""
        SELECT label, label || f.a, count(DISTINCT n), max(t) FROM (
          SELECT ai_classify(text, array('a', 'b')) label, ai_extract(text, array('a')) f, ai_translate(text, 'de') t,
            ai_query('%s', text, 'int') n
          FROM (SELECT concat('document ', id) AS text FROM range(0, 6, 1, 3))) WHERE label = 'a' AND n > 0 GROUP BY label, f.a
        """.formatted(session.model));
    assertThat(rows.collectAsList()).containsExactly(row("a", "ab", 1L, "1"));
    assertThat(session.models.requests()).isEqualTo(4 * 6);
    assertThat(PlanSession.operators(rows, "AiGenerate")).isEqualTo(1);
  }

  @Test
  void encodersGenerateNothing() throws Exception {
    Path encoder = PlanModels.write(session.folder.resolve("encoder.gguf"), PlanModels.ENCODER);
    assertThatThrownBy(() -> session.sql("SELECT ai_translate('x', 'de', map('model', '%s'))".formatted(encoder)).collectAsList())
        .isInstanceOf(ModelException.class)
        .hasMessage("ai_translate: expected a model that generates texts, found encoder (plan), an encoder whose head gives vectors;"
            + " use it with ai_embed or ai_similarity, or name another model");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
    "{\"person\": \"Ann\", \"home town\": \"Ulm\"}| Ann| Ulm",
    "Here it is: {no} ```json\\n{\"Person\": [\"Ann\", \"Bob\"], \"home_town\": null}\\n``` Done.| Ann| ",
    "{\"person\": 5, \"other\": {}, \"home town\": {\"a\": [1]}}| 5| {\"a\":[1]}",
    "{\"person\": \" \"}| | ",
  })
  void extractsStrings(String answer, String person, String town) {
    session.models.answers = text -> answer.replace("\\n", "\n");
    var rows = session.sql("SELECT ai_extract('x', array('person', 'home town')) e, try_ai_extract('x', array('person', 'home town')) t");
    assertThat(rows.schema().apply("e").dataType().simpleString()).isEqualTo("struct<person:string,home town:string>");
    assertThat(rows.first().getStruct(0)).isEqualTo(row(person, town));
    assertThat(rows.first().getStruct(1).<Row>getAs("fields")).isEqualTo(row(person, town));
    assertThat(rows.first().getStruct(1).<String>getAs("text")).isEqualTo(answer.replace("\\n", "\n"));
  }

  @Test
  void answersWithoutTheirFormAreTheRowsErrors() {
    session.models.answers = text -> "no idea {\"a\"";
    Row row = session.sql("SELECT try_ai_extract('x', array('a')) r").first().getStruct(0);
    assertThat(row).isEqualTo(row("", "error", "malformed_answer", "expected a JSON object in the model's answer, found none", 7, 2, 3, "plan",
        row.getString(8), null));
    assertThatThrownBy(() -> session.sql("SELECT ai_extract('x', array('a'))").collectAsList()).isInstanceOf(SparkException.class)
        .hasMessageContaining("ai_extract failed on a row: malformed_answer: expected a JSON object in the model's answer, found none."
            + " Use try_ai_extract to get errors as values");
  }

  @ParameterizedTest
  @ValueSource(strings = {"no answer", "No answer.", " \"no_answer\"\n"})
  void questionsMayHaveNoAnswer(String answer) {
    session.models.answers = text -> answer;
    Row row = session.sql("SELECT ai_answer('q', 'c'), try_ai_answer('q', 'c') r").first();
    assertThat(row.getString(0)).isEmpty();
    assertThat(row.getStruct(1).getString(1)).isEqualTo("no_answer");
    assertThat(row.getStruct(1).getInt(6)).isEqualTo(3);
  }

  @Test
  void masksInTheTextItself() {
    session.models.answers = text -> "- Ann Lee\n2. \"ann@x.org\",\nAnn\nnot there\nnone\n";
    assertThat(column(session.sql("SELECT ai_mask('Ann Lee (ann@x.org) met Annette, Ann and $1.', array('person', 'email address'))")))
        .containsExactly("[MASKED] ([MASKED]) met Annette, [MASKED] and $1.");
    assertThat(content().text()).startsWith("Copy from the input text every person or email address, exactly as it is written there, ");
    assertThat(MaskTask.masked("nothing", List.of(" ", "- ", "**"))).isEqualTo("nothing");
  }

  @Test
  void chatsPassTheirTurnsOn() {
    session.sql("""
        SELECT ai_chat(array(named_struct('content', 'Be brief.', 'role', 'system'), named_struct('content', '<|im_end|>', 'role', 'user')))
        """).collectAsList();
    assertThat(prompts()).containsExactly(new Prompt.Chat(List.of(
        new Message("system", SourcedText.row("Be brief.")), new Message("user", SourcedText.row("<|im_end|>")))));
    var turns = session.sql("""
        SELECT try_ai_chat(m) r FROM VALUES (NULL), (array()), (array(struct('user' AS role, ' ' AS content))),
          (array(struct('wizard' AS role, 'x' AS content))), (array(struct('user' AS role, CAST(NULL AS STRING) AS content), struct('user' AS role, 'y' AS content))) AS v(m)
        """).selectExpr("r.finish_reason", "r.error").collectAsList();
    assertThat(turns).containsExactly(row(null, null), row("skipped", ""), row("skipped", ""), row("error",
        "messages: expected the roles system, developer, user, assistant or tool, found another in message 0"), row("stop", ""));
    refused("SELECT ai_chat('x')", "ai_chat: messages: expected an array of structs with the string fields role and content, found STRING");
    refused("SELECT ai_chat(array(struct('user' AS role, 'x' AS content, 1 AS name)))", "found ARRAY<STRUCT<");
  }

  @Test
  void queriesReadTypesAndKeepErrors() {
    session.models.answers = text -> text;
    String model = "'" + session.model + "'";
    Row row = session.sql("""
        SELECT ai_query(%1$s, '```json\\n{"a": 1, "b": ["x"]}\\n```', 'STRUCT<a: INT, b: ARRAY<STRING>>') s, ai_query(%1$s, ' 42 ', 'int') i,
          ai_query(%1$s, 'many', returnType => 'int', failOnError => false) e, ai_query(%1$s, 'fine', failOnError => false) f,
          try_ai_query(%1$s, '{"a": ', 'STRUCT<a: INT>').error_code c, ai_query(%1$s, NULL, failOnError => false) n,
          ai_query(%1$s, '{"a": 1}', responseFormat => 'json_object') o,
          try_ai_query(%1$s, '[1]', responseFormat => '{"type": "json_object"}').error p
        """.formatted(model)).first();
    Row partial = session.sql("""
        SELECT try_ai_query(%1$s, '{"b": 1}', 'STRUCT<a: INT NOT NULL, c: STRING NOT NULL, b: INT>').value v,
          ai_query(%1$s, '{"b": 2}', 'STRUCT<a: STRING NOT NULL, b: INT>') w
        """.formatted(model)).first();
    assertThat(partial.getStruct(0)).as("an answer need not have all that was asked for").isEqualTo(row(null, null, 1));
    assertThat(partial.getStruct(1)).isEqualTo(row(null, 2));
    assertThat(row.getStruct(0).getInt(0)).isEqualTo(1);
    assertThat(row.getStruct(0).getList(1)).isEqualTo(List.of("x"));
    assertThat(row.getInt(1)).isEqualTo(42);
    assertThat(row.getStruct(2)).isEqualTo(row(null, "expected an answer that reads as INT, found another"));
    assertThat(row.getStruct(3)).isEqualTo(row("fine", null));
    assertThat(row.getString(4)).isEqualTo("malformed_answer");
    assertThat(row.isNullAt(5)).isTrue();
    assertThat(row.getString(6)).isEqualTo("{\"a\": 1}");
    assertThat(row.getString(7)).isEqualTo("expected a JSON object as the model's answer, found something else");
  }

  @Test
  void queriesTakeParameters() {
    session.sql("""
        SELECT ai_query('%s', 'x', modelParameters => named_struct('max_tokens', 9, 'temperature', 0.5, 'stop', array('a', 'b')),
          options => map('top_k', '4'))
        """.formatted(session.model)).collectAsList();
    var config = seen().config();
    assertThat(config.maxNewTokens()).isEqualTo(9);
    assertThat(config.temperature()).isEqualTo(0.5);
    assertThat(config.stopStrings()).containsExactly("a", "b");
    assertThat(config.given()).containsEntry("top_k", 4);
  }

  @Test
  void tokensAreCounted() {
    String model = session.model.toString();
    var rows = session.sql("SELECT ai_count_tokens('%s', t) n FROM VALUES ('four'), (''), (NULL) AS v(t)".formatted(model));
    assertThat(rows.collectAsList()).extracting(row -> row.get(0)).containsExactly(4, 0, null);
    assertThat(session.models.requests()).isZero();
    assertThat(session.sql("SELECT try_ai_count_tokens('%s', 'four').tokens".formatted(model)).first().getInt(0)).isEqualTo(4);
  }

  @Test
  void nullsAndBlanks() {
    Row row = session.sql("""
        SELECT ai_translate(NULL, 'de'), ai_translate('x', NULL), ai_answer('q', NULL), ai_mask(NULL, array('a')), ai_extract(NULL, array('a')),
          ai_translate(' ', 'de'), ai_answer('', 'c'), ai_extract('', array('a')), try_ai_extract('', array('a')).finish_reason
        """).first();
    assertThat(row).isEqualTo(row(null, null, null, null, null, "", "", null, "skipped"));
    assertThat(session.models.requests()).isZero();
    assertThat(column(session.sql("SELECT try_ai_translate('x', ' ').error")))
        .containsExactly("language: expected a code or name, found an empty one");
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "ai_translate('x')| ai_translate: expected ai_translate(text, language[, options]), found no language",
    "ai_translate('x', langage => 'de')| found an argument named langage; did you mean language?",
    "ai_translate('x', text => 'de')| found text twice",
    "ai_translate(text => 'x', 'de')| ai_translate: expected arguments by position before those by name",
    "ai_translate('x', 'de', map('raw', 'true'))| option 'raw' is not for a function that brings its own instruction",
    "ai_extract('x', array())| ai_extract: fields: expected 1 to 20 names, found 0",
    "ai_extract('x', array('a', 'A'))| ai_extract: fields: expected each name once, found 'A' twice",
    "ai_extract('x', array('a', ''))| ai_extract: fields: expected texts, found an empty one",
    "ai_extract(t, array(t))| ai_extract: fields: expected a constant, found",
    "ai_classify('x', array('a'))| ai_classify: labels: expected 2 to 20 texts, found 1",
    "ai_classify('x', array('a', 'a'))| ai_classify: labels: expected each label once, found 'a' twice",
    "ai_classify('x', array('a', 'b'), map('stop', 'x'))| ai_classify: unknown option 'stop'",
    "ai_mask('x', NULL)| ai_mask: labels: expected a constant, found NULL",
    "ai_query('m', 'x', responseFormat => 'xml')| ai_query: responseFormat: expected text or json_object, found 'xml'",
    "ai_query('m', 'x', modelParameters => named_struct('n', 2))| ai_query: unknown option 'n'",
    "ai_query('m', 'x', modelParameters => 5)| ai_query: modelParameters: expected a constant struct, found 5",
    "ai_query('m', 'x', map('model', 'y'))| ai_query: unknown option 'model'",
    "ai_count_tokens('m', 'x', map())| ai_count_tokens: expected ai_count_tokens(model, text), found 3 arguments",
  })
  void wrongCallsAreRefusedInAnalysis(String call, String message) {
    refused("SELECT " + call + " FROM VALUES ('y') AS v(t)", message);
  }

  private static void refused(String query, String message) {
    assertThatThrownBy(() -> session.sql(query)).isInstanceOf(AnalysisException.class).hasMessageContaining(message);
  }

  private static List<Prompt> prompts() {
    return session.models.generators.stream().flatMap(generator -> generator.seen().stream()).map(Request::prompt).toList();
  }

  private static Request seen() {
    return session.models.generators.getFirst().seen().getFirst();
  }

  private static SourcedText content() {
    return ((Prompt.Chat) seen().prompt()).messages().getFirst().content();
  }

  private static Row row(Object... values) {
    return RowFactory.create(values);
  }
}
