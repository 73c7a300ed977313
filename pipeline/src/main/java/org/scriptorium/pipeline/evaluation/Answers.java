package org.scriptorium.pipeline.evaluation;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * Answers to questions as SQuAD 2.0 scores them (Rajpurkar et al. 2018, arXiv:1806.03822): without regard to case, punctuation (of ASCII),
 * articles and blanks; the best of several references counts. A question without an answer has the reference {@code ""}, which only an
 * empty answer equals.
 */
public final class Answers {
  private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");
  private static final Pattern ARTICLE = Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern BLANKS = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

  private Answers() {}

  /** 1 if the prediction is one of the references, else 0. */
  public static double exactMatch(String prediction, List<String> references) {
    String found = normalized(prediction);
    return best(references, reference -> found.equals(normalized(reference)) ? 1 : 0);
  }

  /** F1 of the words that the prediction shares with the reference that it is nearest to. */
  public static double f1(String prediction, List<String> references) {
    List<String> found = words(prediction);
    return best(references, reference -> f1(found, words(reference)));
  }

  /** References that are nothing but articles and punctuation are left out; without another there is no answer. */
  private static double best(List<String> references, ToDoubleFunction<String> score) {
    List<String> answers = references.stream().filter(reference -> !normalized(reference).isEmpty()).toList();
    return (answers.isEmpty() ? List.of("") : answers).stream().mapToDouble(score).max().orElseThrow();
  }

  private static double f1(List<String> found, List<String> wanted) {
    if (found.isEmpty() || wanted.isEmpty()) return found.equals(wanted) ? 1 : 0;
    Map<String, Integer> left = new HashMap<>();
    wanted.forEach(word -> left.merge(word, 1, Integer::sum));
    long shared = found.stream().filter(word -> left.merge(word, -1, Integer::sum) >= 0).count();
    return Score.of(shared, found.size(), wanted.size()).f1();
  }

  private static List<String> words(String text) {
    String normalized = normalized(text);
    return normalized.isEmpty() ? List.of() : Arrays.asList(normalized.split(" "));
  }

  static String normalized(String text) {
    String plain = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    return BLANKS.matcher(ARTICLE.matcher(plain).replaceAll(" ")).replaceAll(" ").strip();
  }
}
