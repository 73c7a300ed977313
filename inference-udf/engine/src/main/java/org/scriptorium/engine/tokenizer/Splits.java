package org.scriptorium.engine.tokenizer;

import static org.scriptorium.engine.tokenizer.CodePoints.*;

import org.scriptorium.engine.tokenizer.Splitter.Pattern;

/**
 * The patterns that released tokenizers split by, written out as scanners. Each factory states its pattern as the
 * {@code tokenizer.json} of such models has it; alternatives are tried in order, the first that matches wins.
 */
final class Splits {
  private static final int NO_LIMIT = Integer.MAX_VALUE;
  private static final int LONG_S = 0x17F;

  private Splits() {}

  /** Which short forms after an apostrophe are words of their own. */
  enum Contractions {
    NONE,
    /** {@code 's|'t|'re|'ve|'m|'ll|'d} */
    LOWER_CASE,
    /** {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)}, where U+017F is an s too. */
    ANY_CASE;

    /** The end of the form at {@code from}, {@code from} itself if there is none. */
    int match(byte[] text, int from, int to) {
      if (this == NONE || text[from] != '\'' || from + 1 >= to) return from;
      int first = letter(text, from + 1), second = from + 2 < to ? letter(text, from + 2) : 0;
      if (first == 's' || first == 't' || first == 'm' || first == 'd') return from + 2;
      if (second == 'e' && (first == 'r' || first == 'v') || second == 'l' && first == 'l') return from + 3;
      return this == ANY_CASE && text[from + 1] < 0 && at(text, from + 1) == LONG_S ? from + 3 : from;
    }

    private int letter(byte[] text, int position) {
      int unit = text[position];
      return this == ANY_CASE && unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
    }
  }

  /** GPT-2: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+} */
  static Pattern gpt2() {
    return (text, from, to) -> {
      int contraction = Contractions.LOWER_CASE.match(text, from, to);
      if (contraction > from) return contraction;
      int start = text[from] == ' ' && from + 1 < to ? from + 1 : from;
      int kind = kindAt(text, start);
      if ((kind & LETTER) != 0) return run(text, start, to, LETTER);
      if ((kind & NUMBER) != 0) return run(text, start, to, NUMBER);
      if ((kind & SPACE) == 0) return run(text, start, to, ALL & ~(SPACE | LETTER | NUMBER));
      return blanks(text, from, to);
    };
  }

  /**
   * GPT-4 and its kin: {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|}
   * {@code  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}
   *
   * @param contractions the first alternative
   * @param letters kinds of the second alternative's words, which the fourth excludes
   * @param digits the most numbers in a word
   * @param tail kinds that may follow the fourth alternative's word
   */
  static Pattern gpt4(Contractions contractions, int letters, int digits, int tail) {
    int signs = ALL & ~(SPACE | letters | NUMBER);
    return (text, from, to) -> {
      int contraction = contractions.match(text, from, to);
      if (contraction > from) return contraction;
      int kind = kindAt(text, from);
      // A mark is both a possible first character and a letter where marks count as letters; the run is the same.
      if ((kind & letters) != 0) return run(text, from, to, letters);
      if ((kind & NUMBER) != 0) return numbers(text, from, to, digits);
      int next = after(text, from);
      if ((kind & NEWLINE) == 0 && next < to && (kindAt(text, next) & letters) != 0) return run(text, next, to, letters);
      int sign = text[from] == ' ' && next < to ? next : from;
      if ((kindAt(text, sign) & signs) != 0) return run(text, run(text, sign, to, signs), to, tail);
      return lines(text, from, to);
    };
  }

  /**
   * GPT-4o and its kin, whose words change with the case:
   * {@code [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|}
   * {@code [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|}
   * {@code \p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+}
   */
  static Pattern gpt4o(Contractions contractions, int digits) {
    int signs = ALL & ~(SPACE | LETTER | NUMBER);
    return (text, from, to) -> {
      int word = casedWord(text, from, to);
      if (word > from) return word < to ? contractions.match(text, word, to) : word;
      if ((kindAt(text, from) & NUMBER) != 0) return numbers(text, from, to, digits);
      int next = after(text, from);
      int sign = text[from] == ' ' && next < to ? next : from;
      if ((kindAt(text, sign) & signs) == 0) return lines(text, from, to);
      int end = run(text, sign, to, signs);
      while (end < to && (text[end] == '\r' || text[end] == '\n' || text[end] == '/')) end++;
      return end;
    };
  }

  /**
   * The last of DeepSeek-V3's three patterns:
   * {@code [!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|}
   * {@code  ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}
   */
  static Pattern deepSeekWords() {
    int signs = PUNCTUATION | SYMBOL, letters = LETTER | MARK;
    return (text, from, to) -> {
      int kind = kindAt(text, from), next = after(text, from);
      if (text[from] >= 0 && (kind & signs) != 0) {
        int end = next;
        while (end < to && isAsciiLetter(text[end])) end++;
        if (end > next) return end;
      }
      if ((kind & (NEWLINE | LETTER | signs)) == 0 && next < to && (kindAt(text, next) & letters) != 0) return run(text, next, to, letters);
      if ((kind & letters) != 0) return run(text, from, to, letters);
      int sign = text[from] == ' ' && next < to ? next : from;
      if ((kindAt(text, sign) & signs) != 0) return run(text, run(text, sign, to, signs), to, NEWLINE);
      return (kind & SPACE) != 0 ? lines(text, from, to) : from;
    };
  }

  /** {@code [一-龥\u3040-ゟ゠-ヿ]+}: Chinese characters and kana. */
  static Pattern hanAndKana() {
    return (text, from, to) -> {
      int end = from;
      while (end < to && isHanOrKana(text, end)) end += 3;
      return end;
    };
  }

  /** {@code \p{N}{1,most}} */
  static Pattern numbers(int most) {
    return (text, from, to) -> numbers(text, from, to, most);
  }

  /** {@code \p{N}+} */
  static Pattern numbers() {
    return numbers(NO_LIMIT);
  }

  /** {@code [0-9][0-9][0-9]} */
  static Pattern asciiTriples() {
    return (text, from, to) -> {
      boolean triple = to - from >= 3 && isDigit(text[from]) && isDigit(text[from + 1]) && isDigit(text[from + 2]);
      return triple ? from + 3 : from;
    };
  }

  /** {@code [\p{P}…]+} with some ASCII symbols besides. */
  static Pattern punctuation(String symbols) {
    return (text, from, to) -> {
      int end = from;
      while (end < to && ((kindAt(text, end) & PUNCTUATION) != 0 || symbols.indexOf(at(text, end)) >= 0)) end = after(text, end);
      return end;
    };
  }

  private static int casedWord(byte[] text, int from, int to) {
    int kind = kindAt(text, from);
    int next = (kind & (NEWLINE | LETTER | NUMBER)) == 0 ? after(text, from) : to;
    int end = next < to ? lowered(text, next, to) : next;
    if (next < to && end > next) return end;
    end = lowered(text, from, to);
    if (end > from) return end;
    end = next < to ? run(text, next, to, UPPER) : next;
    if (next < to && end > next) return end;
    return run(text, from, to, UPPER);
  }

  /** {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+}; what it leaves to the second form begins with capitals alone. */
  private static int lowered(byte[] text, int from, int to) {
    int capitals = run(text, from, to, UPPER | UNCASED | MARK);
    int end = run(text, capitals, to, LOWER | UNCASED | MARK);
    if (end > capitals) return end;
    while (end > from && (kindAt(text, before(text, end)) & UPPER) != 0) end = before(text, end);
    return end;
  }

  private static int numbers(byte[] text, int from, int to, int most) {
    if (most == NO_LIMIT) return run(text, from, to, NUMBER);
    int end = from;
    for (int i = 0; i < most && end < to && (kindAt(text, end) & NUMBER) != 0; i++) end = after(text, end);
    return end;
  }

  /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}, where white space begins. */
  private static int lines(byte[] text, int from, int to) {
    int end = run(text, from, to, SPACE);
    for (int i = end; i > from; i--) if (text[i - 1] == '\n' || text[i - 1] == '\r') return i;
    return withoutLast(text, from, end, to);
  }

  /** {@code \s+(?!\S)|\s+}, where white space begins. */
  private static int blanks(byte[] text, int from, int to) {
    return withoutLast(text, from, run(text, from, to, SPACE), to);
  }

  /** Leaves a run's last blank to the word that follows, unless it is the only one. */
  private static int withoutLast(byte[] text, int from, int end, int to) {
    if (end == to) return end;
    int last = before(text, end);
    return last > from ? last : end;
  }

  private static boolean isHanOrKana(byte[] text, int position) {
    int first = text[position] & 0xFF;
    if (first < 0xE3 || first > 0xE9) return false;
    int codePoint = at(text, position);
    return codePoint >= 0x4E00 && codePoint <= 0x9FA5 || codePoint >= 0x3040 && codePoint <= 0x30FF;
  }

  private static boolean isAsciiLetter(byte unit) {
    return unit >= 'a' && unit <= 'z' || unit >= 'A' && unit <= 'Z';
  }

  private static boolean isDigit(byte unit) {
    return unit >= '0' && unit <= '9';
  }
}
