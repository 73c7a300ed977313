package org.scriptorium.engine.batch;

import java.util.List;

/**
 * Where a text ends.
 *
 * @param room tokens that may follow the prompt: those asked for, or what the context leaves
 * @param endTokens each of them ends the text; few
 * @param stopStrings the text ends before the first of these
 */
public record Ending(int room, int[] endTokens, List<String> stopStrings) {
  public Ending {
    stopStrings = List.copyOf(stopStrings);
  }

  boolean isEnd(int token) {
    for (int end : endTokens) if (end == token) return true;
    return false;
  }
}
