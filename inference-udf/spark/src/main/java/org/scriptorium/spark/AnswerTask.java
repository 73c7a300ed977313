package org.scriptorium.spark;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Gives;
import org.scriptorium.engine.api.ModelDescription;
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
  /** Characters of the context, from the first one on, the last one excluded; and how probable the answer is. */
  private static final StructType SPAN = new StructType().add("start", DataTypes.IntegerType, false).add("end", DataTypes.IntegerType, false)
      .add("score", DataTypes.FloatType, false);
  private static final SpanConfig MARKING = SpanConfig.DEFAULT.withNoAnswer(NoAnswer.POSSIBLE);
  private static final Pattern NO_ANSWER = Pattern.compile("[\\s\"'*]*no[ _-]answer[\\s\"'*.!]*", Pattern.CASE_INSENSITIVE);

  /** Where the answer stands in the context; NULL where it was generated, or there is none. */
  @Override
  public Optional<Value> value(Constants constants) {
    return Optional.of(new Value("span", SPAN));
  }

  /** The answer itself: where it stands is the twin's to tell. */
  @Override
  public DataType type(Constants constants) {
    return DataTypes.StringType;
  }

  @Override
  public Expression expression(Attribute result, Constants constants) {
    return ResultStruct.text(result);
  }

  @Override
  public boolean isFor(ModelDescription model) {
    return model.kind() != Kind.ENCODER || model.gives() == Gives.ANSWERS;
  }

  @Override
  public String needs() {
    return "a model that generates texts or marks answers";
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
        Readings.answering(model.name(), listener, (found, tokens) -> answer(context, found.getFirst().getFirst(), tokens, model.name(), key))));
  }

  private static Answer answer(String context, Span span, int tokens, String model, String key) {
    if (span.text().isEmpty()) return Answer.of(Readings.completion("", FinishReason.NO_ANSWER, tokens, model, key));
    int start = context.codePointCount(0, span.start()), end = start + span.text().codePointCount(0, span.text().length());
    return new Answer(Readings.completion(span.text(), FinishReason.STOP, tokens, model, key),
        new GenericInternalRow(new Object[] {start, end, span.score()}));
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
