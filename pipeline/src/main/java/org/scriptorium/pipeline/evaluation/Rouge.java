package org.scriptorium.pipeline.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * ROUGE (Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries) as the Python package rouge-score has it: words are runs of
 * the letters a to z and of digits, in lower case; of several references the one with the best F1 counts, for each measure by itself.
 */
public enum Rouge {
  /** Words as they are. */
  PLAIN,
  /** Words of more than three letters by their Porter stems. */
  STEMMED;

  private static final Pattern BETWEEN_WORDS = Pattern.compile("[^a-z0-9]+");

  /**
   * The measures of one text.
   *
   * @param rouge1 shared words
   * @param rouge2 shared pairs of words
   * @param rougeL longest common subsequence of all words
   * @param rougeLsum the same by lines: each of the reference's with all of the prediction's
   */
  public record Scores(Score rouge1, Score rouge2, Score rougeL, Score rougeLsum) {}

  /** @param references at least one */
  public Scores score(String prediction, List<String> references) {
    if (references.isEmpty()) throw new IllegalArgumentException("expected at least one reference, found none");
    List<Scores> scores = references.stream().map(reference -> score(prediction, reference)).toList();
    return new Scores(best(scores, Scores::rouge1), best(scores, Scores::rouge2), best(scores, Scores::rougeL),
        best(scores, Scores::rougeLsum));
  }

  public Scores score(String prediction, String reference) {
    List<String> predicted = words(prediction), wanted = words(reference);
    return new Scores(ngrams(predicted, wanted, 1), ngrams(predicted, wanted, 2),
        Score.of(longest(wanted, predicted), predicted.size(), wanted.size()),
        lines(lines(prediction), lines(reference)));
  }

  private static Score best(List<Scores> scores, Function<Scores, Score> measure) {
    return scores.stream().map(measure).max(Comparator.comparingDouble(Score::f1)).orElseThrow();
  }

  List<String> words(String text) {
    List<String> words = new ArrayList<>();
    for (String word : BETWEEN_WORDS.split(text.toLowerCase(Locale.ROOT))) {
      if (word.isEmpty()) continue;
      words.add(this == STEMMED && word.length() > 3 ? PorterStemmer.stem(word) : word);
    }
    return words;
  }

  private List<List<String>> lines(String text) {
    return Arrays.stream(text.split("\n")).map(this::words).toList();
  }

  private static Score ngrams(List<String> predicted, List<String> wanted, int length) {
    Map<List<String>, Integer> found = counts(predicted, length), expected = counts(wanted, length);
    long shared = expected.entrySet().stream().mapToLong(each -> Math.min(each.getValue(), found.getOrDefault(each.getKey(), 0))).sum();
    return Score.of(shared, Math.max(0, predicted.size() - length + 1), Math.max(0, wanted.size() - length + 1));
  }

  private static Map<List<String>, Integer> counts(List<String> words, int length) {
    Map<List<String>, Integer> counts = new HashMap<>();
    for (int i = 0; i + length <= words.size(); i++) counts.merge(words.subList(i, i + length), 1, Integer::sum);
    return counts;
  }

  /** A word counts once for each time that it is in both texts, whichever lines share it. */
  private static Score lines(List<List<String>> predicted, List<List<String>> wanted) {
    Map<String, Integer> inPrediction = new HashMap<>(), inReference = new HashMap<>();
    predicted.forEach(line -> line.forEach(word -> inPrediction.merge(word, 1, Integer::sum)));
    wanted.forEach(line -> line.forEach(word -> inReference.merge(word, 1, Integer::sum)));
    long hits = 0;
    for (List<String> line : wanted) {
      BitSet union = new BitSet();
      for (List<String> other : predicted) mark(union, line, other);
      for (int i = union.nextSetBit(0); i >= 0; i = union.nextSetBit(i + 1)) {
        String word = line.get(i);
        if (inPrediction.getOrDefault(word, 0) == 0 || inReference.get(word) == 0) continue;
        hits++;
        inPrediction.merge(word, -1, Integer::sum);
        inReference.merge(word, -1, Integer::sum);
      }
    }
    return Score.of(hits, predicted.stream().mapToLong(List::size).sum(), wanted.stream().mapToLong(List::size).sum());
  }

  /**
   * Marks the words of a line that are in its longest common subsequence with another; of several such the one that the reference reads
   * out.
   */
  private static void mark(BitSet union, List<String> line, List<String> other) {
    BitSet[] isLeft = new BitSet[line.size() + 1];
    longest(line, other, isLeft);
    int i = line.size(), j = other.size();
    while (i > 0 && j > 0) {
      if (line.get(i - 1).equals(other.get(j - 1))) {
        union.set(--i);
        j--;
      } else if (isLeft[i].get(j)) {
        j--;
      } else {
        i--;
      }
    }
  }

  private static int longest(List<String> a, List<String> b) {
    return longest(a, b, new BitSet[0]);
  }

  /**
   * The length of the longest common subsequence, by the lengths of all beginnings, of which two rows are kept.
   *
   * @param isLeft gets, unless it is empty, for each beginning of {@code a} where that of {@code b} may lose a word rather than that of
   *     {@code a}: what leads back to the words themselves, in a bit instead of a number for each pair
   */
  private static int longest(List<String> a, List<String> b, BitSet[] isLeft) {
    int[] above = new int[b.size() + 1], lengths = new int[b.size() + 1];
    for (int i = 1; i <= a.size(); i++) {
      String word = a.get(i - 1);
      BitSet left = new BitSet();
      for (int j = 1; j <= b.size(); j++) {
        if (word.equals(b.get(j - 1))) {
          lengths[j] = above[j - 1] + 1;
        } else {
          lengths[j] = Math.max(above[j], lengths[j - 1]);
          if (lengths[j - 1] > above[j]) left.set(j);
        }
      }
      if (isLeft.length > 0) isLeft[i] = left;
      int[] free = above;
      above = lengths;
      lengths = free;
    }
    return above[b.size()];
  }
}
