package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A vocabulary trained on a few sentences: all bytes, some merges, markup, and what a wary tokenizer must not fall for. */
final class SmallVocabulary {
  static final int START = 0;
  static final int END = 1;
  /** Begins as {@link #END} does and is longer. */
  static final int END_OF_DOCUMENT = 2;
  /** A word like any other, but markup. */
  static final int STOP = 3;
  /** Text that the authors of a model added. */
  static final int THINK = 4;
  /** Eight blanks that the authors of a model added. */
  static final int INDENT = 5;
  /** A word that no merge leads to. */
  static final int ZEBRA = 6;

  private static final int FIRST_BYTE = 7;
  private static final String TEXT = """
      The library keeps the texts, and the texts keep the library. A scribe copies each text in the evening; there are 1234 of them.
      Another 1234 are lost.
      Bücher, Blätter und Übersetzungen — die Schreiber arbeiten in der Bücherei. It's the scribe's own work, isn't it?
      文書館の書記は文書を写す。図書館の文書、文書館の図書。    for (text : texts) { copy(text); } aaaa aaaa aaaa
      """;

  private SmallVocabulary() {}

  static int idOfByte(int unsigned) {
    return FIRST_BYTE + unsigned;
  }

  static Tokenizer tokenizer(String split) {
    return Tokenizers.byteLevelBpe(vocabulary(split));
  }

  static Vocabulary vocabulary(String split) {
    var tokens = new ArrayList<>(List.of("<|im_start|>", "<|im_end|>", "<|im_end|>\n<|doc|>", "STOP", "<think>", "        ", "zebra"));
    for (int i = 0; i < 256; i++) tokens.add(String.valueOf(ByteAlphabet.character(i)));
    var merges = new ArrayList<String>();
    train(tokens, merges);
    // Merges that end in markup, as a damaged or hostile file may hold them.
    tokens.addAll(List.of("ST", "STO"));
    merges.addAll(List.of("S T", "ST O", "STO P"));
    var types = new int[tokens.size()];
    Arrays.fill(types, TokenType.NORMAL.number());
    Arrays.fill(types, 0, THINK, TokenType.CONTROL.number());
    Arrays.fill(types, THINK, ZEBRA, TokenType.USER_DEFINED.number());
    return new Vocabulary("small", tokens.toArray(String[]::new), types, merges.toArray(String[]::new), split);
  }

  /** Merges the most frequent pair, of equals the first by spelling, until none stands there twice. */
  private static void train(List<String> tokens, List<String> merges) {
    var words = new ArrayList<List<String>>();
    byte[] bytes = Utf8.encode(TEXT, 0, TEXT.length());
    Splits.gpt2().split(bytes, 0, bytes.length, (text, from, to) -> {
      var word = new ArrayList<String>();
      for (int i = from; i < to; i++) word.add(String.valueOf(ByteAlphabet.character(text[i] & 0xFF)));
      words.add(word);
    });
    while (true) {
      var counts = new HashMap<String, Integer>();
      for (var word : words) for (int i = 0; i + 1 < word.size(); i++) counts.merge(word.get(i) + " " + word.get(i + 1), 1, Integer::sum);
      var best = counts.entrySet().stream().max(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()));
      if (best.isEmpty() || best.get().getValue() < 2) return;
      String merge = best.get().getKey(), result = merge.replace(" ", "");
      merges.add(merge);
      if (!tokens.contains(result)) tokens.add(result);
      for (var word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (!merge.equals(word.get(i) + " " + word.get(i + 1))) continue;
          word.set(i, result);
          word.remove(i + 1);
        }
      }
    }
  }
}
