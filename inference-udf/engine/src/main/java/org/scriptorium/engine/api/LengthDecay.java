package org.scriptorium.engine.api;

import java.io.Serializable;

/**
 * How end tokens grow likelier with a text's length.
 *
 * @param start generated tokens that go before
 * @param factor by whose powers their scores rise from then on; 1 is none
 */
public record LengthDecay(int start, double factor) implements Serializable {
  public static final LengthDecay NONE = new LengthDecay(0, 1);
}
