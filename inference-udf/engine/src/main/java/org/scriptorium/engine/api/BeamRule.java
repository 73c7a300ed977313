package org.scriptorium.engine.api;

/** The rule by which beams are searched: a matter of a model's reference. */
public enum BeamRule {
  /** That of Hugging Face's transformers 5. */
  TRANSFORMERS_5,
  /** That of transformers before 4.36, for models that later ones do not have. */
  TRANSFORMERS_4
}
