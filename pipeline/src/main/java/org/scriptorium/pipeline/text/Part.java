package org.scriptorium.pipeline.text;

/**
 * A part of a text, with the blanks behind it.
 *
 * @param start of it in the text, in UTF-16 units
 * @param end likewise, exclusive
 * @param border to the part behind it
 */
public record Part(int start, int end, Border border) {

  /** Its characters in the text that it is a part of. */
  public String in(String text) {
    return text.substring(start, end);
  }
}
