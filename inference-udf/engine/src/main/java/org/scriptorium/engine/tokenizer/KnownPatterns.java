package org.scriptorium.engine.tokenizer;

import static org.scriptorium.engine.tokenizer.CodePoints.LETTER;
import static org.scriptorium.engine.tokenizer.CodePoints.MARK;
import static org.scriptorium.engine.tokenizer.CodePoints.NEWLINE;

import java.util.HashMap;
import java.util.Map;
import org.scriptorium.engine.tokenizer.Splits.Contractions;

/** Regular expressions that most tokenizers share, with the scanners that do the same faster; any other goes through Java's. */
final class KnownPatterns {
  static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String LINES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final Map<String, Splitter.Pattern> SCANNERS = scanners();

  private KnownPatterns() {}

  static Finder finder(String regex, String where) {
    var scanner = SCANNERS.get(regex);
    return scanner != null ? Finder.of(scanner) : new RegexFinder(OnigurumaSyntax.compile(regex, where));
  }

  static Map<String, Splitter.Pattern> all() {
    return SCANNERS;
  }

  private static Map<String, Splitter.Pattern> scanners() {
    var scanners = new HashMap<String, Splitter.Pattern>();
    scanners.put(GPT2, Splits.gpt2());
    for (int digits : new int[] {1, 3}) {
      String numbers = digits == 1 ? "\\p{N}" : "\\p{N}{1,3}", end = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + LINES;
      scanners.put(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + numbers + end,
          Splits.gpt4(Contractions.ANY_CASE, LETTER, digits, NEWLINE));
      scanners.put(numbers, Splits.numbers(digits));
      String word = "[^\\r\\n\\p{L}\\p{N}]?", slash = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + LINES;
      String cased = word + UPPER + "*" + LOWER + "+%s|" + word + UPPER + "+" + LOWER + "*%s|" + numbers + slash;
      scanners.put(cased.replace("%s", CONTRACTIONS + "?"), Splits.gpt4o(Contractions.ANY_CASE, digits));
      scanners.put(cased.replace("%s", ""), Splits.gpt4o(Contractions.NONE, digits));
    }
    scanners.put(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" + LINES,
        Splits.gpt4(Contractions.ANY_CASE, LETTER | MARK, 1, NEWLINE));
    scanners.put("[一-龥\u3040-ゟ゠-ヿ]+", Splits.hanAndKana());
    scanners.put("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
        + " ?[\\p{P}\\p{S}]+[\\r\\n]*|" + LINES, Splits.deepSeekWords());
    return Map.copyOf(scanners);
  }
}
