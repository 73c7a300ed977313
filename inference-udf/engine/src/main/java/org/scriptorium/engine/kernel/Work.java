package org.scriptorium.engine.kernel;

/** A phase of a step that is divided into tasks of any order. */
@FunctionalInterface
public interface Work {
  /**
   * Does one task.
   *
   * @param worker who does it, from 0 to the team's size - 1: selects scratch memory
   */
  void run(int task, int worker);
}
