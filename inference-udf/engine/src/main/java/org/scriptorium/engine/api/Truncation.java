package org.scriptorium.engine.api;

import java.util.Locale;

/** Which part of a row's own text is left out when its prompt does not fit. The instruction is never cut. */
public enum Truncation {
  /** Nothing is: the row fails with {@link ErrorCode#PROMPT_TOO_LONG}. */
  NONE,
  /** The beginning. */
  HEAD,
  /** The middle: beginning and end stay, in equal shares of tokens. */
  MIDDLE,
  /** The end. */
  TAIL;

  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
