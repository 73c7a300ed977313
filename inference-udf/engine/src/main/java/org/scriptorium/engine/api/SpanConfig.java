package org.scriptorium.engine.api;

import java.util.OptionalInt;

/**
 * How answers are looked for, with the names and defaults of Hugging Face's question answering.
 *
 * @param topK answers at most
 * @param maxAnswerTokens of an answer
 * @param maxTokens of question and part of the context together, special tokens included; the model's own limit holds besides
 * @param docStride tokens by which neighbouring parts of a long context overlap; otherwise 128, or half of what the model reads where that
 *     is less
 * @param noAnswer whether the empty answer competes with the others
 */
public record SpanConfig(int topK, int maxAnswerTokens, int maxTokens, OptionalInt docStride, NoAnswer noAnswer) {
  public static final SpanConfig DEFAULT = new SpanConfig(1, 15, 384, OptionalInt.empty(), NoAnswer.NEVER);

  /** Whether a question may have no answer. */
  public enum NoAnswer {
    NEVER,
    POSSIBLE
  }

  public SpanConfig {
    require(topK >= 1, "top_k", topK);
    require(maxAnswerTokens >= 1, "max_answer_len", maxAnswerTokens);
    require(maxTokens >= 1, "max_seq_len", maxTokens);
    require(docStride.orElse(0) >= 0, "doc_stride", docStride.orElse(0));
  }

  private static void require(boolean holds, String name, int found) {
    if (!holds) throw new ModelException(ErrorCode.INVALID_PARAMETER, "%s: expected a positive number, found %d".formatted(name, found));
  }

  public SpanConfig withTopK(int value) {
    return new SpanConfig(value, maxAnswerTokens, maxTokens, docStride, noAnswer);
  }

  public SpanConfig withNoAnswer(NoAnswer value) {
    return new SpanConfig(topK, maxAnswerTokens, maxTokens, docStride, value);
  }

  public SpanConfig withWindow(int tokens, int overlap) {
    return new SpanConfig(topK, maxAnswerTokens, tokens, OptionalInt.of(overlap), noAnswer);
  }
}
