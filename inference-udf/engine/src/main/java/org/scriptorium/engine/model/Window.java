package org.scriptorium.engine.model;

/**
 * What a position sees of its sequence.
 *
 * @param tokens so many back, itself included
 * @param ahead whether it also sees what follows
 */
public record Window(int tokens, Ahead ahead) {
  /** All that came before. */
  public static final Window NONE = new Window(Integer.MAX_VALUE);
  /** The whole sequence, as encoders read it; its tokens are all in one step. */
  public static final Window WHOLE = new Window(Integer.MAX_VALUE, Ahead.SEEN);

  /** What follows a position. */
  public enum Ahead {
    HIDDEN,
    SEEN
  }

  public Window {
    if (tokens < 1) throw new IllegalArgumentException("expected at least 1 token, found " + tokens);
  }

  /** Back alone, as decoders see. */
  public Window(int tokens) {
    this(tokens, Ahead.HIDDEN);
  }

  /** First position that {@code position} sees. */
  int from(int position) {
    return Math.max(0, position - tokens + 1);
  }

  /** End of the positions that {@code position} sees, of a sequence of {@code length}. */
  int to(int position, int length) {
    return ahead == Ahead.SEEN ? length : position + 1;
  }

  /** By how much the end grows from one position to the next. */
  int growth() {
    return ahead == Ahead.SEEN ? 0 : 1;
  }
}
