package org.scriptorium.engine;

import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** A tokenizer may know more tokens than its model: added ones stand behind the vocabulary, and nothing is there to read for them. */
final class KnownTokens {
  private KnownTokens() {}

  /**
   * @param subject what has the tokens
   * @param vocabulary of the model
   * @throws ModelException INVALID_PARAMETER if the model lacks one of the tokens
   */
  static void require(int[] ids, int vocabulary, String subject) {
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new ModelException(ErrorCode.INVALID_PARAMETER, "%s: expected tokens below %d, as many as the model has, found %d; leave out the text "
            .formatted(subject, vocabulary, id) + "that stands for it");
      }
    }
  }
}
