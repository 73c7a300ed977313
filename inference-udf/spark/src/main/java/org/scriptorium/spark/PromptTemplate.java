package org.scriptorium.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.SourcedText;

/** A prompt with places such as {@code {{0}}} for a row's values; what is not a place is the job's own text. */
final class PromptTemplate {
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\d{1,4})\\}\\}");

  private final List<Piece> pieces;

  private sealed interface Piece {}

  private record Literal(String text) implements Piece {}

  private record Place(int index) implements Piece {}

  private PromptTemplate(List<Piece> pieces) {
    this.pieces = pieces;
  }

  static PromptTemplate parse(String template) {
    var pieces = new ArrayList<Piece>();
    var matcher = PLACE.matcher(template);
    int from = 0;
    while (matcher.find()) {
      if (matcher.start() > from) pieces.add(new Literal(template.substring(from, matcher.start())));
      pieces.add(new Place(Integer.parseInt(matcher.group(1))));
      from = matcher.end();
    }
    if (from < template.length()) pieces.add(new Literal(template.substring(from)));
    return new PromptTemplate(List.copyOf(pieces));
  }

  /** So many values a row must have: one more than the highest place. */
  int places() {
    int count = 0;
    for (Piece piece : pieces) if (piece instanceof Place place) count = Math.max(count, place.index() + 1);
    return count;
  }

  /** @param values at least {@link #places}, none null */
  SourcedText fill(List<String> values) {
    var text = new SourcedText.Builder();
    for (Piece piece : pieces) {
      switch (piece) {
        case Literal literal -> text.trusted(literal.text());
        case Place place -> text.row(values.get(place.index()));
      }
    }
    return text.build();
  }
}
