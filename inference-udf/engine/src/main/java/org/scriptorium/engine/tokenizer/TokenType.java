package org.scriptorium.engine.tokenizer;

/** What a token of a vocabulary is for, in the order of GGUF's numbers, which start at 1. */
public enum TokenType {
  /** A piece of text. */
  NORMAL,
  /** Stands for what has no token. */
  UNKNOWN,
  /** Markup: begin, end, turns of a dialogue. */
  CONTROL,
  /** Text that is one token wherever it stands. */
  USER_DEFINED,
  /** Fills the vocabulary up. */
  UNUSED,
  /** A byte by number; byte-level vocabularies have none. */
  BYTE;

  private static final TokenType[] ALL = values();

  /** The number that GGUF writes. */
  public int number() {
    return ordinal() + 1;
  }

  static boolean isNumber(int number) {
    return number >= 1 && number <= ALL.length;
  }

  static TokenType of(int number) {
    return ALL[number - 1];
  }
}
