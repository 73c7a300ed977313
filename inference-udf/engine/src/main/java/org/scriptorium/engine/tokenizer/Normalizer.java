package org.scriptorium.engine.tokenizer;

/** Rewrites a text before it is split into words. Immutable, for any number of threads. */
@FunctionalInterface
interface Normalizer {
  Normalizer NONE = text -> text;

  /** The text as it is to be split; the same one where nothing changes. */
  AlignedText normalize(AlignedText text);

  default Normalizer then(Normalizer next) {
    return text -> next.normalize(normalize(text));
  }
}
