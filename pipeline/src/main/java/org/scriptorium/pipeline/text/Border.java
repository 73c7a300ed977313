package org.scriptorium.pipeline.text;

/** How well a text can be parted at a place: the later here, the better. */
public enum Border {
  /** Between words, between characters of a script that parts none, or within a word that has no end; and after a heading. */
  WORD,
  /** At a line's end. */
  LINE,
  SENTENCE,
  PARAGRAPH,
  /** Before a heading. */
  SECTION
}
