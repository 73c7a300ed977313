package org.scriptorium.spark;

import java.util.List;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.Request;
import org.scriptorium.engine.api.SourcedText;

/** Sends the row's prompt: a text, or the values of a template; through the model's chat template, or as it stands. */
final class PromptTask implements AiTask {

  @Override
  public Rows prepare(CallPlan call) {
    var template = PromptTemplate.parse(call.specification().template());
    boolean isRaw = call.specification().markup() == CallSpecification.Markup.RAW;
    return row -> {
      List<String> texts = row.texts("prompt");
      SourcedText text;
      if (call.specification().template().isEmpty()) {
        text = isRaw ? SourcedText.trusted(texts.getFirst()) : SourcedText.row(texts.getFirst());
      } else if (template.places() > texts.size()) {
        return RowRequests.failed(call, ErrorCode.INVALID_PARAMETER,
            "prompt_template holds {{%d}}, but the row has %d values".formatted(template.places() - 1, texts.size()));
      } else {
        text = template.fill(texts);
      }
      return new Step.Ask(new Request(isRaw ? new Prompt.Raw(text) : Prompt.user(text), call.specification().config()));
    };
  }
}
