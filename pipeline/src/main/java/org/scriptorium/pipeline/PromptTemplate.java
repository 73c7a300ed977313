package org.scriptorium.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a prompt with places for columns, written {@code {{column}}}. What stands between the places is the job's own
 * and may hold a model's markup; what fills them is the row's, and never counts as markup. Values that hold braces are not
 * looked into.
 *
 * @param numbered the template with {@code {{0}}}, {@code {{1}}} in the places' stead, as the SQL function's option wants it
 * @param columns the column of each number, each named once
 */
public record PromptTemplate(String numbered, List<String> columns) {
  private static final Pattern PLACE = Pattern.compile("\\{\\{(.*?)}}", Pattern.DOTALL);

  public PromptTemplate {
    columns = List.copyOf(columns);
  }

  /** Reads a template. The message of an {@link IllegalArgumentException} says what is wrong with it. */
  static PromptTemplate parse(String template) {
    List<String> columns = new ArrayList<>();
    StringBuilder numbered = new StringBuilder();
    Matcher matcher = PLACE.matcher(template);
    while (matcher.find()) {
      String column = matcher.group(1).strip();
      if (column.isEmpty()) throw new IllegalArgumentException("has a place without a column: " + matcher.group());
      int number = columns.indexOf(column);
      if (number < 0) {
        number = columns.size();
        columns.add(column);
      }
      matcher.appendReplacement(numbered, Matcher.quoteReplacement("{{" + number + "}}"));
    }
    matcher.appendTail(numbered);
    if (columns.isEmpty()) throw new IllegalArgumentException("names no column; expected {{column}} where a row's text goes");
    return new PromptTemplate(numbered.toString(), columns);
  }

  /** In how many places a column stands. */
  int places(String column) {
    int number = columns.indexOf(column), places = 0;
    if (number < 0) return 0;
    String place = "{{" + number + "}}";
    for (int at = numbered.indexOf(place); at >= 0; at = numbered.indexOf(place, at + place.length())) places++;
    return places;
  }
}
