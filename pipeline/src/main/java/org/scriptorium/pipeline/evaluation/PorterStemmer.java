package org.scriptorium.pipeline.evaluation;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Porter's stemmer (An algorithm for suffix stripping, Program 14.3, 1980) with the extensions of NLTK, which the package rouge-score
 * uses: other stemmers, Lucene's among them, give other stems for words such as {@code enjoy}, {@code dying} and {@code flies}, and so
 * other scores.
 */
final class PorterStemmer {
  private static final Map<String, String> IRREGULAR = Map.ofEntries(Map.entry("sky", "sky"), Map.entry("skies", "sky"),
      Map.entry("dying", "die"), Map.entry("lying", "lie"), Map.entry("tying", "tie"), Map.entry("news", "news"),
      Map.entry("innings", "inning"), Map.entry("inning", "inning"), Map.entry("outings", "outing"), Map.entry("outing", "outing"),
      Map.entry("cannings", "canning"), Map.entry("canning", "canning"), Map.entry("howe", "howe"), Map.entry("proceed", "proceed"),
      Map.entry("exceed", "exceed"), Map.entry("succeed", "succeed"));

  private static final Predicate<String> ALWAYS = stem -> true;
  private static final Predicate<String> SOME = stem -> measure(stem) > 0;
  private static final Predicate<String> SEVERAL = stem -> measure(stem) > 1;

  /** A suffix, what takes its place, and what must hold of the rest. Of a step's rules the first whose suffix is there decides. */
  private record Rule(String suffix, String replacement, Predicate<String> condition) {}

  private static final List<Rule> STEP_1A = List.of(new Rule("sses", "ss", ALWAYS), new Rule("ies", "i", ALWAYS),
      new Rule("ss", "ss", ALWAYS), new Rule("s", "", ALWAYS));
  private static final List<Rule> STEP_1C =
      List.of(new Rule("y", "i", stem -> stem.length() > 1 && isConsonant(stem, stem.length() - 1)));
  private static final List<Rule> STEP_2 =
      List.of(some("ational", "ate"), some("tional", "tion"), some("enci", "ence"), some("anci", "ance"),
      some("izer", "ize"), some("bli", "ble"), some("alli", "al"), some("entli", "ent"), some("eli", "e"), some("ousli", "ous"),
      some("ization", "ize"), some("ation", "ate"), some("ator", "ate"), some("alism", "al"), some("iveness", "ive"),
      some("fulness", "ful"), some("ousness", "ous"), some("aliti", "al"), some("iviti", "ive"), some("biliti", "ble"),
      some("fulli", "ful"),
      // The l belongs to the stem here, so that geologi is as archaeologi is.
      new Rule("logi", "log", stem -> measure(stem + "l") > 0));
  private static final List<Rule> STEP_3 = List.of(some("icate", "ic"), some("ative", ""), some("alize", "al"), some("iciti", "ic"),
      some("ical", "ic"), some("ful", ""), some("ness", ""));
  private static final List<Rule> STEP_4 = List.of(several("al"), several("ance"), several("ence"), several("er"), several("ic"),
      several("able"), several("ible"), several("ant"), several("ement"), several("ment"), several("ent"),
      new Rule("ion", "", stem -> measure(stem) > 1 && (stem.endsWith("s") || stem.endsWith("t"))), several("ou"), several("ism"),
      several("ate"), several("iti"), several("ous"), several("ive"), several("ize"));
  private static final List<Rule> STEP_5B = List.of(new Rule("ll", "l", stem -> measure(stem + "l") > 1));

  private PorterStemmer() {}

  /** The stem of a word in lower case. */
  static String stem(String word) {
    if (IRREGULAR.containsKey(word)) return IRREGULAR.get(word);
    if (word.length() <= 2) return word;
    boolean isShort = word.endsWith("ies") && word.length() == 4;
    String stem = isShort ? word.substring(0, 3) : apply(STEP_1A, word);
    stem = apply(STEP_1C, pastAndProgressive(stem));
    stem = apply(STEP_4, apply(STEP_3, derived(stem)));
    return apply(STEP_5B, withoutE(stem));
  }

  /** Step 1b. */
  private static String pastAndProgressive(String word) {
    if (word.endsWith("ied")) return without(word, "ied") + (word.length() == 4 ? "ie" : "i");
    if (word.endsWith("eed")) return measure(without(word, "eed")) > 0 ? without(word, "d") : word;
    for (String suffix : List.of("ed", "ing")) {
      String stem = word.endsWith(suffix) ? without(word, suffix) : "";
      if (hasVowel(stem)) return completed(stem);
    }
    return word;
  }

  /** Puts back what an ending took. */
  private static String completed(String stem) {
    if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) return stem + "e";
    int last = stem.length() - 1;
    if (last > 0 && stem.charAt(last) == stem.charAt(last - 1) && isConsonant(stem, last))
      return "lsz".indexOf(stem.charAt(last)) < 0 ? stem.substring(0, last) : stem;
    return measure(stem) == 1 && endsInShortSyllable(stem) ? stem + "e" : stem;
  }

  /** Step 2. */
  private static String derived(String word) {
    boolean isAdverb = word.endsWith("alli") && measure(without(word, "alli")) > 0;
    return isAdverb ? derived(without(word, "li")) : apply(STEP_2, word);
  }

  /** Step 5a. */
  private static String withoutE(String word) {
    if (!word.endsWith("e")) return word;
    String stem = without(word, "e");
    return measure(stem) > 1 || measure(stem) == 1 && !endsInShortSyllable(stem) ? stem : word;
  }

  private static String apply(List<Rule> rules, String word) {
    for (Rule rule : rules) {
      if (!word.endsWith(rule.suffix)) continue;
      String stem = without(word, rule.suffix);
      return rule.condition.test(stem) ? stem + rule.replacement : word;
    }
    return word;
  }

  private static Rule some(String suffix, String replacement) {
    return new Rule(suffix, replacement, SOME);
  }

  private static Rule several(String suffix) {
    return new Rule(suffix, "", SEVERAL);
  }

  private static String without(String word, String suffix) {
    return word.substring(0, word.length() - suffix.length());
  }

  /** Porter's m: how often a vowel is followed by a consonant. */
  private static int measure(String stem) {
    int count = 0;
    boolean wasVowel = false, isConsonant = false;
    for (int i = 0; i < stem.length(); i++) {
      isConsonant = isConsonant(stem.charAt(i), i > 0 && isConsonant);
      if (wasVowel && isConsonant) count++;
      wasVowel = !isConsonant;
    }
    return count;
  }

  private static boolean hasVowel(String stem) {
    for (int i = 0; i < stem.length(); i++) if (!isConsonant(stem, i)) return true;
    return false;
  }

  private static boolean isConsonant(String word, int index) {
    boolean isConsonant = false;
    for (int i = 0; i <= index; i++) isConsonant = isConsonant(word.charAt(i), i > 0 && isConsonant);
    return isConsonant;
  }

  /** A y is a vowel after a consonant. */
  private static boolean isConsonant(char letter, boolean afterConsonant) {
    return letter == 'y' ? !afterConsonant : "aeiou".indexOf(letter) < 0;
  }

  private static boolean endsInShortSyllable(String stem) {
    int last = stem.length() - 1;
    if (last == 1) return !isConsonant(stem, 0) && isConsonant(stem, 1);
    return last > 1 && isConsonant(stem, last - 2) && !isConsonant(stem, last - 1) && isConsonant(stem, last)
        && "wxy".indexOf(stem.charAt(last)) < 0;
  }
}
