package org.scriptorium.spark;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.ModelDescription.Kind;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.RequestKey;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.SpanConfig;
import org.scriptorium.engine.api.SpanConfig.NoAnswer;
import org.scriptorium.engine.api.SpanReader;
import org.scriptorium.engine.api.SpanReader.Span;

/** Answers a question from a text: by an instruction, where a model that says so has found no answer, or by a model that marks answers. */
final class AnswerTask implements AiTask {
  private static final String INSTRUCTION = "Answer the question from the text that follows it, in a few words."
      + " If the answer is not in the text, say: no answer";
  private static final SpanConfig MARKING = SpanConfig.DEFAULT.withNoAnswer(NoAnswer.POSSIBLE);
  private static final Pattern NO_ANSWER = Pattern.compile("[\\s\"'*]*no[ _-]answer[\\s\"'*.!]*", Pattern.CASE_INSENSITIVE);

  @Override
  public Set<Kind> kinds() {
    return Set.of(Kind.values());
  }

  @Override
  public OpenModel.Use use() {
    return OpenModel.Use.ANSWER;
  }

  @Override
  public Rows prepare(CallPlan call) {
    if (call.model().kind() == Kind.ENCODER) return row -> marked(row.text("question"), row.text("context"), call.model());
    return row -> new Step.Ask(new Request(prompt(row.text("question"), row.text("context")), call.specification().config()),
        AnswerTask::read);
  }

  /** Models that mark answers need no instruction: the answer is a part of the context, or there is none. */
  private static Step marked(String question, String context, ModelReference model) {
    var asked = List.of(new SpanReader.Question(question, context));
    String key = RequestKey.ofReading(model.fingerprint(), "answer", List.of(question, context), List.of(MARKING.toString()));
    return new Step.Read(key, (reader, listener) -> ((SpanReader) reader).submit(asked, MARKING,
        Readings.answering(model.name(), listener, (found, tokens) -> answer(found.getFirst(), tokens, model.name(), key))));
  }

  private static Answer answer(List<Span> spans, int tokens, String model, String key) {
    String text = spans.isEmpty() ? "" : spans.getFirst().text();
    return Answer.of(Readings.completion(text, text.isEmpty() ? FinishReason.NO_ANSWER : FinishReason.STOP, tokens, model, key));
  }

  private static Prompt prompt(String question, String context) {
    return Prompt.user(new SourcedText.Builder().trusted(INSTRUCTION).trusted("\n\nQuestion: ").row(question).trusted("\n\nText: ")
        .row(context).build());
  }

  private static Answer read(Completion completion) {
    if (!NO_ANSWER.matcher(completion.text()).matches()) return Answer.of(completion);
    return Answer.of(completion.withText("", FinishReason.NO_ANSWER));
  }
}
