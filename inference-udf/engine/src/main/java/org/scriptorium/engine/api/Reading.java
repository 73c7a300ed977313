package org.scriptorium.engine.api;

/** What a model that reads made of one text: its values, or why there are none. One text that fails is one text that fails. */
public sealed interface Reading<T> {

  /**
   * A text that was read.
   *
   * @param tokens that went into the model, special tokens included
   */
  record Found<T>(T value, int tokens) implements Reading<T> {}

  /** A text that was not. */
  record Failed<T>(ErrorCode code, String message) implements Reading<T> {}

  /** The values. @throws ModelException if there are none, with the reason's code and message */
  default T value() {
    return switch (this) {
      case Found<T> found -> found.value;
      case Failed<T> failed -> throw new ModelException(failed.code, failed.message);
    };
  }
}
