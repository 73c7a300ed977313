package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.Completion;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.FinishReason;
import org.scriptorium.engine.api.Generator;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.sampler.Choices;
import org.scriptorium.engine.tokenizer.Detokenizer;
import org.scriptorium.engine.tokenizer.Tokenizer;

/**
 * The choices of a request in a model's tokens, and back: a tokenizer may change a text (blanks, case, characters that it lacks), so the
 * choice is told by what its tokens decode to. Immutable.
 */
final class ChoiceTexts {
  private final List<String> texts;
  private final Choices choices;
  private final Map<String, String> byDecoded = new HashMap<>();

  /**
   * @param tokenizer of texts that the model writes
   * @param vocabulary how many tokens it may write
   * @throws ModelException INVALID_PARAMETER if the model can't tell the choices apart
   */
  ChoiceTexts(List<String> texts, Tokenizer tokenizer, int[] endTokens, int vocabulary) {
    this.texts = List.copyOf(texts);
    if (endTokens.length == 0)
      throw new ModelException(ErrorCode.INVALID_PARAMETER, "choices: expected a model with a token that ends its texts, found none");
    var tokens = new ArrayList<int[]>();
    for (String text : texts) {
      // Nothing in a choice is markup: what a model writes as text is compared with it.
      int[] ids = tokenizer.encode(SourcedText.row(text));
      KnownTokens.require(ids, vocabulary, "choices: '%s'".formatted(text));
      String other = byDecoded.put(decoded(tokenizer.detokenizer(), ids), text);
      if (ids.length == 0 || other != null) {
        throw new ModelException(ErrorCode.INVALID_PARAMETER, ids.length == 0 ? "choices: '%s' has no tokens in this model".formatted(text)
            : "choices: '%s' and '%s' are the same to this model".formatted(other, text));
      }
      tokens.add(ids);
    }
    choices = new Choices(tokens, endTokens);
  }

  private static String decoded(Detokenizer detokenizer, int[] ids) {
    var text = new StringBuilder();
    for (int id : ids) text.append(detokenizer.append(id));
    return text.append(detokenizer.finish()).toString();
  }

  List<String> texts() {
    return texts;
  }

  Choices choices() {
    return choices;
  }

  /** Most tokens of a completion: those of the longest choice and one that ends it. */
  int room() {
    return choices.longest() + 1;
  }

  /** Tells {@code listener} of the choice as the request has it, when it is made. */
  Generator.Listener over(Generator.Listener listener) {
    return completion -> {
      if (completion.finishReason() == FinishReason.ERROR) {
        listener.completed(completion);
        return;
      }
      String text = byDecoded.get(completion.text());
      if (text == null) {
        listener.completed(Completion.failed(ErrorCode.INTERNAL, "the text generated is none of the choices", completion.promptTokens(),
            completion.model(), completion.requestKey()));
        return;
      }
      listener.text(text);
      listener.completed(completion.withText(text, FinishReason.STOP));
    };
  }
}
