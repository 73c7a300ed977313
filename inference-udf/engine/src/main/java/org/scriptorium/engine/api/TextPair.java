package org.scriptorium.engine.api;

import java.util.Optional;

/**
 * A text, or two that are read together, such as a premise and a hypothesis. Neither holds markup, whatever it spells.
 *
 * @param second empty where there is one text
 */
public record TextPair(String first, Optional<String> second) {

  public static TextPair of(String text) {
    return new TextPair(text, Optional.empty());
  }

  public static TextPair of(String first, String second) {
    return new TextPair(first, Optional.of(second));
  }
}
