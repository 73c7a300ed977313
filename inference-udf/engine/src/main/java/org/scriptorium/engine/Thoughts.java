package org.scriptorium.engine;

import java.util.Optional;
import org.scriptorium.engine.api.RenderedPrompt;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.ThinkMarkers;
import org.scriptorium.engine.batch.Thinking;
import org.scriptorium.engine.tokenizer.Tokenizer;

/** Whether and where a model thinks before it answers. Immutable. */
final class Thoughts {
  private static final int NONE = -1;

  private final ThinkMarkers markers;
  private final boolean thinks;
  private final int openToken;
  private final int closeToken;

  /** @param markers other than the default hold for any model, the default for models that know them */
  Thoughts(LanguageModel model, ThinkMarkers markers) {
    this.markers = markers;
    thinks = !markers.equals(ThinkMarkers.DEFAULT) || model.knows(markers);
    openToken = hidden(model.tokenizer(), markers.open());
    closeToken = hidden(model.tokenizer(), markers.close());
  }

  /** The id of a marker that is a special token, which decoded text does not show. */
  private static int hidden(Tokenizer tokenizer, String marker) {
    int[] ids = tokenizer.encode(SourcedText.trusted(marker));
    return ids.length == 1 && tokenizer.isSpecial(ids[0]) && tokenizer.token(ids[0]).equals(marker) ? ids[0] : NONE;
  }

  /** How the text that follows a prompt is parted; empty where the model does not think. */
  Optional<Thinking> after(SourcedText prompt) {
    boolean isOpen = isOpen(prompt);
    if (!thinks && !isOpen) return Optional.empty();
    return Optional.of(new Thinking(markers, isOpen ? Thinking.Begin.INSIDE : Thinking.Begin.OUTSIDE, openToken, closeToken));
  }

  /** The prompt without a block that waits for its end, for a text that is to be the answer at once. */
  RenderedPrompt closed(RenderedPrompt prompt) {
    if (!isOpen(prompt.text())) return prompt;
    return new RenderedPrompt(prompt.text().plus(SourcedText.trusted("\n" + markers.close() + "\n\n")), prompt.frame());
  }

  /** True if a prompt ends with the opening marker, as a template writes it; a row's own text opens nothing. */
  private boolean isOpen(SourcedText prompt) {
    int end = prompt.length();
    while (end > 0 && Character.isWhitespace(prompt.text().charAt(end - 1))) end--;
    int start = end - markers.open().length();
    return start >= 0 && prompt.text().startsWith(markers.open(), start) && !prompt.touchesRow(start, prompt.length());
  }
}
