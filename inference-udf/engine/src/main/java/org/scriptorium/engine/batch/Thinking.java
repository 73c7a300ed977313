package org.scriptorium.engine.batch;

import org.scriptorium.engine.api.ThinkMarkers;

/**
 * How one text is parted into what the model thinks and what it answers.
 *
 * @param begin whether the prompt ends inside a block
 * @param openToken a special token that is the opening marker, which a text would not show; -1 where there is none
 * @param closeToken likewise for the closing one
 */
public record Thinking(ThinkMarkers markers, Begin begin, int openToken, int closeToken) {

  /** Where a text begins. */
  public enum Begin { OUTSIDE, INSIDE }
}
