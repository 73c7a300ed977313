package org.scriptorium.pipeline;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scriptorium.engine.api.GenerationConfig;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.pipeline.JobFile.Format;
import org.scriptorium.pipeline.JobFile.Increments;
import org.scriptorium.pipeline.JobFile.Input;
import org.scriptorium.pipeline.JobFile.Kind;
import org.scriptorium.pipeline.JobFile.Mode;
import org.scriptorium.pipeline.JobFile.OnDeleted;
import org.scriptorium.pipeline.JobFile.OnDuplicateId;
import org.scriptorium.pipeline.JobFile.Shape;

class TestJobFile {
  private static final String KINDS = "summarize, generate, translate, classify, extract, answer, chat, code, embed, index, retrieve";
  private static final String MINIMAL = """
      read: { format: parquet, path: docs }
      task: { kind: summarize }
      write: { path: out }
      """;

  @Test
  void readsTheDesignsExample() {
    JobFile job = parse("""
        name: nightly-package-summaries
        model: smollm2-135m-instruct
        read:     { format: parquet, path: data/docs, id: id, text: text, keep: [section] }
        task:     { kind: summarize, max-words: 40 }
        generate: { max-new-tokens: 96, temperature: 0, truncation: middle }
        write:    { format: parquet, path: out/summaries, mode: incremental, on-deleted: keep, commit-rows: 9 }
        quality:  { max-error-rate: 0.01 }
        """);
    assertThat(job.name()).isEqualTo("nightly-package-summaries");
    assertThat(job.model()).contains("smollm2-135m-instruct");
    assertThat(job.read().format()).isEqualTo(Format.PARQUET);
    assertThat(job.read().paths()).containsExactly("data/docs");
    assertThat(job.read().id()).contains("id");
    assertThat(job.read().keep()).containsExactly("section");
    assertThat(job.shape()).isEqualTo(Shape.FLAT);
    assertThat(job.tasks()).singleElement().satisfies(task -> {
      assertThat(task.kind()).isEqualTo(Kind.SUMMARIZE);
      assertThat(task.arguments().maxWords()).isEqualTo(OptionalInt.of(40));
      assertThat(task.generate()).isEqualTo(GenerationConfig.of(Map.of("max_new_tokens", 96, "temperature", 0, "truncation", "middle")));
    });
    assertThat(job.write()).isEqualTo(new JobFile.Write("out/summaries", Mode.INCREMENTAL,
        new Increments(OnDeleted.KEEP, OnDuplicateId.REFUSE, 9, 60)));
    assertThat(job.maxErrorRate()).isEqualTo(0.01);
  }

  @Test
  void fillsInTheDefaults() {
    JobFile job = parse(MINIMAL);
    assertThat(job.name()).isEqualTo("job");
    assertThat(job.model()).isEmpty();
    assertThat(job.read().text()).isEqualTo("text");
    assertThat(job.read().id()).isEmpty();
    assertThat(job.write().mode()).isEqualTo(Mode.ERROR);
    assertThat(job.maxErrorRate()).isEqualTo(0.05);
    assertThat(job.tasks().getFirst().generate()).isEqualTo(GenerationConfig.DEFAULT.withMaxNewTokens(128)
        .withTruncation(Truncation.MIDDLE));
    JobFile generate = JobFile.parse(MINIMAL, "job.yaml", List.of("task.kind=generate"));
    assertThat(generate.tasks().getFirst().generate()).isEqualTo(GenerationConfig.DEFAULT);
  }

  @Test
  void readsEveryGenerationOption() {
    JobFile job = parse("""
        read: { format: csv, path: [a.csv, b.csv], id: key, text: body, limit: 10, partitions: 3 }
        task: { kind: generate, raw: true, prompt: "<b>{{title}}</b> {{ body }} {{title}}" }
        generate: { max-new-tokens: 9, min-new-tokens: 2, temperature: 0.5, top-k: 3, top-p: 0.25, min-p: 0.125, repetition-penalty: 1.5,
                    presence-penalty: 1, frequency-penalty: -0.5, stop-strings: ["\\n", END], seed: 7, truncation: tail,
                    bad-words-ids: [[4, 5], [6]], eos-token-id: 2, exponential-decay-length-penalty: [5, 1.1] }
        write: { path: out, mode: overwrite }
        """);
    JobFile.Task task = job.tasks().getFirst();
    assertThat(task.generate()).isEqualTo(GenerationConfig.of(Map.ofEntries(entry("max_new_tokens", 9), entry("min_new_tokens", 2),
        entry("temperature", 0.5), entry("top_k", 3), entry("top_p", 0.25), entry("min_p", 0.125), entry("repetition_penalty", 1.5),
        entry("presence_penalty", 1), entry("frequency_penalty", -0.5), entry("stop_strings", List.of("\n", "END")), entry("seed", 7),
        entry("truncation", "tail"), entry("bad_words_ids", List.of(List.of(4, 5), List.of(6))), entry("eos_token_id", List.of(2)),
        entry("exponential_decay_length_penalty", List.of(5, 1.1)))));
    assertThat(task.arguments().input()).isEqualTo(Input.RAW);
    assertThat(task.arguments().prompt()).contains(new PromptTemplate("<b>{{0}}</b> {{1}} {{0}}", List.of("title", "body")));
    assertThat(job.read().paths()).containsExactly("a.csv", "b.csv");
    assertThat(job.read().limit()).hasValue(10);
    assertThat(job.read().partitions()).hasValue(3);
  }

  @Test
  void severalTasksShareAndOverrideOptions() {
    JobFile job = parse("""
        read: { format: jsonl, path: docs.jsonl }
        generate: { max-new-tokens: 10, seed: 3 }
        tasks:
          - { name: short, kind: summarize, max-words: 5 }
          - { name: answer, kind: generate, prompt: "Why? {{text}}", model: other, generate: { max-new-tokens: 20 } }
        write: { path: out }
        """);
    assertThat(job.shape()).isEqualTo(Shape.COLUMN_PER_TASK);
    assertThat(job.tasks()).extracting(JobFile.Task::name).containsExactly("short", "answer");
    assertThat(job.tasks()).extracting(task -> task.generate().maxNewTokens()).containsExactly(10, 20);
    assertThat(job.tasks()).extracting(task -> task.generate().seed()).containsExactly(3L, 3L);
    assertThat(job.tasks().get(1).model()).contains("other");
  }

  @Test
  void longDocumentsAreCutUnlessTheJobPartsThem() {
    assertThat(parse(MINIMAL).tasks().getFirst().longDocuments()).isEqualTo(new LongDocuments.Truncate());
    assertThat(JobFile.parse(MINIMAL, "job.yaml", List.of("task.long-documents=map-reduce")).tasks().getFirst().longDocuments())
        .isEqualTo(new LongDocuments.MapReduce(LongDocuments.PIECE_TOKENS));
    assertThat(JobFile.parse(MINIMAL, "job.yaml", List.of("task.long-documents=map-reduce", "task.piece-tokens=500")).tasks().getFirst()
        .longDocuments()).isEqualTo(new LongDocuments.MapReduce(500));
  }

  @Test
  void readsTheKeysOfEachKind() {
    JobFile job = parse("""
        read: { format: jsonl, path: docs.jsonl }
        generate: { max-new-tokens: 10 }
        tasks:
          - { name: translated, kind: translate, language: de }
          - { name: label, kind: classify, labels: [good, bad] }
          - { name: found, kind: extract, fields: [person] }
          - { name: asked, kind: answer, question: "Who?" }
          - { name: own, kind: answer, question-column: q, generate: { max-new-tokens: 20 } }
          - { name: said, kind: chat, messages: turns }
          - { name: program, kind: code, language: Python, reasoning: true }
          - { name: vector, kind: embed, model: reader }
        write: { path: out }
        """);
    assertThat(job.tasks()).extracting(JobFile.Task::kind)
        .containsExactly(Kind.TRANSLATE, Kind.CLASSIFY, Kind.EXTRACT, Kind.ANSWER, Kind.ANSWER, Kind.CHAT, Kind.CODE, Kind.EMBED);
    assertThat(job.tasks()).extracting(task -> task.arguments().language().orElse(""))
        .containsExactly("de", "", "", "", "", "", "Python", "");
    assertThat(job.tasks()).extracting(task -> task.arguments().choices())
        .containsExactly(List.of(), List.of("good", "bad"), List.of("person"), List.of(), List.of(), List.of(), List.of(), List.of());
    assertThat(job.tasks()).extracting(task -> task.arguments().question().orElse("")).containsExactly("", "", "", "Who?", "", "", "", "");
    assertThat(job.tasks()).extracting(task -> task.arguments().column().orElse("")).containsExactly("", "", "", "", "q", "turns", "", "");
    assertThat(job.tasks()).extracting(task -> task.generate().maxNewTokens()).startsWith(10, 10, 10, 10, 20, 10, 10);
    assertThat(job.tasks()).extracting(JobFile.Task::reasoning)
        .endsWith(JobFile.Reasoning.HIDDEN, JobFile.Reasoning.SHOWN, JobFile.Reasoning.HIDDEN);
    JobFile alone = JobFile.parse(MINIMAL, "job.yaml", List.of("task={kind: answer, question: \"Who?\"}"));
    assertThat(alone.tasks().getFirst().generate()).isEqualTo(GenerationConfig.DEFAULT.withMaxNewTokens(128));
    assertThat(assertWrongUse(MINIMAL.replace("kind: summarize", "kind: extract, fields: [a]")
        .replace("path: docs", "path: docs, keep: [fields]")))
        .contains("\"fields\" would stand in the output twice; it is the name of a column of the result");
  }

  @Test
  void overridesReachEveryPlace() {
    JobFile job = JobFile.parse(MINIMAL, "job.yaml", List.of("write.mode=overwrite", "read.keep=[a, b]", "generate.temperature=0.5",
        "model=7",
        "quality.max-error-rate=1", "read.path=x=y"));
    assertThat(job.write().mode()).isEqualTo(Mode.OVERWRITE);
    assertThat(job.read().keep()).containsExactly("a", "b");
    assertThat(job.read().paths()).containsExactly("x=y");
    assertThat(job.tasks().getFirst().generate().temperature()).isEqualTo(0.5);
    assertThat(job.model()).contains("7");
    JobFile tasks = JobFile.parse(MINIMAL.replace("task: { kind: summarize }", "tasks: [{ name: a, kind: summarize }]"), "job.yaml",
        List.of("tasks.0.max-words=3"));
    assertThat(tasks.tasks().getFirst().arguments().maxWords()).hasValue(3);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      model           | --set model: expected KEY=VALUE, such as write.mode=append
      =x              | --set =x: expected KEY=VALUE, such as write.mode=append
      read.format.x=1 | --set read.format.x: nothing can lie under the text "parquet"
      write.mod=error | job.yaml: --set write.mod: write.mod: unknown key; did you mean "mode"?
      write.mode=[    | --set write.mode: the value is not YAML: while parsing a flow node
      read..path=x    | --set read..path: expected a dotted key, such as write.mode
      """)
  void refusesOverrides(String override, String message) {
    assertThatThrownBy(() -> JobFile.parse(MINIMAL, "job.yaml", List.of(override))).isInstanceOfSatisfying(JobException.class,
        e -> assertThat(e.kind()).isEqualTo(JobException.Kind.WRONG_USE)).hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      path: docs          | path: docs, txt: body      | 1: read.txt: unknown key; did you mean "text"?
      path: docs          | path: docs, where: x > 1   | \
      1: read.where: unknown key; known are format, path, id, text, keep, limit, partitions
      format: parquet     | format: parkuet            | \
      1: read.format: expected one of parquet, jsonl, csv, text, found "parkuet"; did you mean "parquet"?
      format: parquet     | format: html               | \
      1: read.format: "html" is not supported yet; expected one of parquet, jsonl, csv, text
      path: docs          | path: 5                    | 1: read.path: expected a text or a list of texts, found the number 5
      path: docs          | path: docs, id: 5          | 1: read.id: expected a text (in quotes), found the number 5
      path: docs          | path: docs, limit: 0       | 1: read.limit: expected a whole number of at least 1, found the number 0
      path: docs          | path: docs, keep: [Model]  | \
      1: read.keep: "Model" would stand in the output twice; it is the name of a column of the result; rename it in the data, or use \
      tasks: to have results in a column of their own
      path: docs          | path: docs, keep: [ID]     | \
      1: read.keep: "ID" would stand in the output twice; it is the name of the identifiers' column
      path: docs          | path: docs, keep: [a, A]   | \
      1: read.keep: "A" would stand in the output twice; it is the name of another column to keep
      kind: summarize     | kind: sumarize             | 2: task.kind: expected one of KINDS, found "sumarize"; did you mean "summarize"?
      kind: summarize     | kind: retrieve             | 2: task.index: missing; expected the folder of an index, which kind: index writes
      kind: summarize     | kind: summarize, context: page | 2: task.context: only answer has it
      kind: summarize     | kind: answer, question: "Who?", style: extract | \
      2: task.style: only answers from an index or a context have it; name one
      kind: summarize     | kind: answer, context: page, top: 3 | 2: task.top: only answers from an index have it; name one by index
      kind: summarize     | kind: answer, context: page, index: out | 2: task.context: expected either index or context, found both
      kind: summarize     | kind: answer, context: page, question-column: q | \
      2: task.question-column: the questions of a context are the texts that read names
      kind: summarize     | kind: summarize, index: out | 2: task.index: only retrieve or answer has it
      kind: summarize     | kind: answer, question: "Who?", top: 3 | 2: task.top: only answers from an index have it; name one by index
      kind: summarize     | kind: answer, index: out, question: "Who?" | \
      2: task.question: the questions of an index are the texts that read names
      kind: summarize     | kind: retrieve, index: out, mode: bm52 | \
      2: task.mode: expected one of hybrid, bm25, vector, found "bm52"; did you mean "bm25"?
      kind: summarize     | kind: embed, prompt: "{{text}}"       | 2: task.prompt: only generate has it
      kind: summarize     | kind: embed, reasoning: true          | \
      2: task.reasoning: embed has it not; its model reads texts and generates none
      kind: summarize     | kind: embed, generate: { seed: 1 }    | \
      2: task.generate: embed has it not; its model reads texts and generates none
      task: { kind: summarize } | generate: { seed: 1 }\\ntask: { kind: embed } | \
      2: generate: embed has it not; its model reads texts and generates none
      kind: summarize     | kind: summarize, raw: 1    | 2: task.raw: expected true or false, found the number 1
      kind: summarize     | kind: summarize, raw: true | 2: task.raw: only generate has it
      kind: summarize     | kind: translate            | 2: task.language: missing; expected a code such as de, or a name such as German
      kind: summarize     | kind: translate, langage: de, language: de | 2: task.langage: unknown key; did you mean "language"?
      kind: summarize     | kind: summarize, language: de         | 2: task.language: only translate or code has it
      kind: summarize     | kind: classify, labels: []            | 2: task.labels: expected 2 to 20 texts, found 0
      kind: summarize     | kind: extract              | 2: task.fields: missing; expected a list of texts
      kind: summarize     | kind: classify, labels: [a]           | 2: task.labels: expected 2 to 20 texts, found 1
      kind: summarize     | kind: classify, labels: [a, A]        | 2: task.labels: "A" is named twice
      kind: summarize     | kind: classify, labels: [a, b], generate: { max-new-tokens: 3 } | \
      2: task.generate: max-new-tokens: classify has it not; its text is one of the labels
      kind: summarize     | kind: extract, labels: [a], fields: [a] | 2: task.labels: only classify has it
      kind: summarize     | kind: answer               | \
      2: task.question: expected a question, questions, or the question-column of the data, found none
      kind: summarize     | kind: answer, question: "Who?", question-column: q | \
      2: task.question: expected a question, questions, or the question-column of the data, found question and question-column
      kind: summarize     | kind: code, language: "{{x}}"         | 2: task.language: expected a name such as Python, found one with {{
      kind: summarize     | kind: summarize, long-documents: mapreduce | \
      2: task.long-documents: expected one of truncate, map-reduce, found "mapreduce"; did you mean "map-reduce"?
      kind: summarize     | kind: summarize, piece-tokens: 100    | \
      2: task.piece-tokens: only long-documents: map-reduce has it
      kind: summarize     | kind: summarize, long-documents: map-reduce, piece-tokens: 9 | \
      2: task.piece-tokens: expected a whole number of at least 16, found the number 9
      kind: summarize     | kind: chat, long-documents: map-reduce | \
      2: task.long-documents: chat has no pieces to ask about; leave the key out
      kind: summarize     | kind: answer, index: x, long-documents: map-reduce | \
      2: task.long-documents: answer has no pieces to ask about; leave the key out
      kind: summarize     | kind: generate, long-documents: map-reduce | \
      2: task.long-documents: generate needs a prompt that is asked of each piece, such as 'List the names in it: {{text}}'
      kind: summarize     | kind: generate, prompt: "{{title}}", long-documents: map-reduce | \
      2: task.prompt: long-documents: map-reduce parts the column text (read.text); expected {{text}} in the prompt
      kind: summarize     | kind: generate, prompt: "{{text}}, {{text}}", long-documents: map-reduce | \
      2: task.prompt: long-documents: map-reduce sends a piece once; expected {{text}} in one place, found it in 2
      kind: summarize     | kind: answer, question-column: text, long-documents: map-reduce | \
      2: task.question-column: long-documents: map-reduce parts the column text (read.text); expected another
      kind: summarize     | kind: summarize, long-documents: map-reduce, generate: { max-length: 90 } | \
      2: task.long-documents: max-length counts the prompt, whose pieces vary; give generate.max-new-tokens instead
      kind: summarize     | kind: classify, labels: [a, b], reasoning: true | \
      2: task.reasoning: classify has it not; its text is one of the labels
      kind: summarize     | kind: generate, messages: m           | 2: task.messages: only chat has it
      kind: summarize     | kind: generate, max-words: 4          | 2: task.max-words: only summarize has it; use generate.max-new-tokens
      kind: summarize     | kind: generate, prompt: hello         | \
      2: task.prompt: names no column; expected {{column}} where a row's text goes
      kind: summarize     | kind: generate, prompt: {{text}}      | \
      2: expected a key, found a mapping; a text that starts with {{ needs quotes
      kind: summarize     | kind: generate, prompt: "{{text}} {{}}" | 2: task.prompt: has a place without a column: {{}}
      kind: summarize     | kind: generate, generate: { top-p: 2 }  | 2: task.generate.top-p: expected above 0, at most 1, found 2.0
      kind: summarize     | kind: generate, generate: { top_p: 1 }  | 2: task.generate.top_p: unknown key; did you mean "top-p"?
      task:               | generate: { max-new-tokens: many }\\ntask: | \
      2: generate.max-new-tokens: expected a whole number, found the text "many"
      task:               | generate: { truncation: start }\\ntask:    | \
      2: generate.truncation: expected one of none, head, middle, tail, found the text "start"
      task:               | generate: { stop-strings: [""] }\\ntask:   | 2: generate.stop-strings: expected not empty, found []
      task:               | generate: 5\\ntask:                        | 2: generate: expected a mapping, found the number 5
      task:               | quality: { max-error-rate: 5 }\\ntask:     | 2: quality.max-error-rate: expected a share from 0 to 1, found 5.0
      path: out           | path: out, mode: incremntal | \
      3: write.mode: expected one of overwrite, append, error, incremental, found "incremntal"; did you mean "incremental"?
      path: out           | path: out, commit-rows: 5  | 3: write.commit-rows: only mode: incremental has it
      path: out           | path: out, mode: incremental, commit-rows: 0 | \
      3: write.commit-rows: expected a whole number of at least 1, found the number 0
      path: out           | path: out, mode: incremental, on-deleted: forget | \
      3: write.on-deleted: expected one of remove, keep, found "forget"
      path: out           | mode: error                | 3: write.path: missing; expected a folder or URI
      path: out           | path: out/run*             | \
      3: write.path: expected a folder without any of { } [ ] * ? \\, which would make it a pattern when it is read
      path: out           | path: out, format: delta   | 3: write.format: "delta" is not supported yet; expected one of parquet, index
      path: out           | path: out, format: index   | 3: write.format: only kind: index writes an index
      path: docs          | path: docs, path: more     | 1: the key "path" stands here twice
      """)
  void refusesAndSaysWhere(String good, String bad, String message) {
    String yaml = MINIMAL.replace(good, bad.replace("\\n", "\n"));
    assertThat(yaml).isNotEqualTo(MINIMAL);
    String found = assertWrongUse(yaml);
    // Duplicate keys come from the YAML reader, whose sentence is its own.
    if (message.contains("stands here twice")) assertThat(found).startsWith("job.yaml: line 1").contains("path");
    else assertThat(found).isEqualTo("job.yaml: line " + message.replace("KINDS", KINDS));
  }

  @Test
  void saysAllProblemsAtOnce() {
    String found = assertWrongUse("""
        read: { format: parquet, pth: docs }
        task: { kind: summarize, max-words: many }
        writ: { path: out }
        """);
    assertThat(found.lines()).containsExactly("job.yaml: 5 problems:",
        "  line 1: read.path: missing; expected a file, folder, pattern or URI",
        "  line 1: read.pth: unknown key; did you mean \"path\"?",
        "  line 2: task.max-words: expected a whole number of at least 1, found the text \"many\"",
        "  line 1: write: missing; expected where results go",
        "  line 3: writ: unknown key; did you mean \"write\"?");
  }

  @Test
  void refusesTasksThatMeet() {
    String yaml = MINIMAL.replace("task: { kind: summarize }",
        "tasks: [{ name: a, kind: summarize }, { name: A, kind: summarize }, { name: id, kind: summarize }]");
    assertThat(assertWrongUse(yaml).lines()).containsExactly("job.yaml: 2 problems:",
        "  line 2: tasks[1].name: \"A\" is the name of another task",
        "  line 2: tasks[2].name: \"id\" would stand in the output twice; it is id or one of read.keep");
    assertThat(assertWrongUse(MINIMAL + "tasks: []\n")).contains("expected either task or tasks, found both");
    assertThat(assertWrongUse(MINIMAL.replace("task: { kind: summarize }", ""))).isEqualTo(
        "job.yaml: line 1: task: missing; expected what is done, such as { kind: summarize }");
  }

  @Test
  void incrementalRefusesWhatIsKnownByMoreThanItsDocument() {
    assertThatThrownBy(() -> JobFile.parse("""
        read: { path: docs, id: id }
        task: { kind: answer, questions: [Who, When] }
        write: { path: out, mode: incremental }
        """, "job.yaml", List.of())).isInstanceOf(JobException.class).hasMessageContaining("3: write.mode: incremental knows rows by their"
            + " documents alone; a task that asks an index, or has a context or several questions, is computed anew each time:"
            + " use overwrite, or tasks: with a task of kind answer for each question");
  }

  @Test
  void refusesWhatIsNoJobFile(@TempDir Path folder) throws Exception {
    assertThat(assertWrongUse("- a\n- b\n")).isEqualTo("job.yaml: expected a mapping of keys, found a list");
    assertThat(assertWrongUse("read: [\n")).startsWith("job.yaml: line ");
    assertThat(assertWrongUse("read: {}\n---\nread: {}\n")).contains("expected one document, found another after it");
    assertThat(assertWrongUse("read: &a {}\ntask: *a\n")).contains("aliases (*a) are not supported in job files");
    assertThat(assertWrongUse("a: " + "[".repeat(60) + "]".repeat(60))).contains("nested deeper than 50");
    assertThat(assertWrongUse("")).contains("read: missing").contains("task: missing").contains("write: missing");
    Path absent = folder.resolve("absent.yaml");
    assertThatThrownBy(() -> JobFile.load(absent, List.of())).isInstanceOf(JobException.class)
        .hasMessage(absent + ": there is no such job file");
    assertThatThrownBy(() -> JobFile.load(folder, List.of())).hasMessage(folder
        + ": the job file can't be read: it is a folder; expected a YAML file");
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xE4, '\n'});
    assertThatThrownBy(() -> JobFile.load(latin, List.of())).hasMessage(latin + ": the job file is not UTF-8");
  }

  private static JobFile parse(String yaml) {
    return JobFile.parse(yaml, "job.yaml", List.of());
  }

  private static String assertWrongUse(String yaml) {
    try {
      JobFile job = parse(yaml);
      throw new AssertionError("accepted: " + job);
    } catch (JobException e) {
      assertThat(e.kind()).isEqualTo(JobException.Kind.WRONG_USE);
      return e.getMessage();
    }
  }
}
