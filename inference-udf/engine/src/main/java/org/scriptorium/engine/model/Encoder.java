package org.scriptorium.engine.model;

/**
 * A model that reads: an encoder and what it makes of its states.
 *
 * @param contextLength in tokens
 */
public record Encoder(EncoderStack stack, EncoderHead head, int contextLength) implements Transformer {

  @Override
  public int vocabulary() {
    return stack.embedding().vocabulary();
  }
}
