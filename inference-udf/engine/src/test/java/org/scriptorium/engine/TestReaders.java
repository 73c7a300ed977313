package org.scriptorium.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scriptorium.engine.EncoderReplay.Input;
import org.scriptorium.engine.api.Classifier;
import org.scriptorium.engine.api.Classifier.Label;
import org.scriptorium.engine.api.Embedder;
import org.scriptorium.engine.api.EngineOptions;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Gives;
import org.scriptorium.engine.api.MaskFiller;
import org.scriptorium.engine.api.MaskFiller.Guess;
import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.ReaderDescription;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.TextPair;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Encoding;
import org.scriptorium.engine.tokenizer.Tokenizer;
import org.scriptorium.engine.tokenizer.Tokenizers;

/** Vectors, labels and masked words of a small BERT, against its states and its head's values, and against themselves in every batch. */
class TestReaders {
  private static final String MODULES = """
      [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
       {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}%s]""";
  private static final String NORMALIZE =
      ", {\"idx\": 2, \"name\": \"2\", \"path\": \"2_Normalize\", \"type\": \"sentence_transformers.models.Normalize\"}";

  @TempDir Path folder;
  @TempDir Path packed;

  private EngineOptions options() {
    return new EngineOptions(2, 1 << 20, 16, 96, "auto", 0, "float32", packed);
  }

  private Embedder embedder(Path model) {
    return Engine.openEmbedder(model, "tiny", Optional.empty(), options());
  }

  /** What the model itself computes for an input. */
  private EncoderReplay.Output replay(Path model, Encoding encoding) {
    try (var replay = new EncoderReplay(model, "auto", 0, 1, packed)) {
      return replay.run(replay.encoder().stack(), List.of(new Input(encoding.ids(), encoding.typeIds()))).getFirst();
    }
  }

  private static Encoding encoding(Path model, String text) {
    return Tokenizers.folder(model).encodeInput(SourcedText.row(text));
  }

  private static float[][] rows(float[] states) {
    return IntStream.range(0, states.length / TinyBert.WIDTH)
        .mapToObj(row -> Arrays.copyOfRange(states, row * TinyBert.WIDTH, (row + 1) * TinyBert.WIDTH)).toArray(float[][]::new);
  }

  @Test
  void vectorsAreTheMeanWhereNothingElseIsSaid() {
    Path model = new TinyBert("BertModel").write(folder);
    float[][] rows = rows(replay(model, encoding(model, "The library reads files.")).states());
    try (Embedder embedder = embedder(model)) {
      assertThat(embedder.dimensions()).isEqualTo(TinyBert.WIDTH);
      assertThat(embedder.maxTokens()).isEqualTo(TinyBert.POSITIONS);
      assertThat(embedder.model().kind()).isEqualTo(Kind.ENCODER);
      assertThat(embedder.countTokens("The library reads files.")).isEqualTo(rows.length - 2);
      Reading<float[]> found = embedder.embed(List.of("  The library reads files.\n")).getFirst();
      assertThat(((Reading.Found<float[]>) found).tokens()).isEqualTo(rows.length);
      for (int lane = 0; lane < TinyBert.WIDTH; lane++) {
        double mean = 0;
        for (float[] row : rows) mean += row[lane] / (double) rows.length;
        assertThat(found.value()[lane]).isCloseTo((float) mean, within(1e-6f));
      }
    }
  }

  @Test
  void poolingsFollowOneAnotherAsTheFilesSay() {
    Path model = new TinyBert("BertModel").file("modules.json", MODULES.formatted(""))
        .file("1_Pooling/config.json", """
            {"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": true,
             "pooling_mode_mean_sqrt_len_tokens": true, "pooling_mode_weightedmean_tokens": true, "pooling_mode_lasttoken": true}""")
        .write(folder);
    float[][] rows = rows(replay(model, encoding(model, "where is music")).states());
    int width = TinyBert.WIDTH, count = rows.length;
    try (Embedder embedder = embedder(model)) {
      assertThat(embedder.dimensions()).isEqualTo(5 * width);
      float[] found = embedder.embed(List.of("where is music")).getFirst().value();
      for (int lane = 0; lane < width; lane++) {
        double most = Double.NEGATIVE_INFINITY, sum = 0, weighted = 0;
        for (int row = 0; row < count; row++) {
          most = Math.max(most, rows[row][lane]);
          sum += rows[row][lane];
          weighted += (row + 1) * rows[row][lane] / (count * (count + 1) / 2.0);
        }
        double[] expected = {rows[0][lane], most, sum / Math.sqrt(count), weighted, rows[count - 1][lane]};
        for (int i = 0; i < 5; i++) assertThat(found[i * width + lane]).as("pooling %d", i).isCloseTo((float) expected[i], within(1e-6f));
      }
    }
  }

  @Test
  void vectorsHaveTheLengthOneAndTextsAreCutWhereTheFilesSay() {
    Path model = new TinyBert("BertModel").file("modules.json", MODULES.formatted(NORMALIZE))
        .file("1_Pooling/config.json", "{\"pooling_mode\": \"cls\"}").file("sentence_bert_config.json", "{\"max_seq_length\": 8}").write(folder);
    try (Embedder embedder = embedder(model)) {
      assertThat(embedder.maxTokens()).isEqualTo(8);
      var found = embedder.embed(List.of("the library reads files where the package writes music", "the library reads files where the"));
      float[] vector = found.getFirst().value();
      double squares = 0;
      for (float value : vector) squares += value * value;
      assertThat(squares).isCloseTo(1, within(1e-6));
      assertThat(((Reading.Found<float[]>) found.getFirst()).tokens()).isEqualTo(8);
      assertThat(vector).isEqualTo(found.getLast().value());
    }
  }

  @Test
  void promptsOfTheFilesStandBeforeEveryText() {
    Path model = new TinyBert("BertModel").write(folder.resolve("plain"));
    Path prompted = new TinyBert("BertModel")
        .file("config_sentence_transformers.json", "{\"prompts\": {\"query\": \"where is \"}, \"default_prompt_name\": \"query\"}")
        .write(folder.resolve("prompted"));
    try (Embedder plain = embedder(model); Embedder other = embedder(prompted)) {
      assertThat(other.embed(List.of("music")).getFirst().value()).isEqualTo(plain.embed(List.of("where is music")).getFirst().value());
    }
  }

  @Test
  void vectorsHaveTheSameBitsInEveryBatchAndBesideOthers() throws Exception {
    Path model = new TinyBert("BertModel").write(folder);
    List<String> texts = texts(60);
    try (Embedder embedder = embedder(model); var tasks = Executors.newFixedThreadPool(4)) {
      var alone = new ArrayList<float[]>();
      for (String text : texts) alone.add(embedder.embed(List.of(text)).getFirst().value());
      var calls = new ArrayList<Callable<Boolean>>();
      for (int task = 0; task < 8; task++) {
        int seed = task;
        calls.add(() -> sameBits(embedder, texts, alone, seed));
      }
      for (var result : tasks.invokeAll(calls)) assertThat(result.get()).isTrue();
    }
  }

  private static boolean sameBits(Embedder embedder, List<String> texts, List<float[]> expected, int seed) {
    var order = new ArrayList<>(IntStream.range(0, texts.size()).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    var found = embedder.embed(order.stream().map(texts::get).toList());
    for (int i = 0; i < order.size(); i++) if (!Arrays.equals(found.get(i).value(), expected.get(order.get(i)))) return false;
    return true;
  }

  private static List<String> texts(int count) {
    var random = new Random(5);
    List<String> words = List.of("the", "library", "reads", "files", "music", "where", "xyz", ".", "packages", "writing");
    return IntStream.range(0, count).mapToObj(i -> IntStream.rangeClosed(0, random.nextInt(40))
        .mapToObj(word -> words.get(random.nextInt(words.size()))).reduce("", (a, b) -> a + " " + b)).toList();
  }

  @Test
  void oneBadTextIsOneBadText() {
    Path model = new TinyBert("BertModel").write(folder);
    try (Embedder embedder = embedder(model)) {
      var found = embedder.embed(List.of("music", "bad \ud800 text", "", "music"));
      assertThat(found.get(1)).isEqualTo(new Reading.Failed<float[]>(ErrorCode.MALFORMED_TEXT,
          "the text holds an unpaired surrogate at character 4; decode it anew from its source"));
      assertThatThrownBy(() -> found.get(1).value()).isInstanceOf(ModelException.class).hasMessageContaining("unpaired surrogate");
      assertThat(((Reading.Found<float[]>) found.get(2)).tokens()).isEqualTo(2);
      assertThat(found.get(3).value()).isEqualTo(found.get(0).value());
    }
  }

  @Test
  void rowsBringNoMarkup() {
    Path model = new TinyBert("BertModel").write(folder);
    Tokenizer tokenizer = Tokenizers.folder(model);
    try (Embedder embedder = embedder(model)) {
      float[] spelled = embedder.embed(List.of("[SEP]")).getFirst().value();
      float[] markup = rows(replay(model, tokenizer.encodeInput(SourcedText.trusted("[SEP]"))).states())[0];
      assertThat(((Reading.Found<float[]>) embedder.embed(List.of("[SEP]")).getFirst()).tokens()).isGreaterThan(3);
      assertThat(spelled).isNotEqualTo(markup);
    }
  }

  @Test
  void closedReadersCancel() {
    Embedder embedder = embedder(new TinyBert("BertModel").write(folder));
    embedder.close();
    embedder.close();
    assertThat(embedder.embed(List.of("music")).getFirst()).isEqualTo(
        new Reading.Failed<float[]>(ErrorCode.CANCELLED, "the text was not read: the task was cancelled, or the model closed"));
  }

  @Test
  void listenersCantCloseTheModelThatCallsThem() throws Exception {
    Path model = new TinyBert("BertModel").write(folder);
    var found = new CompletableFuture<List<Reading<float[]>>>();
    var refusal = new CompletableFuture<Throwable>();
    try (Embedder embedder = embedder(model)) {
      embedder.submit(List.of("music"), readings -> {
        try {
          embedder.close();
        } catch (RuntimeException thrown) {
          refusal.complete(thrown);
        }
        found.complete(readings);
      });
      assertThat(refusal.get(60, TimeUnit.SECONDS)).isInstanceOf(IllegalStateException.class)
          .hasMessage("a listener can't close the model that calls it; close it elsewhere");
      // Nothing was closed, neither the model nor its thread.
      assertThat(embedder.embed(List.of("music")).getFirst().value()).isEqualTo(found.get(60, TimeUnit.SECONDS).getFirst().value());
    }
  }

  @Test
  void listenersThatFailEndNoOtherReading() throws Exception {
    try (Embedder embedder = embedder(new TinyBert("BertModel").write(folder))) {
      var told = new CompletableFuture<List<Reading<float[]>>>();
      embedder.submit(List.of("music"), readings -> {
        told.complete(readings);
        throw new AssertionError("no vector expected");
      });
      assertThat(told.get(60, TimeUnit.SECONDS)).hasSize(1);
      var next = new CompletableFuture<List<Reading<float[]>>>();
      embedder.submit(List.of("music"), next::complete);
      assertThat(next.get(60, TimeUnit.SECONDS).getFirst().value()).isEqualTo(told.join().getFirst().value());
    }
  }

  @Test
  void tokensThatTheModelLacksAreTheirOwnTextsErrors() {
    Path model = new TinyBert("BertModel").lacking(2).write(folder);
    try (Embedder embedder = embedder(model)) {
      var readings = embedder.embed(List.of("music", "where", "the library"));
      assertThat(readings.get(1)).isInstanceOf(Reading.Failed.class).extracting(reading -> ((Reading.Failed<float[]>) reading).code())
          .isEqualTo(ErrorCode.INVALID_PARAMETER);
      for (int i : new int[] {0, 2}) assertThat(readings.get(i).value()).isEqualTo(embedder.embed(List.of(i == 0 ? "music" : "the library")).getFirst().value());
    }
  }

  @Test
  void labelsHaveProbabilities() {
    Path model = new TinyBert("BertForSequenceClassification").write(folder);
    float[] logits = Arrays.copyOf(replay(model, encoding(model, "the music")).values(), 3);
    double sum = IntStream.range(0, 3).mapToDouble(i -> Math.exp(logits[i])).sum();
    try (Classifier classifier = Engine.openClassifier(model, "tiny", Optional.empty(), options())) {
      assertThat(classifier.labels()).containsExactly("good", "bad", "neither");
      List<Label> found = classifier.classify(List.of(TextPair.of("the music")), Truncation.NONE).getFirst().value();
      assertThat(found).hasSize(3).isSortedAccordingTo((a, b) -> Float.compare(b.score(), a.score()));
      for (Label label : found) {
        assertThat(label.score()).isCloseTo((float) (Math.exp(logits[classifier.labels().indexOf(label.name())]) / sum), within(1e-6f));
      }
    }
  }

  @Test
  void severalLabelsHaveTheirOwnProbabilitiesAndRegressionsNone() {
    for (String problem : List.of("multi_label_classification", "regression")) {
      Path model = new TinyBert("BertForSequenceClassification").set("problem_type", "\"" + problem + "\"").write(folder.resolve(problem));
      Encoding pair = Tokenizers.folder(model).encodePair(SourcedText.row("the music"), SourcedText.row("files"));
      float[] logits = Arrays.copyOf(replay(model, pair).values(), 3);
      try (Classifier classifier = Engine.openClassifier(model, "tiny", Optional.empty(), options())) {
        for (Label label : classifier.classify(List.of(TextPair.of("the music", "files")), Truncation.NONE).getFirst().value()) {
          double logit = logits[classifier.labels().indexOf(label.name())];
          double expected = problem.equals("regression") ? logit : 1 / (1 + Math.exp(-logit));
          assertThat(label.score()).as(problem).isCloseTo((float) expected, within(1e-6f));
        }
      }
    }
    Path unknown = new TinyBert("BertForSequenceClassification").set("problem_type", "\"ranking\"").write(folder.resolve("unknown"));
    assertThatThrownBy(() -> Engine.openClassifier(unknown, "tiny", Optional.empty(), options())).isInstanceOf(ModelException.class)
        .hasMessageContaining("problem_type is \"ranking\"; supported is regression, single_label_classification, multi_label_classification");
  }

  @Test
  void textsThatAreTooLongAreErrorsOrCut() {
    Path model = new TinyBert("BertForSequenceClassification").write(folder);
    String text = "music ".repeat(80), cut = "music ".repeat(TinyBert.POSITIONS - 2);
    try (Classifier classifier = Engine.openClassifier(model, "tiny", Optional.empty(), options())) {
      assertThat(classifier.classify(List.of(TextPair.of(text)), Truncation.NONE).getFirst()).isEqualTo(new Reading.Failed<List<Label>>(
          ErrorCode.PROMPT_TOO_LONG, "the text has 82 tokens, the model reads 64 at most; shorten it, or set a truncation"));
      for (Truncation truncation : List.of(Truncation.HEAD, Truncation.MIDDLE, Truncation.TAIL)) {
        assertThat(classifier.classify(List.of(TextPair.of(text)), truncation).getFirst().value())
            .isEqualTo(classifier.classify(List.of(TextPair.of(cut)), Truncation.NONE).getFirst().value());
      }
    }
  }

  @Test
  void masksAreFilled() {
    Path model = new TinyBert("BertForMaskedLM").write(folder);
    Tokenizer tokenizer = Tokenizers.folder(model);
    Encoding encoding = tokenizer.encodeInput(SourcedText.trusted("the [MASK] reads files."));
    int vocabulary = tokenizer.vocabularySize();
    float[] logits = Arrays.copyOfRange(replay(model, encoding).values(), 2 * vocabulary, 3 * vocabulary);
    double sum = IntStream.range(0, vocabulary).mapToDouble(i -> Math.exp(logits[i])).sum();
    List<Integer> best = IntStream.range(0, vocabulary).boxed().sorted((a, b) -> Float.compare(logits[b], logits[a])).limit(4).toList();
    try (MaskFiller filler = Engine.openMaskFiller(model, "tiny", Optional.empty(), options())) {
      assertThat(filler.mask()).isEqualTo("[MASK]");
      var found = filler.fill(List.of("the [MASK] reads files.", "no mask", "[MASK] and [MASK]"), 4);
      List<Guess> guesses = found.getFirst().value().getFirst();
      assertThat(guesses.stream().map(Guess::token)).isEqualTo(best);
      for (Guess guess : guesses) {
        assertThat(guess.text()).isEqualTo(tokenizer.token(guess.token()));
        assertThat(guess.score()).isCloseTo((float) (Math.exp(logits[guess.token()]) / sum), within(1e-6f));
        assertThat(guess.sequence()).startsWith("the").endsWith("reads files.").doesNotContain("[SEP]");
      }
      assertThat(found.get(1)).isEqualTo(new Reading.Failed<List<List<Guess>>>(ErrorCode.INVALID_PARAMETER, "the text holds no mask, [MASK]"));
      assertThat(found.get(2).value()).hasSize(2).allSatisfy(each -> assertThat(each).hasSize(4)
          .allSatisfy(guess -> assertThat(guess.sequence()).contains("[MASK]").startsWith("[CLS]")));
    }
  }

  @Test
  void modelsAreRefusedWhereTheyAreOfNoUse() {
    Path model = new TinyBert("BertModel").write(folder.resolve("bert"));
    Path decoder = new TinyFolder().write(folder.resolve("llama"));
    assertThatThrownBy(() -> Engine.open(model, "tiny", Optional.empty(), options())).isInstanceOf(ModelException.class)
        .hasMessage(model + ": expected a model that generates text, found an encoder (bert); it embeds, classifies or marks answers");
    assertThatThrownBy(() -> embedder(decoder)).isInstanceOf(ModelException.class)
        .hasMessage(decoder + ": expected an encoder, found a model that generates text (llama)");
    assertThatThrownBy(() -> Engine.openSpanReader(model, "tiny", Optional.empty(), options())).isInstanceOf(ModelException.class)
        .hasMessage(model + ": expected a model that marks answers, found one with the head pooled; choose another model");
    Path dense = new TinyBert("BertModel").file("modules.json", MODULES.formatted(NORMALIZE.replace("Normalize\"}", "Dense\"}")))
        .file("1_Pooling/config.json", "{}").write(folder.resolve("dense"));
    assertThatThrownBy(() -> embedder(dense)).isInstanceOf(ModelException.class)
        .hasMessageContaining("[2].type is \"sentence_transformers.models.Dense\"; supported is Transformer, Pooling, Normalize");
  }

  @Test
  void descriptionsSayWhatModelsGive() {
    Path vectors = new TinyBert("BertModel").file("modules.json", MODULES.formatted(NORMALIZE)).file("1_Pooling/config.json",
        "{\"pooling_mode_cls_token\": true}").file("sentence_bert_config.json", "{\"max_seq_length\": 8}").write(folder.resolve("vectors"));
    assertThat(Engine.describeReader(vectors)).isEqualTo(new ReaderDescription(Gives.VECTORS, List.of(), List.of("cls", "mean"), "unit", 8));
    Path labels = new TinyBert("BertForSequenceClassification").write(folder.resolve("labels"));
    assertThat(Engine.describeReader(labels)).isEqualTo(
        new ReaderDescription(Gives.LABELS, List.of("good", "bad", "neither"), List.of("mean"), "none", TinyBert.POSITIONS));
    assertThat(Engine.describeReader(new TinyBert("BertForQuestionAnswering").write(folder.resolve("answers"))).gives()).isEqualTo(Gives.ANSWERS);
    assertThat(Engine.describe(labels, "tiny")).extracting(ModelDescription::gives, ModelDescription::labels)
        .containsExactly(Gives.LABELS, List.of("good", "bad", "neither"));
    assertThat(Engine.describe(vectors, "tiny")).extracting(ModelDescription::gives, ModelDescription::labels)
        .containsExactly(Gives.VECTORS, List.of());
    assertThat(Engine.describeReader(new TinyBert("BertForMaskedLM").write(folder.resolve("words"))).gives()).isEqualTo(Gives.MASKED_WORDS);
  }

  @Test
  void filesThatChangeVectorsChangeTheFingerprint() {
    Path plain = new TinyBert("BertModel").write(folder.resolve("plain"));
    var tiny = new TinyBert("BertModel").file("modules.json", MODULES.formatted(""));
    Path mean = tiny.file("1_Pooling/config.json", "{}").write(folder.resolve("mean"));
    Path cls = tiny.file("1_Pooling/config.json", "{\"pooling_mode\": \"cls\"}").write(folder.resolve("cls"));
    assertThat(List.of(plain, mean, cls).stream().map(path -> Engine.describe(path, "tiny").fingerprint()).distinct()).hasSize(3);
  }
}
