package org.scriptorium.engine.sampler;

/**
 * Changes one row's scores before a token is chosen, in greedy decoding and sampling alike. Immutable, for any number of threads;
 * what it depends on are the step's logits and tokens alone.
 */
@FunctionalInterface
interface LogitsProcessor {

  /** Changes {@code step.logits} in place; leaves the counters of the scratch at 0. */
  void apply(Scratch step);
}
