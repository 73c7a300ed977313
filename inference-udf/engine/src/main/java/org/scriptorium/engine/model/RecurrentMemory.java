package org.scriptorium.engine.model;

/**
 * How far back the positions of a recurrent model see: into a memory of what came before their segment, which are zeros at first.
 *
 * @param length of the memory, in tokens
 * @param reach whether the memory's length bounds what each position sees, itself included, or what its segment sees
 */
public record RecurrentMemory(int length, Reach reach) {

  /** What the memory's length counts from. */
  public enum Reach {
    /** Each position sees the memory and what came of its segment. */
    SEGMENT,
    /** Each position sees as many tokens as the memory has. */
    POSITION
  }

  /** First position seen; below 0 lie the zeros that the memory begins with. */
  int from(int position, int segment) {
    return switch (reach) {
      case SEGMENT -> segment - length;
      case POSITION -> position - length + 1;
    };
  }
}
