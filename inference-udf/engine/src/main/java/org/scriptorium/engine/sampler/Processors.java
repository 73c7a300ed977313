package org.scriptorium.engine.sampler;

import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.api.SequenceBias;

/**
 * The single processors, with the meanings of Hugging Face transformers 5 ({@code generation/logits_process.py}); lengths count
 * the prompt unless they say otherwise. Token ids outside the vocabulary are passed over: a model's head may be narrower than
 * its tokenizer.
 */
final class Processors {
  private Processors() {}

  /** Every token of prompt and text once: positive scores are divided by the penalty, negative ones multiplied. */
  static LogitsProcessor repetitionPenalty(float penalty) {
    return step -> penalize(step, step.tokens, step.length, penalty);
  }

  /** Every token of {@code source} once, the other way round: above 1 it makes them likelier. */
  static LogitsProcessor encoderRepetitionPenalty(double penalty, int[] source) {
    int[] copy = source.clone();
    float inverse = (float) (1 / penalty);
    return step -> penalize(step, copy, copy.length, inverse);
  }

  private static void penalize(Scratch step, int[] tokens, int length, float penalty) {
    int[] seen = step.counts();
    for (int i = 0; i < length; i++) {
      int token = tokens[i];
      if (!isScored(step, token) || seen[token] != 0) continue;
      seen[token] = 1;
      float score = step.logits[step.from + token];
      step.logits[step.from + token] = score < 0 ? score * penalty : score / penalty;
    }
    for (int i = 0; i < length; i++) if (isScored(step, tokens[i])) seen[tokens[i]] = 0;
  }

  /** The penalties of the OpenAI API, over generated tokens only: frequency for each occurrence, presence once. */
  static LogitsProcessor presenceAndFrequencyPenalty(float presence, float frequency) {
    return step -> {
      int[] counts = step.counts();
      for (int i = step.promptLength; i < step.length; i++) if (isScored(step, step.tokens[i])) counts[step.tokens[i]]++;
      for (int i = step.promptLength; i < step.length; i++) {
        int token = step.tokens[i];
        if (!isScored(step, token) || counts[token] == 0) continue;
        step.logits[step.from + token] -= frequency * counts[token] + presence;
        counts[token] = 0;
      }
    };
  }

  /** No run of {@code size} tokens twice. */
  static LogitsProcessor noRepeatNgram(int size) {
    return step -> forbidContinuations(step, step.tokens, step.length, size);
  }

  /** No run of {@code size} tokens that {@code source} holds. */
  static LogitsProcessor encoderNoRepeatNgram(int size, int[] source) {
    int[] copy = source.clone();
    return step -> forbidContinuations(step, copy, copy.length, size);
  }

  /** Biases add up; those of single tokens always apply. */
  static LogitsProcessor sequenceBias(List<SequenceBias> biases) {
    var copy = List.copyOf(biases);
    return step -> {
      for (SequenceBias each : copy) {
        int last = each.sequence().getLast();
        if (isScored(step, last) && endsWithPrefix(step, each.sequence())) step.logits[step.from + last] += (float) each.bias();
      }
    };
  }

  /** None of the sequences appears, except those that are an end token alone: the text must be able to end. */
  static LogitsProcessor badWords(List<List<Integer>> sequences, int... endTokens) {
    return sequenceBias(sequences.stream()
        .filter(sequence -> sequence.size() > 1 || Arrays.stream(endTokens).noneMatch(end -> end == sequence.getFirst()))
        .map(sequence -> new SequenceBias(sequence, Double.NEGATIVE_INFINITY))
        .toList());
  }

  /** No end token before the sequence has {@code minimum} tokens. */
  static LogitsProcessor minLength(int minimum, int... endTokens) {
    int[] copy = endTokens.clone();
    return step -> {
      if (step.length < minimum) forbid(step, copy);
    };
  }

  /** No end token before {@code minimum} tokens are generated. */
  static LogitsProcessor minNewTokens(int minimum, int... endTokens) {
    int[] copy = endTokens.clone();
    return step -> {
      if (step.length - step.promptLength < minimum) forbid(step, copy);
    };
  }

  /** The second token of the sequence is {@code token}. */
  static LogitsProcessor forcedBegin(int token) {
    return step -> {
      if (step.length == 1) force(step, token);
    };
  }

  /** The last token that {@code maximumLength} leaves room for is one of {@code endTokens}. */
  static LogitsProcessor forcedEnd(int maximumLength, int... endTokens) {
    int[] copy = endTokens.clone();
    return step -> {
      if (step.length == maximumLength - 1) force(step, copy);
    };
  }

  /** After {@code start} generated tokens the end tokens' scores rise by their size times factor^(tokens since) - 1. */
  static LogitsProcessor exponentialDecay(int start, double factor, int... endTokens) {
    int[] copy = endTokens.clone();
    return step -> {
      int since = step.length - step.promptLength - start;
      if (since <= 0) return;
      float rise = (float) (StrictMath.pow(factor, since) - 1);
      for (int token : copy) {
        if (!isScored(step, token)) continue;
        float score = step.logits[step.from + token];
        // A forbidden token stays so: minus infinity plus its size would be no number.
        if (score != Float.NEGATIVE_INFINITY) step.logits[step.from + token] = score + Math.abs(score) * rise;
      }
    };
  }

  /** These tokens never appear. */
  static LogitsProcessor suppress(int... tokens) {
    int[] copy = tokens.clone();
    return step -> forbid(step, copy);
  }

  /** None of these tokens is the first of a text, or the second where the first is forced ({@code isForced}) and stands alone before it. */
  static LogitsProcessor suppressAtBegin(boolean isForced, int... tokens) {
    int[] copy = tokens.clone();
    return step -> {
      int begin = step.promptLength == 1 && isForced ? 2 : step.promptLength;
      if (step.length == begin) forbid(step, copy);
    };
  }

  private static boolean isScored(Scratch step, int token) {
    return token >= 0 && token < step.size;
  }

  private static void forbid(Scratch step, int[] tokens) {
    for (int token : tokens) if (isScored(step, token)) step.logits[step.from + token] = Float.NEGATIVE_INFINITY;
  }

  private static void force(Scratch step, int... tokens) {
    Arrays.fill(step.logits, step.from, step.from + step.size, Float.NEGATIVE_INFINITY);
    for (int token : tokens) if (isScored(step, token)) step.logits[step.from + token] = 0;
  }

  private static boolean endsWithPrefix(Scratch step, List<Integer> sequence) {
    int prefix = sequence.size() - 1;
    // The reference compares a sequence only when as many tokens as it has, one more than its beginning, are there.
    if (prefix > 0 && prefix >= step.length) return false;
    for (int i = 0; i < prefix; i++) if (step.tokens[step.length - prefix + i] != sequence.get(i)) return false;
    return true;
  }

  /** Forbids every token that follows, somewhere in {@code source}, the {@code size} - 1 tokens that the sequence ends with. */
  private static void forbidContinuations(Scratch step, int[] source, int sourceLength, int size) {
    int prefix = size - 1;
    int tail = step.length - prefix;
    if (tail < 0) return;
    for (int start = 0; start + prefix < sourceLength; start++) {
      int next = source[start + prefix];
      if (isScored(step, next) && Arrays.equals(source, start, start + prefix, step.tokens, tail, step.length)) {
        step.logits[step.from + next] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
