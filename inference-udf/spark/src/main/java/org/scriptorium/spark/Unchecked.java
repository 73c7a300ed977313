package org.scriptorium.spark;

/** Spark's own exceptions are checked in Java, though Spark's interfaces declare none. */
final class Unchecked {
  private Unchecked() {}

  /** Throws {@code exception} as it is; returns only for the compiler's sake. */
  static RuntimeException thrown(Throwable exception) {
    return Unchecked.<RuntimeException>sneak(exception);
  }

  @SuppressWarnings("unchecked")
  private static <E extends Throwable> RuntimeException sneak(Throwable exception) throws E {
    throw (E) exception;
  }
}
