package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.Message;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.Prompt;
import org.scriptorium.engine.api.RenderedPrompt;
import org.scriptorium.engine.api.SourcedText;
import org.scriptorium.engine.api.Truncation;
import org.scriptorium.engine.tokenizer.Tokenizer;

/**
 * Cuts what a row brought until its prompt fits; never the instruction. The longest of the row's texts is cut first, at borders of
 * tokens and of characters, and is measured again after rendering, since neighbours may merge.
 */
final class PromptFitter {
  /** What stands where a middle was cut out. */
  private static final String GAP = "\n…\n";

  private final Tokenizer tokenizer;
  private final Function<Prompt, RenderedPrompt> render;

  PromptFitter(Tokenizer tokenizer, Function<Prompt, RenderedPrompt> render) {
    this.tokenizer = tokenizer;
    this.render = render;
  }

  /** A rendered prompt and its ids. */
  record Fitted(RenderedPrompt prompt, int[] ids) {
    SourcedText rendered() {
      return prompt.text();
    }
  }

  /**
   * @param limit most tokens of the prompt
   * @throws ModelException PROMPT_TOO_LONG if it can't be made to fit
   */
  Fitted fit(Prompt prompt, int limit, Truncation truncation) {
    Fitted fitted = measure(prompt);
    if (fitted.ids().length <= limit) return fitted;
    int found = fitted.ids().length;
    if (truncation == Truncation.NONE) throw tooLong(found, limit, "shorten it, or set truncation to head, middle or tail");
    List<SourcedText> parts = contents(prompt);
    while (true) {
      Cut cut = longest(parts);
      if (cut == null) throw tooLong(found, limit, "the instruction alone is too long, and it is never cut");
      int[] ids = tokenizer.encode(cut.row()), ends = tokenizer.ends(cut.row(), ids);
      int keep = ids.length - (fitted.ids().length - limit);
      for (int attempt = 0; attempt < 8 && keep > 0; attempt++) {
        var shorter = new ArrayList<>(parts);
        shorter.set(cut.part(), cut.replace(parts.get(cut.part()), shorten(cut.row().text(), ends, keep, truncation)));
        fitted = measure(with(prompt, shorter));
        if (fitted.ids().length <= limit) return fitted;
        keep -= Math.max(1, fitted.ids().length - limit);
      }
      parts.set(cut.part(), cut.replace(parts.get(cut.part()), ""));
      fitted = measure(with(prompt, parts));
      if (fitted.ids().length <= limit) return fitted;
    }
  }

  private Fitted measure(Prompt prompt) {
    RenderedPrompt rendered = render.apply(prompt);
    return new Fitted(rendered, switch (rendered.frame()) {
      case NONE -> tokenizer.encode(rendered.text());
      case TOKENIZER -> tokenizer.inputIds(rendered.text());
    });
  }

  private static ModelException tooLong(int found, int limit, String remedy) {
    return new ModelException(ErrorCode.PROMPT_TOO_LONG, "the prompt has %d tokens, the context has room for %d; %s".formatted(found, limit, remedy));
  }

  /** The text without what lies beyond {@code keep} tokens; {@code ends} are the tokens' ends in it. */
  static String shorten(String text, int[] ends, int keep, Truncation truncation) {
    int count = ends.length;
    return switch (truncation) {
      case NONE -> text;
      case TAIL -> text.substring(0, ends[keep - 1]);
      case HEAD -> text.substring(ends[count - keep - 1]);
      case MIDDLE -> {
        int first = (keep + 1) / 2, last = keep - first;
        yield text.substring(0, ends[first - 1]) + GAP + (last == 0 ? "" : text.substring(ends[count - last - 1]));
      }
    };
  }

  private static List<SourcedText> contents(Prompt prompt) {
    return switch (prompt) {
      case Prompt.Chat chat -> new ArrayList<>(chat.messages().stream().map(Message::content).toList());
      case Prompt.Raw raw -> new ArrayList<>(List.of(raw.text()));
    };
  }

  private static Prompt with(Prompt prompt, List<SourcedText> contents) {
    return switch (prompt) {
      case Prompt.Raw raw -> new Prompt.Raw(contents.getFirst());
      case Prompt.Chat chat -> {
        var messages = new ArrayList<Message>();
        for (int i = 0; i < contents.size(); i++) messages.add(new Message(chat.messages().get(i).role(), contents.get(i)));
        yield new Prompt.Chat(messages);
      }
    };
  }

  /** The longest text that the row brought, of all parts; null if there is none. */
  private static Cut longest(List<SourcedText> parts) {
    Cut best = null;
    for (int part = 0; part < parts.size(); part++) {
      int[] bounds = parts.get(part).rowBounds();
      for (int i = 0; i < bounds.length; i += 2) {
        if (best == null || bounds[i + 1] - bounds[i] > best.row().length()) {
          best = new Cut(part, bounds[i], parts.get(part).substring(bounds[i], bounds[i + 1]));
        }
      }
    }
    return best;
  }

  /** One of the row's texts and where it stands. */
  private record Cut(int part, int from, SourcedText row) {
    SourcedText replace(SourcedText whole, String shorter) {
      return new SourcedText.Builder().append(whole, 0, from).row(shorter).append(whole, from + row.length(), whole.length()).build();
    }
  }
}
