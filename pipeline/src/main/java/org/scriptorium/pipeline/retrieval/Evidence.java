package org.scriptorium.pipeline.retrieval;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What of a written answer the passages hold. An answer's own words are those that are not the question's, without the shortest, compared
 * by their first five characters as they are when an index is searched; of Chinese, Japanese and Korean by pairs of characters.
 *
 * <p>There is no answer where the model says so, or where fewer than half of the answer's own words stand in the passages: then the model
 * told what it knows or made it up. An answer without words of its own, such as "yes", stays.
 */
final class Evidence {
  private static final Pattern NO_ANSWER = Pattern.compile("[\\s\"'*]*no[ _-]answer\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
  /** One passage, or several as in {@code [1, 2]}. */
  private static final Pattern MARK = Pattern.compile("\\s?\\[(\\d{1,4}(?:\\s*,\\s*\\d{1,4})*)]");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final double LEAST_SHARE = 0.5;
  /** Words that hardly say anything; numbers do. */
  private static final Pattern SHORT = Pattern.compile("\\p{IsLatin}{1,3}");

  /**
   * A passage that an answer refers to.
   *
   * @param number of the passage in the prompt, from 1 on
   * @param marked true if the text has the mark; false where the text has none, and the passage was found by the answer's words
   */
  record Citation(int number, boolean marked) {}

  private final String text;
  private final boolean hasAnswer;
  private final List<Citation> citations;

  private Evidence(String text, List<Citation> citations, boolean hasAnswer) {
    this.text = text;
    this.citations = citations;
    this.hasAnswer = hasAnswer;
  }

  /** @param passages that the model saw, in the order of their numbers */
  static Evidence of(String question, String answer, List<String> passages) {
    Set<Integer> marks = new LinkedHashSet<>();
    String text = MARK.matcher(answer).replaceAll(mark -> {
      List<Integer> numbers = NUMBER.matcher(mark.group(1)).results().map(number -> Integer.parseInt(number.group())).toList();
      List<Integer> resolved = numbers.stream().filter(number -> number >= 1 && number <= passages.size()).toList();
      marks.addAll(resolved);
      if (resolved.size() == numbers.size()) return Matcher.quoteReplacement(mark.group());
      if (resolved.isEmpty()) return "";
      String blank = mark.group().startsWith("[") ? "" : mark.group().substring(0, 1);
      return Matcher.quoteReplacement(blank + resolved.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]")));
    }).strip();
    String plain = MARK.matcher(text).replaceAll("").strip();
    if (plain.isEmpty() || NO_ANSWER.matcher(plain).matches()) return new Evidence("", List.of(), false);
    Set<String> own = ownWords(question, plain);
    List<Set<String>> words = passages.stream().map(Words::allPrefixesOf).toList();
    long held = own.stream().filter(word -> words.stream().anyMatch(passage -> passage.contains(word))).count();
    if (held < LEAST_SHARE * own.size()) return new Evidence("", List.of(), false);
    List<Citation> citations = new ArrayList<>();
    for (int number : marks) citations.add(new Citation(number, true));
    if (citations.isEmpty()) best(own, words).ifPresent(number -> citations.add(new Citation(number, false)));
    return new Evidence(text, List.copyOf(citations), true);
  }

  /** The answer, without marks that name no passage; empty where there is none. */
  String text() {
    return text;
  }

  boolean hasAnswer() {
    return hasAnswer;
  }

  List<Citation> citations() {
    return citations;
  }

  private static Set<String> ownWords(String question, String answer) {
    Set<String> own = Words.allPrefixesOf(answer);
    own.removeAll(Words.allPrefixesOf(question));
    own.removeIf(word -> SHORT.matcher(word).matches());
    return own;
  }

  /** The passage that holds the most of the words. */
  private static java.util.Optional<Integer> best(Set<String> own, List<Set<String>> passages) {
    int best = -1;
    long most = 0;
    for (int i = 0; i < passages.size(); i++) {
      Set<String> passage = passages.get(i);
      long held = own.stream().filter(passage::contains).count();
      if (held > most) {
        most = held;
        best = i;
      }
    }
    return best < 0 ? java.util.Optional.empty() : java.util.Optional.of(best + 1);
  }
}
