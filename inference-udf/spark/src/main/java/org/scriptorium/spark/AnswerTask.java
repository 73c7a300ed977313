package org.scriptorium.spark;

import java.util.regex.Pattern;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Answers a question from a text; a model that says so has found no answer there. */
final class AnswerTask implements AiTask {
  private static final String INSTRUCTION = "Answer the question from the text that follows it, in a few words."
      + " If the answer is not in the text, say: no answer";
  private static final Pattern NO_ANSWER = Pattern.compile("[\\s\"'*]*no[ _-]answer[\\s\"'*.!]*", Pattern.CASE_INSENSITIVE);

  @Override
  public Rows prepare(CallPlan call) {
    return row -> new Step.Ask(new Request(prompt(row.text("question"), row.text("context")), call.specification().config()),
        AnswerTask::read);
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
