package org.scriptorium.engine;

import org.scriptorium.engine.api.ModelDescription;
import org.scriptorium.engine.api.Reader;

/** What all that read with an encoder answer alike. Owner of the model. */
abstract class ModelReader implements Reader {
  final EncoderModel model;

  ModelReader(EncoderModel model) {
    this.model = model;
  }

  @Override
  public ModelDescription model() {
    return model.description();
  }

  @Override
  public int countTokens(String text) {
    return model.countTokens(text);
  }

  @Override
  public boolean isUsable() {
    return model.isUsable();
  }

  @Override
  public void close() {
    model.close();
  }
}
