package org.scriptorium.engine.model;

/** A composed model of any shape: what its family's file makes of a configuration and weights. */
public sealed interface Transformer permits Decoder, Encoder, EncoderDecoder {

  /** Entries of the vocabulary that the model reads. */
  int vocabulary();

  /** In tokens. */
  int contextLength();
}
