package org.scriptorium.pipeline.retrieval;

import java.util.Map;
import java.util.OptionalInt;

/**
 * How answers are made of passages.
 *
 * @param options of the SQL functions, by their names
 * @param newTokens that an answer may have
 * @param passageTokens the most tokens of all passages in a prompt; empty is all that the model's context leaves
 */
public record AnswerSettings(String model, Map<String, String> options, int newTokens, OptionalInt passageTokens) {
  public AnswerSettings {
    options = Map.copyOf(options);
  }
}
