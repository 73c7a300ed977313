package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.EncoderReplay.Input;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.SpanConfig;
import org.scriptorium.engine.api.SpanConfig.NoAnswer;
import org.scriptorium.engine.api.SpanReader;
import org.scriptorium.engine.api.SpanReader.Question;
import org.scriptorium.engine.api.SpanReader.Span;
import org.scriptorium.engine.tokenizer.Encoding;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;

/** Answers of a small BERT against what Hugging Face's definition gives from its logits, written out plainly. */
class TestAnswers {
  private static final Pattern WORD = Pattern.compile("[a-z]+|[.,?]", Pattern.CASE_INSENSITIVE);
  private static final String QUESTION = "where is the music?";

  @TempDir Path folder;
  @TempDir Path packed;
  private Path model;
  private Tokenizer tokenizer;

  @BeforeEach
  void write() {
    model = new TinyBert("BertForQuestionAnswering").write(folder);
    tokenizer = Tokenizers.folder(model);
  }

  private SpanReader reader() {
    return Engine.openSpanReader(model, "tiny", Optional.empty(), new EngineOptions(2, 1 << 20, 16, 96, "auto", 0, "float32", packed));
  }

  @Test
  void areThoseOfTheDefinitionInOneWindowAndInMany() {
    try (SpanReader reader = reader()) {
      for (int seed = 0; seed < 6; seed++) {
        for (int words : new int[] {3, 12, 60}) {
          String context = context(words, seed);
          for (NoAnswer noAnswer : NoAnswer.values()) {
            for (int topK : new int[] {1, 4}) {
              SpanConfig config = new SpanConfig(topK, 5, 384, OptionalInt.empty(), noAnswer);
              compare(reader.answer(List.of(new Question(QUESTION, context)), config).getFirst().value(), expected(context, config, 32), context);
            }
          }
          SpanConfig narrow = SpanConfig.DEFAULT.withTopK(3).withWindow(24, 7);
          compare(reader.answer(List.of(new Question(QUESTION, context)), narrow).getFirst().value(), expected(context, narrow, 7), context);
        }
      }
    }
  }

  private static void compare(List<Span> found, List<Span> expected, String context) {
    assertThat(found).as(context).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i).score()).as(context).isCloseTo(expected.get(i).score(), offset(1e-5f));
      assertThat(found.get(i)).as(context).usingRecursiveComparison().ignoringFields("score").isEqualTo(expected.get(i));
      assertThat(context.substring(found.get(i).start(), found.get(i).end())).isEqualTo(found.get(i).text());
    }
  }

  private static String context(int words, int seed) {
    var random = new Random(seed);
    List<String> known = List.of("The", "library", "reads", "files", "Music", "where", "xyz", ".", "packages", "writing", "the");
    return IntStream.range(0, words).mapToObj(i -> known.get(random.nextInt(known.size())))
        .reduce("", (text, word) -> text + (word.equals(".") ? "" : "  ") + word).strip();
  }

  /** All spans of all windows, scored and merged as the definition says. */
  private List<Span> expected(String context, SpanConfig config, int stride) {
    Encoding pair = tokenizer.encodePair(SourcedText.row(QUESTION), SourcedText.row(context));
    int question = tokenizer.encode(SourcedText.row(QUESTION)).length, first = question + 2, count = pair.size() - first - 1;
    int limit = Math.min(config.maxTokens(), TinyBert.POSITIONS), room = limit - question - 3;
    var answers = new LinkedHashMap<String, Span>();
    double none = 1e6;
    for (int from = 0; from < count; from += room - stride) {
      int size = Math.min(room, count - from), start = from;
      int[] places = IntStream.concat(IntStream.range(0, first), IntStream.concat(IntStream.range(first + start, first + start + size),
          IntStream.of(pair.size() - 1))).toArray();
      double[][] logits = logits(pair, places);
      double[] starts = softmax(logits[0], first, size), ends = softmax(logits[1], first, size);
      none = Math.min(none, starts[0] * ends[0]);
      for (int[] span : best(starts, ends, first, size, config)) {
        Span word = span(context, pair.starts()[from + span[0]], pair.ends()[from + span[1]], starts[span[0]] * ends[span[1]]);
        Span found = within(context, word, pair.starts()[first + from], pair.ends()[first + from + size - 1]);
        answers.merge(found.text().toLowerCase(Locale.ROOT), found, (known, more) -> new Span(known.text(), known.start(), known.end(),
            known.score() + more.score()));
      }
      if (from + size == count) break;
    }
    var all = new ArrayList<>(answers.values());
    if (config.noAnswer() == NoAnswer.POSSIBLE) all.add(new Span("", 0, 0, (float) none));
    return all.stream().sorted(Comparator.comparingDouble((Span span) -> -span.score())).limit(config.topK()).toList();
  }

  private double[][] logits(Encoding pair, int[] places) {
    var input = new Input(IntStream.of(places).map(place -> pair.ids()[place]).toArray(),
        IntStream.of(places).map(place -> pair.typeIds()[place]).toArray());
    try (var replay = new EncoderReplay(model, "auto", 0, 1, packed)) {
      float[] values = replay.run(replay.encoder().stack(), List.of(input)).getFirst().values();
      return new double[][] {IntStream.range(0, places.length).mapToDouble(i -> values[2 * i]).toArray(),
          IntStream.range(0, places.length).mapToDouble(i -> values[2 * i + 1]).toArray()};
    }
  }

  private static double[] softmax(double[] logits, int first, int size) {
    double[] weights = IntStream.range(0, logits.length)
        .mapToDouble(i -> i == 0 || i >= first && i < first + size ? Math.exp(logits[i]) : 0).toArray();
    double sum = IntStream.range(0, weights.length).mapToDouble(i -> weights[i]).sum();
    return IntStream.range(0, weights.length).mapToDouble(i -> weights[i] / sum).toArray();
  }

  private static List<int[]> best(double[] starts, double[] ends, int first, int size, SpanConfig config) {
    return IntStream.range(first, first + size).boxed()
        .flatMap(start -> IntStream.range(start, Math.min(first + size, start + config.maxAnswerTokens())).mapToObj(end -> new int[] {start, end}))
        .sorted(Comparator.comparingDouble(span -> -starts[span[0]] * ends[span[1]])).limit(2L * config.topK() + 10).toList();
  }

  /** Of words that a window cuts the window has a part. */
  private static Span within(String context, Span span, int from, int to) {
    int start = Math.max(span.start(), from), end = Math.min(span.end(), to);
    return new Span(context.substring(start, end), start, end, span.score());
  }

  /** The words that hold the first and the last character. */
  private static Span span(String context, int start, int end, double score) {
    List<MatchResult> words = WORD.matcher(context).results().toList();
    int from = words.stream().filter(word -> word.start() <= start && start < word.end()).findFirst().orElseThrow().start();
    int to = words.stream().filter(word -> word.start() < end && end <= word.end()).findFirst().orElseThrow().end();
    return new Span(context.substring(from, to), from, to, (float) score);
  }

  @Test
  void questionsShareTheirSteps() {
    List<Question> questions = IntStream.range(0, 20)
        .mapToObj(i -> new Question("what reads " + "music ".repeat(i % 3), context(5 + 3 * i, i))).toList();
    try (SpanReader reader = reader()) {
      var together = reader.answer(questions, SpanConfig.DEFAULT);
      for (int i = 0; i < questions.size(); i++) {
        assertThat(together.get(i)).isEqualTo(reader.answer(List.of(questions.get(i)), SpanConfig.DEFAULT).getFirst());
      }
    }
  }

  @Test
  void emptyContextsHoldNoAnswerAndBadQuestionsAreErrors() {
    SpanConfig possible = SpanConfig.DEFAULT.withNoAnswer(NoAnswer.POSSIBLE);
    try (SpanReader reader = reader()) {
      assertThat(reader.answer(List.of(new Question(QUESTION, " \n")), SpanConfig.DEFAULT).getFirst().value()).isEmpty();
      assertThat(reader.answer(List.of(new Question(QUESTION, "")), possible).getFirst().value()).containsExactly(new Span("", 0, 0, 1));
      Map<Question, Reading.Failed<List<Span>>> bad = Map.of(
          new Question(" ", "music"), new Reading.Failed<>(ErrorCode.INVALID_PARAMETER, "the question is empty"),
          new Question("music ".repeat(58), "music ".repeat(9)), new Reading.Failed<>(ErrorCode.PROMPT_TOO_LONG,
              "the question leaves 3 of 64 tokens to the context, whose parts overlap by 32; shorten it, or lower doc_stride"));
      bad.forEach((question, failure) -> assertThat(reader.answer(List.of(question), SpanConfig.DEFAULT)).containsExactly(failure));
    }
    assertThatThrownBy(() -> SpanConfig.DEFAULT.withTopK(0)).isInstanceOf(ModelException.class)
        .hasMessage("top_k: expected a positive number, found 0");
  }
}
