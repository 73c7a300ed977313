package org.scriptorium.pipeline.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A heading or a paragraph, with the blank lines behind it.
 *
 * @param start of it in its text, in UTF-16 units
 * @param end likewise, exclusive
 * @param border to the block behind it
 */
record Block(int start, int end, Kind kind, Border border) {

  enum Kind { HEADING, PARAGRAPH }

  private static final int LONGEST_HEADING = 120;
  /** {@code # Markup}, {@code 6.1. Numbers of several levels}, {@code Chapter 6}, and Chinese and Japanese chapters. */
  private static final Pattern HEADING = Pattern.compile("#{1,6}\\s+\\S.*|\\d+(\\.\\d+)+\\.?\\s+\\S.*"
      + "|(?i:chapter|appendix|part|section|kapitel|anhang|teil|abschnitt)\\s+(\\d+|[IVXLA-H]+)\\b.*|第\\s*\\d+\\s*[章節节部].*");
  private static final Pattern UNDERLINE = Pattern.compile("={3,}|-{3,}");
  private static final Pattern SENTENCE_END = Pattern.compile(".*[.!?;,。！？；，]");

  /** The blocks of a text, in order and without gaps. A blank line ends a block, and so does a heading. */
  static List<Block> of(String text) {
    var reader = new Reader(text);
    int from = 0;
    while (from < text.length()) {
      int newLine = text.indexOf('\n', from);
      int to = newLine < 0 ? text.length() : newLine + 1;
      reader.add(from, to);
      from = to;
    }
    reader.end(text.length(), Border.SECTION);
    return List.copyOf(reader.blocks);
  }

  /** Takes lines one after the other. */
  private static final class Reader {
    private final String text;
    private final List<Block> blocks = new ArrayList<>();
    private int start;
    private int lines;
    private Kind kind = Kind.PARAGRAPH;
    private boolean hasEnded;

    Reader(String text) {
      this.text = text;
    }

    void add(int from, int to) {
      String line = text.substring(from, to).strip();
      if (line.isEmpty()) {
        hasEnded = lines > 0;
        return;
      }
      boolean underlines = lines == 1 && !hasEnded && from - start <= LONGEST_HEADING && UNDERLINE.matcher(line).matches();
      if (underlines) {
        raiseLastBorder();
        kind = Kind.HEADING;
        hasEnded = true;
        return;
      }
      boolean isHeading = isHeading(line);
      if (hasEnded || isHeading && lines > 0) end(from, isHeading ? Border.SECTION : Border.PARAGRAPH);
      if (isHeading) {
        kind = Kind.HEADING;
        hasEnded = true;
      }
      lines++;
    }

    /** Only its underline shows that a heading follows. */
    private void raiseLastBorder() {
      if (blocks.isEmpty() || blocks.getLast().kind == Kind.HEADING) return;
      Block last = blocks.removeLast();
      blocks.add(new Block(last.start, last.end, last.kind, Border.SECTION));
    }

    private static boolean isHeading(String line) {
      return line.length() <= LONGEST_HEADING && HEADING.matcher(line).matches()
          && (line.startsWith("#") || !SENTENCE_END.matcher(line).matches());
    }

    /** A heading belongs to what stands under it. */
    void end(int at, Border border) {
      if (at > start) blocks.add(new Block(start, at, kind, kind == Kind.HEADING && at < text.length() ? Border.WORD : border));
      start = at;
      lines = 0;
      kind = Kind.PARAGRAPH;
      hasEnded = false;
    }
  }
}
