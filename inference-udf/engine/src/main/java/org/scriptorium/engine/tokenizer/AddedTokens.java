package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.scriptorium.engine.api.SourcedText;

/**
 * Tokens that are found in the text before it is split into words: markup in trusted parts, blanks anywhere. The leftmost
 * match wins, of several there the longest. Immutable.
 */
final class AddedTokens {
  /** Ascending first characters, and the tokens of each, the longest first. */
  private final char[] firsts;
  private final Token[][] tokens;
  private final boolean anywhere;

  /** @param anywhere found in the text of a row too, as it can't be mistaken for markup */
  record Token(String text, int id, boolean anywhere) {}

  AddedTokens(List<Token> all) {
    var sorted = new ArrayList<>(all);
    sorted.sort(Comparator.comparing((Token token) -> token.text().charAt(0)).thenComparing(token -> -token.text().length()));
    var starts = new StringBuilder();
    var groups = new ArrayList<List<Token>>();
    for (Token token : sorted) {
      char first = token.text().charAt(0);
      if (starts.isEmpty() || starts.charAt(starts.length() - 1) != first) {
        starts.append(first);
        groups.add(new ArrayList<>());
      }
      groups.getLast().add(token);
    }
    firsts = starts.toString().toCharArray();
    tokens = groups.stream().map(group -> group.toArray(Token[]::new)).toArray(Token[][]::new);
    anywhere = all.stream().anyMatch(Token::anywhere);
  }

  /** Walks over one text from its start. */
  Finder in(SourcedText text) {
    return new Finder(text);
  }

  final class Finder {
    private final String text;
    private final int[] bounds;
    /** Index into {@link #bounds} of the first part that ends after the place of search. */
    private int part;
    private Token found;
    private int start;

    private Finder(SourcedText source) {
      text = source.text();
      bounds = source.rowBounds();
    }

    /** Finds the next token at or after {@code from}, which never goes back; false if there is none. */
    boolean next(int from) {
      for (int i = from; i < text.length(); i++) {
        while (part < bounds.length && bounds[part + 1] <= i) part += 2;
        if (!anywhere && part < bounds.length && bounds[part] <= i) {
          i = bounds[part + 1] - 1;
          continue;
        }
        int group = Arrays.binarySearch(firsts, text.charAt(i));
        if (group >= 0 && matches(tokens[group], i)) return true;
      }
      return false;
    }

    Token token() {
      return found;
    }

    int start() {
      return start;
    }

    int end() {
      return start + found.text().length();
    }

    private boolean matches(Token[] candidates, int position) {
      for (Token token : candidates) {
        if (!text.startsWith(token.text(), position)) continue;
        boolean inRow = part < bounds.length && bounds[part] < position + token.text().length();
        if (inRow && !token.anywhere()) continue;
        found = token;
        start = position;
        return true;
      }
      return false;
    }
  }
}
