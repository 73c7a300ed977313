package org.scriptorium.pipeline.text;

import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Parts a text on its structure: sections, paragraphs, sentences, and where a sentence is long, lines and words. The parts follow each
 * other without gaps, so that any run of them is a part of the text as it stands.
 *
 * <p>Sentences and words end where the JDK's {@link BreakIterator} says, by Unicode's rules, which part Chinese and Japanese too. No
 * language need be known. For one thread.
 */
public final class TextParts {
  /** Longer parts would make pieces of a token budget uneven; most sentences are shorter. */
  static final int LONGEST = 400;

  private final String text;
  private final List<Part> parts = new ArrayList<>();
  private final BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ROOT);
  private final BreakIterator words = BreakIterator.getLineInstance(Locale.ROOT);
  private final BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);

  private TextParts(String text) {
    this.text = text;
  }

  /**
   * Parts as {@code ai_pack} takes them.
   *
   * @param borders a digit for each part, the greater the better a text can be parted behind it
   */
  public record Parted(List<String> parts, String borders) {}

  /** The {@linkplain #of parts} of a text with their borders. */
  public static Parted parted(String text) {
    List<Part> parts = of(text);
    var borders = new StringBuilder();
    for (Part part : parts) borders.append((char) ('0' + part.border().ordinal()));
    return new Parted(parts.stream().map(part -> part.in(text)).toList(), borders.toString());
  }

  /** The parts of a text, in order, each of at most 400 UTF-16 units; none of an empty one. */
  public static List<Part> of(String text) {
    var parts = new TextParts(text);
    for (Block block : Block.of(text)) {
      switch (block.kind()) {
        case HEADING -> parts.cut(block.start(), block.end(), block.border());
        case PARAGRAPH -> parts.addSentences(block);
      }
    }
    return List.copyOf(parts.parts);
  }

  private void addSentences(Block block) {
    String paragraph = text.substring(block.start(), block.end());
    int blanks = paragraph.stripTrailing().length();
    sentences.setText(paragraph);
    int from = sentences.first();
    for (int to = sentences.next(); to != BreakIterator.DONE; to = sentences.next()) {
      // An end of blanks alone belongs to the sentence before it.
      if (to < paragraph.length() && to >= blanks) continue;
      cut(block.start() + from, block.start() + to, to == paragraph.length() ? block.border() : Border.SENTENCE);
      from = to;
    }
  }

  /** Adds [start, end), in several parts where it is too long for one. */
  private void cut(int start, int end, Border border) {
    int from = start;
    while (end - from > LONGEST) {
      int line = from + text.substring(from, from + LONGEST).lastIndexOf('\n') + 1;
      int to = line > from ? line : from + wordsEnd(text.substring(from, Math.min(end, from + LONGEST + 1)));
      parts.add(new Part(from, to, line > from ? Border.LINE : Border.WORD));
      from = to;
    }
    if (from < end) parts.add(new Part(from, end, border));
  }

  /** Where the last whole word of a window ends that is one unit longer than a part may be; else the last whole character. */
  private int wordsEnd(String window) {
    words.setText(window);
    int word = words.preceding(window.length());
    if (word > 0) return word;
    characters.setText(window);
    int character = characters.preceding(window.length());
    if (character > 0) return character;
    // Marks without end upon one character.
    return Character.isHighSurrogate(window.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
  }
}
