package org.scriptorium.engine.api;

import java.io.Serializable;
import java.util.List;

/** What a sequence of tokens adds to the score of its last one when the others have just appeared. */
public record SequenceBias(List<Integer> sequence, double bias) implements Serializable {
  public SequenceBias {
    sequence = List.copyOf(sequence);
  }
}
