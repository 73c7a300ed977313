package org.scriptorium.engine.model;

/**
 * How far back a position sees.
 *
 * @param tokens so many, itself included
 */
public record Window(int tokens) {
  /** All that came before. */
  public static final Window NONE = new Window(Integer.MAX_VALUE);

  public Window {
    if (tokens < 1) throw new IllegalArgumentException("expected at least 1 token, found " + tokens);
  }

  /** First position that {@code position} sees. */
  int from(int position) {
    return Math.max(0, position - tokens + 1);
  }
}
