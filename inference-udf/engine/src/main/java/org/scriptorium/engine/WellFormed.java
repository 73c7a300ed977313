package org.scriptorium.engine;

import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Texts that are sequences of whole characters. */
final class WellFormed {
  private WellFormed() {}

  /** @throws ModelException MALFORMED_TEXT if a surrogate stands alone */
  static void require(String text) {
    int position = unpairedSurrogate(text);
    if (position < 0) return;
    throw new ModelException(ErrorCode.MALFORMED_TEXT, "the text holds an unpaired surrogate at character %d; decode it anew from its source"
        .formatted(position));
  }

  private static int unpairedSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (!Character.isSurrogate(unit)) continue;
      if (Character.isLowSurrogate(unit) || i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) return i;
      i++;
    }
    return -1;
  }
}
