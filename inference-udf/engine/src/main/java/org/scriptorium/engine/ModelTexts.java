package org.scriptorium.engine;

import java.util.Map;
import java.util.Optional;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.RenderedPrompt;
import org.scriptorium.engine.api.RenderedPrompt.Frame;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.template.ChatTemplate;
import org.scriptorium.engine.template.GenerationPrompt;
import org.scriptorium.engine.tokenizer.Tokenizer;

/**
 * How a model's tokens are text.
 *
 * @param tokenizer of the texts that it reads; it turns ids into text on either side
 * @param target of the texts that it writes: another one in some models that translate
 * @param variables of the template besides messages, such as {@code bos_token}
 */
record ModelTexts(Tokenizer tokenizer, Tokenizer target, Optional<ChatTemplate> template, Map<String, Object> variables) {
  ModelTexts {
    variables = Map.copyOf(variables);
  }

  /**
   * The text that the tokenizer gets. A chat template writes the tokens that begin a text itself; any other text gets those that the
   * tokenizer puts around inputs.
   */
  RenderedPrompt render(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Raw raw -> new RenderedPrompt(raw.text(), Frame.TOKENIZER);
      case Prompt.Chat chat -> template
          .map(known -> new RenderedPrompt(known.render(chat.messages(), variables, GenerationPrompt.ADD), Frame.NONE))
          .orElseGet(() -> new RenderedPrompt(joined(chat), Frame.TOKENIZER));
    };
  }

  /** True if the markers are tokens of the model, or its template knows them: then it was trained to think. */
  boolean knows(ThinkMarkers markers) {
    return isToken(markers.open()) && isToken(markers.close()) || template.filter(known -> known.mentions(markers.close())).isPresent();
  }

  private boolean isToken(String marker) {
    int[] ids = tokenizer.encode(SourcedText.trusted(marker));
    return ids.length == 1 && tokenizer.token(ids[0]).equals(marker);
  }

  /**
   * Parses a template.
   *
   * @param place where it stands, for messages
   */
  static ChatTemplate template(String place, String source) {
    try {
      return ChatTemplate.parse(source);
    } catch (ModelException e) {
      throw new ModelException(e.code(), "%s: %s".formatted(place, e.getMessage()), e);
    }
  }

  private static SourcedText joined(Prompt.Chat chat) {
    var text = new SourcedText.Builder();
    for (Message message : chat.messages()) {
      if (text.length() > 0) text.trusted("\n\n");
      text.append(message.content());
    }
    return text.build();
  }
}
