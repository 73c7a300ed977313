package org.scriptorium.engine.api;

import java.util.List;

/**
 * What came of one request.
 *
 * @param text the generated text, without special tokens and without what the model thinks before it answers; empty on error
 * @param errorCode {@link ErrorCode#code()}, or empty
 * @param error a sentence for people, or empty
 * @param promptTokens length of the prompt after truncation
 * @param cachedTokens how many of them came from the prefix cache, which never has a prompt's last token; all of them when the
 *     text was taken from an equal request
 * @param completionTokens generated tokens, those of the reasoning and the end token included
 * @param model name of the model
 * @param requestKey SHA-256 (hexadecimal) of the model's bytes, the rendered prompt and every parameter that can change the text
 * @param reasoning what stood between the think markers; empty for models that do not think
 * @param reasoningTokens how many of the generated tokens that took, markers included
 * @param alternatives of a search with beams as many texts as were asked for ({@code num_return_sequences}), the best, which is
 *     {@code text}, first; empty otherwise
 */
public record Completion(
    String text,
    FinishReason finishReason,
    String errorCode,
    String error,
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    String model,
    String requestKey,
    String reasoning,
    int reasoningTokens,
    List<Alternative> alternatives) {

  public Completion {
    alternatives = List.copyOf(alternatives);
  }

  /** One text alone, of a model that does not think. */
  public Completion(String text, FinishReason finishReason, String errorCode, String error, int promptTokens, int cachedTokens,
      int completionTokens, String model, String requestKey) {
    this(text, finishReason, errorCode, error, promptTokens, cachedTokens, completionTokens, model, requestKey, "", 0, List.of());
  }

  public static Completion failed(ErrorCode code, String error, int promptTokens, String model, String requestKey) {
    return new Completion("", FinishReason.ERROR, code.code(), error, promptTokens, 0, 0, model, requestKey);
  }

  public static Completion skipped(String model) {
    return new Completion("", FinishReason.SKIPPED, "", "", 0, 0, 0, model, "");
  }

  /** True if the text was taken from an equal request, so that nothing was computed for this one. */
  public boolean isShared() {
    return finishReason != FinishReason.ERROR && promptTokens > 0 && cachedTokens == promptTokens;
  }

  /** The same generation with another text, such as what a reader makes of the generated one. */
  public Completion withText(String otherText, FinishReason reason) {
    return new Completion(otherText, reason, errorCode, error, promptTokens, cachedTokens, completionTokens, model, requestKey, reasoning,
        reasoningTokens, alternatives);
  }

  /** What an equal request gets of this one: the same text and counts, and nothing computed. */
  public Completion shared() {
    return new Completion(text, finishReason, errorCode, error, promptTokens, promptTokens, completionTokens, model, requestKey, reasoning,
        reasoningTokens, alternatives);
  }
}
