package org.scriptorium.pipeline.retrieval;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Under which headings the places of a text stand. A passage alone often does not say what it is about; its document's title and the
 * heading above it do, so they are indexed with it.
 */
final class Outline {
  private static final int LONGEST = 120;
  private static final String NUMBERED = "(\\d+(\\.\\d+)*\\.|[A-Z](\\.\\d+)+\\.|\\d+(\\.\\d+)+) ?\\S.*";
  /** {@code # Markup}, {@code 6.1. Numbers}, {@code B.2. Appendices}, chapters, also in German, Chinese and Japanese. */
  private static final Pattern HEADING = Pattern.compile(
      "#{1,6} \\S.*|" + NUMBERED + "|(?i:chapter|appendix|kapitel|anhang) \\S.*|第 *\\d+ *[章節节部].*");
  private static final Pattern UNDERLINE = Pattern.compile("={3,}|-{3,}");
  private static final Pattern SENTENCE = Pattern.compile(".*[.;,。；，、:：]");

  private record Heading(int start, String text) {}

  private final String title;
  private final List<Heading> headings;

  private Outline(String title, List<Heading> headings) {
    this.title = title;
    this.headings = headings;
  }

  static Outline of(String text) {
    List<Heading> headings = new ArrayList<>();
    String first = "", before = "";
    int beforeStart = 0;
    for (int from = 0, to; from < text.length(); from = to) {
      to = end(text, from);
      String line = plain(text.substring(from, to));
      if (UNDERLINE.matcher(line).matches()) {
        if (!before.isEmpty() && before.length() <= LONGEST) headings.add(new Heading(beforeStart, before));
        continue;
      }
      int whole = wholeEnd(text, from, to);
      String joined = plain(text.substring(from, whole));
      // What a program's comment would be too is a heading only in a line of its own after a blank one.
      boolean isMarked = line.startsWith("#") && before.isEmpty() && whole == to;
      if (isHeading(joined) && (isMarked || !line.startsWith("#"))) {
        headings.add(new Heading(from, withoutMarks(joined)));
        to = whole;
      }
      if (first.isEmpty() && line.length() <= LONGEST) first = line;
      before = line;
      beforeStart = from;
    }
    return new Outline(headings.isEmpty() ? first : headings.getFirst().text, headings);
  }

  /** The title and the heading above the place, each in a line of its own; fewer where there are none. */
  String above(int position) {
    String nearest = "";
    for (Heading heading : headings) {
      if (heading.start > position) break;
      nearest = heading.text;
    }
    return nearest.isEmpty() || nearest.equals(title) ? title : title + "\n" + nearest;
  }

  private static boolean isHeading(String line) {
    return line.length() <= LONGEST && HEADING.matcher(line).matches() && (line.startsWith("#") || !SENTENCE.matcher(line).matches());
  }

  private static int end(String text, int from) {
    int newLine = text.indexOf('\n', from);
    return newLine < 0 ? text.length() : newLine + 1;
  }

  /**
   * The end of a line with those that go on in it: texts of web pages have a line's code or emphasis in lines of their own, next to
   * blanks.
   */
  private static int wholeEnd(String text, int from, int to) {
    int end = to;
    while (end < text.length() && end - from <= LONGEST) {
      boolean isInside = isBlank(text.charAt(end - 2 < from ? from : end - 2)) || isBlank(text.charAt(end));
      if (!isInside || text.charAt(end) == '\n') break;
      end = end(text, end);
    }
    return end;
  }

  private static boolean isBlank(char character) {
    return character == ' ' || character == '\u00a0' || character == '\t';
  }

  private static String plain(String line) {
    return line.replace('\u00a0', ' ').replaceAll("\\s+", " ").strip();
  }

  private static String withoutMarks(String heading) {
    return heading.replaceFirst("^#{1,6} ", "").replaceFirst(" ?[¶#]+$", "").strip();
  }
}
