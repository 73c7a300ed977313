package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.List;
import org.scriptorium.engine.api.SourcedText;

/**
 * Tokens that are found in the text before it is split into words: markup in trusted parts, blanks anywhere. The leftmost
 * match wins, of several there the longest. Immutable.
 */
final class AddedTokens {
  /** By first byte, the tokens that begin with it, the longest first. */
  private final Entry[][] byFirst = new Entry[256][];
  private final boolean empty;
  private final boolean anywhere;

  private record Entry(Token token, byte[] bytes) {}

  /**
   * @param text what is found; not empty
   * @param anywhere found in the text of a row too, as it can't be mistaken for markup
   * @param word found only where it is no part of a longer word
   * @param left takes the white space before it in
   * @param right takes the white space after it in
   */
  record Token(String text, int id, boolean anywhere, boolean word, boolean left, boolean right) {

    /** A token that is found wherever it stands. */
    Token(String text, int id, boolean anywhere) {
      this(text, id, anywhere, false, false, false);
    }
  }

  AddedTokens(List<Token> all) {
    for (Token token : all) {
      var entry = new Entry(token, Utf8.encode(token.text(), 0, token.text().length()));
      int first = entry.bytes[0] & 0xFF;
      var group = new ArrayList<Entry>(byFirst[first] == null ? List.of() : List.of(byFirst[first]));
      group.add(entry);
      group.sort((one, other) -> other.bytes.length - one.bytes.length);
      byFirst[first] = group.toArray(Entry[]::new);
    }
    empty = all.isEmpty();
    anywhere = all.stream().anyMatch(Token::anywhere);
  }

  boolean isEmpty() {
    return empty;
  }

  /** True if some are found outside of rows only. */
  boolean hasMarkup() {
    for (Entry[] group : byFirst) if (group != null) for (Entry entry : group) if (!entry.token.anywhere()) return true;
    return false;
  }

  /**
   * Walks over one text from its start.
   *
   * @param source what the text comes from; where parts of it are a row's, the text must be tracked or be the source itself
   */
  Finder in(AlignedText text, SourcedText source) {
    return new Finder(text, source);
  }

  final class Finder {
    private final AlignedText text;
    private final byte[] bytes;
    private final SourcedText source;
    private final boolean hasRows;
    private final boolean wholeRow;
    private Token found;
    /** Where the match itself ends; the search goes on there. */
    private int resume;
    private int start;
    private int end;
    /** A place in bytes and the same place in UTF-16 units, for texts that are not tracked. */
    private int place;
    private int units;

    private Finder(AlignedText text, SourcedText source) {
      this.text = text;
      this.source = source;
      bytes = text.bytes();
      int[] bounds = source.rowBounds();
      hasRows = bounds.length > 0;
      wholeRow = bounds.length == 2 && bounds[0] == 0 && bounds[1] == source.length();
    }

    /** Finds the next token; false if there is none. */
    boolean next() {
      if (empty || wholeRow && !anywhere) return false;
      int taken = end;
      for (int i = resume; i < text.size(); i++) {
        Entry[] group = byFirst[bytes[i] & 0xFF];
        if (group == null) continue;
        Entry match = match(group, i);
        if (match == null) continue;
        resume = i + match.bytes.length;
        if (match.token.word() && !standsAlone(i, resume)) {
          i = resume - 1;
          continue;
        }
        found = match.token;
        start = found.left() ? Math.max(blanksBefore(i), taken) : i;
        end = found.right() ? CodePoints.run(bytes, resume, text.size(), CodePoints.SPACE) : resume;
        return true;
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
      return end;
    }

    private Entry match(Entry[] candidates, int position) {
      for (Entry entry : candidates) {
        int to = position + entry.bytes.length;
        if (to > text.size() || !matches(entry.bytes, position)) continue;
        if (hasRows && !entry.token.anywhere() && touchesRow(position, to, entry.token)) continue;
        return entry;
      }
      return null;
    }

    private boolean matches(byte[] sought, int position) {
      for (int i = 1; i < sought.length; i++) if (bytes[position + i] != sought[i]) return false;
      return true;
    }

    private boolean touchesRow(int from, int to, Token token) {
      if (wholeRow) return true;
      if (text.isTracked()) return source.touchesRow(text.starts()[from], text.ends()[to - 1]);
      for (; place < from; place++) if ((bytes[place] & 0xC0) != 0x80) units += (bytes[place] & 0xF8) == 0xF0 ? 2 : 1;
      return source.touchesRow(units, units + token.text().length());
    }

    private boolean standsAlone(int from, int to) {
      return (from == 0 || !WordSplits.isWord(CodePoints.at(bytes, CodePoints.before(bytes, from))))
          && (to == text.size() || !WordSplits.isWord(CodePoints.at(bytes, to)));
    }

    private int blanksBefore(int position) {
      int first = position;
      while (first > 0 && (CodePoints.kindAt(bytes, CodePoints.before(bytes, first)) & CodePoints.SPACE) != 0) {
        first = CodePoints.before(bytes, first);
      }
      return first;
    }
  }
}
