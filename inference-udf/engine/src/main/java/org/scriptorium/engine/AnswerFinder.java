package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Reading;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.SpanConfig;
import org.scriptorium.engine.api.SpanReader;
import org.scriptorium.engine.tokenizer.Encoding;

/** Answers as Hugging Face's question answering finds them: in windows over the context, aligned to words. */
final class AnswerFinder extends ModelReader implements SpanReader {
  private static final int USUAL_STRIDE = 128;

  AnswerFinder(EncoderModel model) {
    super(model);
  }

  @Override
  public List<Reading<List<Span>>> answer(List<Question> questions, SpanConfig config) {
    return model.read(questions, question -> plan(question, config));
  }

  @Override
  public Ticket submit(List<Question> questions, SpanConfig config, Consumer<List<Reading<List<Span>>>> listener) {
    return model.submit(questions, question -> plan(question, config), listener);
  }

  private EncoderModel.Plan<List<Span>> plan(Question question, SpanConfig config) {
    WellFormed.require(question.question());
    WellFormed.require(question.context());
    Encoding pair = model.tokenizer().encodePair(SourcedText.row(question.question()), SourcedText.row(question.context()));
    List<InputCut.Run> runs = InputCut.runs(pair);
    if (model.countTokens(question.question()) == 0) throw new ModelException(ErrorCode.INVALID_PARAMETER, "the question is empty");
    boolean isEmpty = runs.size() < 2;
    List<AnswerWindow> windows = isEmpty ? List.of() : windows(pair, runs.getLast(), config);
    return new EncoderModel.Plan<>(windows.stream().map(AnswerWindow::encoding).toList(), position -> true,
        values -> best(question.context(), windows, values, config));
  }

  /** Parts of the context, each after the whole question. */
  private List<AnswerWindow> windows(Encoding pair, InputCut.Run context, SpanConfig config) {
    int limit = Math.min(config.maxTokens(), model.encoder().contextLength()), others = pair.size() - context.size();
    if (pair.size() <= limit) return List.of(new AnswerWindow(pair, context.from(), context.to()));
    int room = limit - others, stride = config.docStride().orElse(Math.min(USUAL_STRIDE, limit / 2));
    if (room <= stride) throw new ModelException(ErrorCode.PROMPT_TOO_LONG,
        "the question leaves %d of %d tokens to the context, whose parts overlap by %d; shorten it, or lower doc_stride"
            .formatted(Math.max(room, 0), limit, stride));
    var windows = new ArrayList<AnswerWindow>();
    for (int from = context.from();; from += room - stride) {
      int to = Math.min(from + room, context.to()), start = from;
      int[] places = IntStream.concat(IntStream.range(0, context.from()),
          IntStream.concat(IntStream.range(start, to), IntStream.range(context.to(), pair.size()))).toArray();
      windows.add(new AnswerWindow(InputCut.pick(pair, places), context.from(), context.from() + to - start));
      if (to == context.to()) return windows;
    }
  }

  private static List<Span> best(String context, List<AnswerWindow> windows, List<float[]> values, SpanConfig config) {
    // Spellings that become one word are one answer, so that more are looked at than are wanted.
    int candidates = 2 * config.topK() + 10;
    var answers = new ArrayList<Candidate>();
    double none = windows.isEmpty() ? 1 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < windows.size(); i++) {
      var window = windows.get(i).scored(values.get(i));
      none = Math.min(none, window.none());
      for (AnswerWindow.Place place : window.best(candidates, config.maxAnswerTokens())) merge(answers, context, place);
    }
    if (config.noAnswer() == SpanConfig.NoAnswer.POSSIBLE) answers.add(new Candidate("", 0, 0, none));
    return answers.stream().sorted(Comparator.comparingDouble((Candidate answer) -> -answer.score)).limit(config.topK())
        .map(answer -> new Span(answer.text, answer.start, answer.end, (float) answer.score)).toList();
  }

  /** An answer whose score may still grow. */
  private record Candidate(String text, int start, int end, double score) {}

  private static void merge(List<Candidate> answers, String context, AnswerWindow.Place place) {
    String text = context.substring(place.start(), place.end());
    for (int i = 0; i < answers.size(); i++) {
      Candidate known = answers.get(i);
      if (!known.text.equalsIgnoreCase(text)) continue;
      answers.set(i, new Candidate(known.text, known.start, known.end, known.score + place.score()));
      return;
    }
    answers.add(new Candidate(text, place.start(), place.end(), place.score()));
  }
}
