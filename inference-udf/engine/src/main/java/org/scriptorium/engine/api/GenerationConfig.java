package org.scriptorium.engine.api;

import java.util.List;

/**
 * How a text is generated. Names and meanings follow Hugging Face's {@code GenerationConfig}; the two penalties that it
 * lacks follow the OpenAI API.
 *
 * @param maxNewTokens at most so many tokens are generated, at least 1
 * @param minNewTokens no end token before so many tokens
 * @param temperature 0 is greedy; else logits are divided by it
 * @param topK the k best tokens stay; 0 is all
 * @param topP the smallest set of best tokens with at least this probability stays; 1 is all
 * @param minP tokens with at least this share of the best one's probability stay; 0 is all
 * @param repetitionPenalty logits of tokens seen in prompt or text are divided (positive) or multiplied (negative) by it; 1 is none
 * @param presencePenalty subtracted from the logits of tokens that the generated text holds
 * @param frequencyPenalty subtracted from a token's logit once for each time the generated text holds it
 * @param stopStrings the text ends before the first of these
 * @param seed 0 takes the row's seed from its request key; any other is mixed into it
 * @param truncation what may be cut from a row's text that does not fit
 */
public record GenerationConfig(
    int maxNewTokens,
    int minNewTokens,
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    float presencePenalty,
    float frequencyPenalty,
    List<String> stopStrings,
    long seed,
    Truncation truncation) {

  /** Greedy, 256 tokens at most, no truncation. */
  public static final GenerationConfig DEFAULT = new GenerationConfig(256, 0, 0f, 0, 1f, 0f, 1f, 0f, 0f, List.of(), 0, Truncation.NONE);

  public GenerationConfig {
    stopStrings = List.copyOf(stopStrings);
    check(maxNewTokens >= 1, "max_new_tokens", "at least 1", maxNewTokens);
    check(minNewTokens >= 0 && minNewTokens <= maxNewTokens, "min_new_tokens", "from 0 to max_new_tokens", minNewTokens);
    check(temperature >= 0 && temperature < Float.POSITIVE_INFINITY, "temperature", "0 (greedy) or positive", temperature);
    check(topK >= 0, "top_k", "0 (all) or positive", topK);
    check(topP > 0 && topP <= 1, "top_p", "above 0, at most 1", topP);
    check(minP >= 0 && minP <= 1, "min_p", "from 0 to 1", minP);
    check(repetitionPenalty > 0 && repetitionPenalty < Float.POSITIVE_INFINITY, "repetition_penalty", "positive", repetitionPenalty);
    check(Float.isFinite(presencePenalty), "presence_penalty", "finite", presencePenalty);
    check(Float.isFinite(frequencyPenalty), "frequency_penalty", "finite", frequencyPenalty);
    check(stopStrings.stream().noneMatch(String::isEmpty), "stop_strings", "not empty", stopStrings);
  }

  private static void check(boolean holds, String name, String expected, Object found) {
    if (!holds) throw new ModelException(ErrorCode.INVALID_PARAMETER, "%s: expected %s, found %s".formatted(name, expected, found));
  }

  public boolean isGreedy() {
    return temperature == 0;
  }

  public GenerationConfig withMaxNewTokens(int value) {
    return new GenerationConfig(value, Math.min(minNewTokens, value), temperature, topK, topP, minP, repetitionPenalty, presencePenalty,
        frequencyPenalty, stopStrings, seed, truncation);
  }

  public GenerationConfig withTruncation(Truncation value) {
    return new GenerationConfig(maxNewTokens, minNewTokens, temperature, topK, topP, minP, repetitionPenalty, presencePenalty,
        frequencyPenalty, stopStrings, seed, value);
  }

  public GenerationConfig withSampling(float temperature, int topK, float topP, float minP, long seed) {
    return new GenerationConfig(maxNewTokens, minNewTokens, temperature, topK, topP, minP, repetitionPenalty, presencePenalty,
        frequencyPenalty, stopStrings, seed, truncation);
  }

  public GenerationConfig withStopStrings(List<String> value) {
    return new GenerationConfig(maxNewTokens, minNewTokens, temperature, topK, topP, minP, repetitionPenalty, presencePenalty,
        frequencyPenalty, value, seed, truncation);
  }
}
