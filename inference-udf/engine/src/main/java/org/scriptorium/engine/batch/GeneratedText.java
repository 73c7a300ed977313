package org.scriptorium.engine.batch;

import java.util.List;
import java.util.Optional;
import org.scriptorium.engine.sampler.StopStrings;
import org.scriptorium.engine.tokenizer.Detokenizer;

/** One text as it grows: characters of its tokens, up to a stop string, parted into reasoning and answer. The scheduler's own. */
final class GeneratedText implements ThinkFilter.Sink {
  private final Detokenizer detokenizer;
  private final StopStrings.Matcher stops;
  private final Optional<Thinking> thinking;
  private final ThinkFilter filter;
  private final ThinkFilter.Sink listener;
  private final StringBuilder answer = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();
  private int reasoningTokens;
  /** Tokens since the text that may begin a marker. */
  private int heldTokens;

  /** @param listener hears of both parts */
  GeneratedText(Detokenizer detokenizer, List<String> stopStrings, Optional<Thinking> thinking, ThinkFilter.Sink listener) {
    this.detokenizer = detokenizer;
    this.thinking = thinking;
    this.listener = listener;
    stops = new StopStrings(stopStrings).matcher();
    filter = thinking.map(how -> new ThinkFilter(how.markers(), how.begin(), this)).orElse(null);
  }

  /** Takes the next token. */
  void append(int token) {
    String piece = detokenizer.append(token);
    if (thinking.isEmpty()) {
      answer(stops.append(piece));
      return;
    }
    boolean wasInside = filter.isInside();
    filter.append(stops.append(piece + marker(thinking.get(), token)));
    if (wasInside || filter.isInside()) {
      reasoningTokens += 1 + heldTokens;
      heldTokens = 0;
    } else {
      heldTokens = filter.isHolding() ? heldTokens + 1 : 0;
    }
  }

  private static String marker(Thinking thinking, int token) {
    if (token == thinking.openToken()) return thinking.markers().open();
    return token == thinking.closeToken() ? thinking.markers().close() : "";
  }

  boolean stopped() {
    return stops.stopped();
  }

  /** Ends the text, unless a stop string did. */
  void finish() {
    String rest = "";
    if (!stops.stopped()) {
      rest = stops.append(detokenizer.finish());
      if (!stops.stopped()) rest += stops.finish();
    }
    if (thinking.isEmpty()) {
      answer(rest);
      return;
    }
    filter.append(rest);
    filter.finish();
  }

  @Override
  public void answer(String piece) {
    if (piece.isEmpty()) return;
    answer.append(piece);
    listener.answer(piece);
  }

  @Override
  public void reasoning(String piece) {
    reasoning.append(piece);
    listener.reasoning(piece);
  }

  String answer() {
    return answer.toString();
  }

  String reasoning() {
    return reasoning.toString();
  }

  /** Tokens of the blocks, with those of their markers. */
  int reasoningTokens() {
    return reasoningTokens;
  }
}
