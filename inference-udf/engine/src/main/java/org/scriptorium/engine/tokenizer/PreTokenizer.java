package org.scriptorium.engine.tokenizer;

/** Cuts a text into the words that the model sees one at a time, and may rewrite them. Immutable, for any number of threads. */
@FunctionalInterface
interface PreTokenizer {
  PreTokenizer NONE = (text, from, to, target) -> {
    if (from < to) target.word(text, from, to);
  };

  /** Gives {@code target} the words of [from, to), in order, none empty. */
  void split(AlignedText text, int from, int to, Words target);

  /** Cuts every word of this one by another, which sees nothing beyond it. */
  default PreTokenizer then(PreTokenizer next) {
    if (this == NONE) return next;
    if (next == NONE) return this;
    return (text, from, to, target) -> split(text, from, to, (word, start, end) -> next.split(word, start, end, target));
  }

  /** Takes words. */
  @FunctionalInterface
  interface Words {
    void word(AlignedText text, int from, int to);
  }

  static PreTokenizer of(Splitter splitter) {
    return (text, from, to, target) -> {
      if (from < to) splitter.split(text.bytes(), from, to, (bytes, start, end) -> target.word(text, start, end));
    };
  }
}
