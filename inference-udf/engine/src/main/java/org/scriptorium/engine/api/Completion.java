package org.scriptorium.engine.api;

/**
 * What came of one request.
 *
 * @param text the generated text, without special tokens; empty on error
 * @param errorCode {@link ErrorCode#code()}, or empty
 * @param error a sentence for people, or empty
 * @param promptTokens length of the prompt after truncation
 * @param cachedTokens how many of them came from the prefix cache
 * @param completionTokens generated tokens, the end token included
 * @param model name of the model
 * @param requestKey SHA-256 (hexadecimal) of the model's bytes, the rendered prompt and every parameter that can change the text
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
    String requestKey) {

  public static Completion failed(ErrorCode code, String error, int promptTokens, String model, String requestKey) {
    return new Completion("", FinishReason.ERROR, code.code(), error, promptTokens, 0, 0, model, requestKey);
  }

  public static Completion skipped(String model) {
    return new Completion("", FinishReason.SKIPPED, "", "", 0, 0, 0, model, "");
  }
}
