package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Joins neighbouring parts of a text into pieces of at most so many tokens each. A piece is counted as it stands, since tokens merge where
 * parts meet. Of the places where it could end beyond its half, it ends at the last of those with the strongest border; so pieces are
 * sections and paragraphs where these are not much shorter than the budget. For one text.
 */
final class Packing {

  /**
   * A piece of a text, without the blanks around it.
   *
   * @param start of it in the text, in characters (code points, as SQL counts them)
   * @param end likewise, exclusive
   */
  record Piece(String text, int start, int end, int tokens) {}

  /** Neighbouring parts from {@code from} on. */
  private record Run(int to, int tokens) {}

  private final ToIntFunction<String> counter;
  private final int budget;
  private final List<String> parts;
  private final StringBuilder borders;
  private final List<Integer> tokens = new ArrayList<>();
  private final List<Piece> pieces = new ArrayList<>();
  private int position;

  private Packing(ToIntFunction<String> counter, int budget, List<String> parts, String borders) {
    this.counter = counter;
    this.budget = budget;
    this.parts = new ArrayList<>(parts);
    this.borders = new StringBuilder(borders);
    for (String part : parts) tokens.add(counter.applyAsInt(part));
  }

  /**
   * The pieces of the text that the parts make. What is blank is in none.
   *
   * @param counter of a text's tokens
   * @param budget of a piece in tokens; more than any one character has
   * @param borders a digit for each part, how strong the border behind it is
   */
  static List<Piece> pack(ToIntFunction<String> counter, int budget, List<String> parts, String borders) {
    var packing = new Packing(counter, budget, parts, borders);
    for (int from = 0; from < packing.parts.size(); ) from = packing.piece(from);
    return List.copyOf(packing.pieces);
  }

  /** Adds the piece that begins with a part, if there is more than blanks to it; gives the first part behind it. */
  private int piece(int from) {
    Run longest = longest(from);
    if (longest.to == from) {
      cut(from);
      longest = new Run(from + 1, count(from, from + 1));
    }
    Run chosen = longest.to == parts.size() ? longest : bestEnd(from, longest);
    add(from, chosen);
    return chosen.to;
  }

  /** The longest run within the budget; an empty one where the first part alone is over it. */
  private Run longest(int from) {
    int to = from, sum = 0;
    while (to < parts.size() && sum + tokens.get(to) <= budget) sum += tokens.get(to++);
    int found = count(from, to);
    while (found > budget) found = count(from, --to);
    // The tokens that merged make room for more.
    while (to < parts.size() && found + tokens.get(to) <= budget) {
      int more = count(from, to + 1);
      if (more > budget) break;
      found = more;
      to++;
    }
    return new Run(to, found);
  }

  private Run bestEnd(int from, Run longest) {
    int best = longest.to, left = 0;
    for (int end = longest.to; end > from && 2 * left <= budget; end--) {
      if (borders.charAt(end - 1) > borders.charAt(best - 1)) best = end;
      left += tokens.get(end - 1);
    }
    if (best == longest.to) return longest;
    int found = count(from, best);
    return found <= budget ? new Run(best, found) : longest;
  }

  /** Parts the one part that is over the budget, each time behind as many whole characters as fit. */
  private void cut(int index) {
    String part = parts.get(index);
    List<String> cut = new ArrayList<>();
    for (int from = 0, to; from < part.length(); from = to) {
      to = fitting(part, from);
      cut.add(part.substring(from, to));
    }
    parts.remove(index);
    parts.addAll(index, cut);
    borders.insert(index, "0".repeat(cut.size() - 1));
    tokens.remove(index);
    tokens.addAll(index, cut.stream().map(counter::applyAsInt).toList());
  }

  /** Where the most characters end that fit from {@code from} on; looks little further than that, as the part may be very long. */
  private int fitting(String part, int from) {
    int fits = 1, tooMany = Math.max(2, budget);
    for (; isWithin(part, from, tooMany); tooMany *= 2) {
      fits = tooMany;
      if (end(part, from, fits) == part.length()) return part.length();
    }
    while (tooMany - fits > 1) {
      int middle = (fits + tooMany) >>> 1;
      if (isWithin(part, from, middle)) fits = middle;
      else tooMany = middle;
    }
    return end(part, from, fits);
  }

  private boolean isWithin(String part, int from, int characters) {
    return counter.applyAsInt(part.substring(from, end(part, from, characters)).strip()) <= budget;
  }

  /** Behind so many characters, or at the end of the part. */
  private static int end(String part, int from, int characters) {
    int end = from;
    for (int i = 0; i < characters && end < part.length(); i++) end += Character.charCount(part.codePointAt(end));
    return end;
  }

  private void add(int from, Run run) {
    String whole = String.join("", parts.subList(from, run.to)), text = whole.strip();
    int leading = whole.codePointCount(0, whole.length() - whole.stripLeading().length());
    int start = position + leading;
    if (!text.isEmpty()) pieces.add(new Piece(text, start, start + text.codePointCount(0, text.length()), run.tokens));
    position += whole.codePointCount(0, whole.length());
  }

  private int count(int from, int to) {
    return counter.applyAsInt(String.join("", parts.subList(from, to)).strip());
  }
}
