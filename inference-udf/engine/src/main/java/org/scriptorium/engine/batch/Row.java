package org.scriptorium.engine.batch;

import org.scriptorium.engine.model.Decoder;
import org.scriptorium.engine.sampler.Scratch;

/** A row of a step after which a token is to be chosen. */
interface Row {

  /** Looks at the row's logits; on any thread, once a step. */
  void choose(Decoder.Execution execution, int vocabulary, Scratch scratch);
}
