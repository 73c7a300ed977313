package org.scriptorium.engine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A byte-level BPE vocabulary: special tokens, the 256 bytes, and merges learned from a short text.
 *
 * @param tokens by id, in the letters that stand for bytes (Radford et al. 2019)
 * @param merges by rank, the two parts with a space between
 */
record TinyVocabulary(List<String> tokens, List<String> merges) {
  static final List<String> SPECIALS = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
  /** The letter that stands for a space. */
  static final char SPACE = '\u0120';

  private static final int MERGES = 200;
  private static final String TEXT = """
      the library holds the letters of a city and the people who wrote them. every letter was read, counted and put in a box with a number.
      when the river rose in the winter the boxes were carried up the stairs one by one, and not a single letter was lost. the keeper of the
      house said that words are like water: they find their way. she would summarize each letter in one sentence so that others could search
      for it. some of the sentences are short, some are longer than the letters themselves. there is a list of all the names and places, and
      another of the things which were sent: bread, paper, salt, a chair, three clocks and an answer to a question that nobody had asked.
      this document describes the package and what it does. it contains files, tools and the common data that programs need to run. the user
      can install it from the archive, change its settings and remove it when it is no longer needed. please note that the first version had
      an error in the part that reads the input; the new version should be used for all work. more information about the project is on its
      page, and the source code is open to everyone who wants to learn from it or to help make it better for the next person.
      """;

  static TinyVocabulary learn() {
    var tokens = new ArrayList<>(SPECIALS);
    letters().forEach(letter -> tokens.add(String.valueOf(letter)));
    var merges = new ArrayList<String>();
    var words = words();
    while (merges.size() < MERGES) {
      List<String> best = mostFrequentPair(words);
      String merged = best.get(0) + best.get(1);
      if (!tokens.contains(merged)) tokens.add(merged);
      merges.add(best.get(0) + " " + best.get(1));
      words = merged(words, best);
    }
    return new TinyVocabulary(List.copyOf(tokens), List.copyOf(merges));
  }

  /** The letter of each byte: itself where it is visible in Latin-1, else the next one from U+0100 on; visible ones first. */
  private static List<Character> letters() {
    var visible = new ArrayList<Character>();
    for (char c = '!'; c <= '~'; c++) visible.add(c);
    for (char c = '\u00a1'; c <= '\u00ff'; c++) {
      if (c != '\u00ad') visible.add(c);
    }
    int hidden = 256 - visible.size();
    for (int i = 0; i < hidden; i++) visible.add((char) (0x100 + i));
    return visible;
  }

  /** The text's words, split into letters, with how often they appear. Punctuation and line ends are left out. */
  private static Map<List<String>, Integer> words() {
    var words = new LinkedHashMap<List<String>, Integer>();
    for (String word : TEXT.split("[^a-z]+")) {
      words.merge((SPACE + word).codePoints().mapToObj(Character::toString).toList(), 1, Integer::sum);
    }
    return words;
  }

  /** Of equally frequent pairs the first in the order of their letters. */
  private static List<String> mostFrequentPair(Map<List<String>, Integer> words) {
    var counts = new TreeMap<String, Integer>();
    words.forEach((word, count) -> {
      for (int i = 0; i + 1 < word.size(); i++) counts.merge(word.get(i) + " " + word.get(i + 1), count, Integer::sum);
    });
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
    String pair = counts.entrySet().stream().filter(entry -> entry.getValue() == most).map(Map.Entry::getKey).findFirst().orElseThrow();
    return List.of(pair.split(" "));
  }

  private static Map<List<String>, Integer> merged(Map<List<String>, Integer> words, List<String> pair) {
    return words.entrySet().stream().collect(Collectors.toMap(entry -> merged(entry.getKey(), pair), Map.Entry::getValue, Integer::sum,
        LinkedHashMap::new));
  }

  private static List<String> merged(List<String> word, List<String> pair) {
    var parts = new ArrayList<String>();
    for (int i = 0; i < word.size(); i++) {
      boolean matches = i + 1 < word.size() && word.get(i).equals(pair.get(0)) && word.get(i + 1).equals(pair.get(1));
      parts.add(matches ? word.get(i) + word.get(++i) : word.get(i));
    }
    return parts;
  }
}
