package org.scriptorium.engine.api;

/**
 * A prompt as the tokenizer gets it.
 *
 * @param frame what the tokenizer adds
 */
public record RenderedPrompt(SourcedText text, Frame frame) {

  /** What the tokenizer puts around a text. */
  public enum Frame {
    /** Nothing: the text is complete, as a chat template writes it. */
    NONE,
    /** The tokens that the model's inputs begin and end with. */
    TOKENIZER
  }
}
