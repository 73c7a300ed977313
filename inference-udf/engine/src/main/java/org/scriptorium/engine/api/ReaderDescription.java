package org.scriptorium.engine.api;

import java.util.List;

/**
 * What is known of a model that reads texts, beside what is known of all models.
 *
 * @param gives what it was trained to make of a text
 * @param labels of a classifier, in its order; empty for others
 * @param pooling how the tokens' states become a vector, such as {@code mean}; several follow one another
 * @param scaling what becomes of the vector's length: {@code none}, or {@code unit}
 * @param maxTokens of a text whose vector is made, special tokens included
 */
public record ReaderDescription(Gives gives, List<String> labels, List<String> pooling, String scaling, int maxTokens) {

  public ReaderDescription {
    labels = List.copyOf(labels);
    pooling = List.copyOf(pooling);
  }
}
