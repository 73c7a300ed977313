package org.scriptorium.engine.tokenizer;

/** The tokens that {@code tokenizer_config.json} gives a part to. */
final class SpecialNames {
  private SpecialNames() {}

  /** The token of a name, as a string or as an object with its {@code content}; otherwise {@code otherwise}. */
  static String of(JsonSection settings, String name, String otherwise) {
    JsonSection token = settings.at(name);
    if (token.isAbsent()) return otherwise;
    return token.isText() ? settings.string(name) : token.string("content");
  }
}
