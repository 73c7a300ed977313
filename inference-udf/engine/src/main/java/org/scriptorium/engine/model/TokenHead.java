package org.scriptorium.engine.model;

/** What scores the entries of the vocabulary after a position. */
public sealed interface TokenHead permits Linear, AdaptiveSoftmax {

  /** Entries of the vocabulary. */
  int outputs();

  /** Binds the head to a machine and to the outputs of a workspace's steps. */
  Bound bind(Machine machine, Workspace workspace);

  /** A head that scores the outputs of steps. */
  interface Bound {

    /** Scores the normed outputs of the step. */
    void run();

    /** [outputs, vocabulary] of the last step, where it wanted them. */
    float[] logits();

    /** Index of the greatest score of an output, the first of equals; -1 if one is NaN or the greatest is not finite. */
    int argmax(int output);
  }
}
