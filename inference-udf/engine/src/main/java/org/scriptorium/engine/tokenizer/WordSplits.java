package org.scriptorium.engine.tokenizer;

import static org.scriptorium.engine.tokenizer.CodePoints.*;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** The pre-tokenizers that {@code tokenizer.json} can name. */
final class WordSplits {
  private static final byte[] SIGN = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};
  private static final int SIGN_CHARACTER = 0x2581;
  private static final int[] BLANK_CHARACTER = {' '};

  private WordSplits() {}

  /** When {@link #metaspace} puts its sign before a word. */
  enum Prepend {
    ALWAYS,
    /** At the start of the source only. */
    FIRST,
    NEVER
  }

  /** White space ends words, punctuation marks are words of their own. */
  static PreTokenizer bert() {
    return (text, from, to, target) -> {
      byte[] bytes = text.bytes();
      int word = from;
      for (int i = from; i < to; ) {
        int end = after(bytes, i), codePoint = end == i + 1 ? bytes[i] : at(bytes, i), kind = kind(codePoint);
        if ((kind & SPACE) != 0 || isPunctuation(codePoint, kind)) {
          if (word < i) target.word(text, word, i);
          if ((kind & SPACE) == 0) target.word(text, i, end);
          word = end;
        }
        i = end;
      }
      if (word < to) target.word(text, word, to);
    };
  }

  static PreTokenizer whiteSpace() {
    return (text, from, to, target) -> {
      byte[] bytes = text.bytes();
      for (int i = from; i < to; ) {
        int end = run(bytes, i, to, ALL & ~SPACE);
        if (end > i) target.word(text, i, end);
        i = run(bytes, end, to, SPACE);
      }
    };
  }

  /** {@code \w+|[^\w\s]+} */
  static PreTokenizer wordsAndSigns() {
    return (text, from, to, target) -> {
      byte[] bytes = text.bytes();
      for (int i = from; i < to; ) {
        int end = i;
        boolean word = isWord(at(bytes, i)), blank = (kindAt(bytes, i) & SPACE) != 0;
        while (end < to && isWord(at(bytes, end)) == word && (kindAt(bytes, end) & SPACE) != 0 == blank) end = after(bytes, end);
        if (!blank) target.word(text, i, end);
        i = end;
      }
    };
  }

  /** {@code \w} of Rust's regular expressions. */
  static boolean isWord(int codePoint) {
    if (codePoint < 128) return codePoint == '_' || Character.isLetterOrDigit(codePoint);
    return Character.isAlphabetic(codePoint) || switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK, Character.DECIMAL_DIGIT_NUMBER,
          Character.CONNECTOR_PUNCTUATION -> true;
      default -> codePoint == 0x200C || codePoint == 0x200D;
    };
  }

  static PreTokenizer digits(SplitBehavior behavior) {
    return behavior.by(Finder.each(codePoint -> kind(codePoint) == NUMBER));
  }

  static PreTokenizer punctuation(SplitBehavior behavior) {
    return behavior.by(Finder.each(codePoint -> isPunctuation(codePoint, kind(codePoint))));
  }

  private static boolean isPunctuation(int codePoint, int kind) {
    return codePoint < 128 ? kind == PUNCTUATION || kind == SYMBOL : YoungCharacters.isPunctuation(codePoint, kind == PUNCTUATION);
  }

  static PreTokenizer character(int delimiter) {
    return SplitBehavior.REMOVED.by(Finder.each(codePoint -> codePoint == delimiter));
  }

  /** Words of so many characters. */
  static PreTokenizer fixedLength(int length) {
    return (text, from, to, target) -> {
      for (int i = from; i < to; ) {
        int end = i;
        for (int count = 0; count < length && end < to; count++) end = after(text.bytes(), end);
        target.word(text, i, end);
        i = end;
      }
    };
  }

  /**
   * Ends words where the script changes; kana count as Han, as SentencePiece has it. Blanks and unassigned characters are of any script;
   * those before the first that is of one are left out, as in the reference.
   */
  static PreTokenizer scripts() {
    return (text, from, to, target) -> {
      byte[] bytes = text.bytes();
      int word = -1;
      Character.UnicodeScript last = null;
      for (int i = from; i < to; i = after(bytes, i)) {
        var script = script(at(bytes, i));
        if (script == Character.UnicodeScript.UNKNOWN || script == last) continue;
        if (word >= 0) target.word(text, word, i);
        word = i;
        last = script;
      }
      if (word >= 0) target.word(text, word, to);
    };
  }

  private static Character.UnicodeScript script(int codePoint) {
    if (codePoint == 0x30FC) return Character.UnicodeScript.HAN;
    if (codePoint == ' ') return Character.UnicodeScript.UNKNOWN;
    var script = Character.UnicodeScript.of(codePoint);
    return switch (script) {
      case HIRAGANA, KATAKANA -> Character.UnicodeScript.HAN;
      default -> script;
    };
  }

  /** Puts {@code sign} in place of blanks and before words, and begins a word at every sign. */
  static PreTokenizer metaspace(int sign, Prepend prepend, boolean split) {
    Normalizer replace = Normalizers.replace(Finder.literal(" "), Character.toString(sign));
    byte[] spelled = Utf8.encode(Character.toString(sign), 0, Character.charCount(sign));
    PreTokenizer cut = split ? SplitBehavior.MERGED_WITH_NEXT.by(Finder.literal(Character.toString(sign))) : PreTokenizer.NONE;
    return (text, from, to, target) -> {
      if (from == to) return;
      AlignedText word = replace.normalize(text.slice(from, to));
      boolean signed = word.size() >= spelled.length && Arrays.equals(word.bytes(), 0, spelled.length, spelled, 0, spelled.length);
      boolean wanted = switch (prepend) {
        case ALWAYS -> true;
        case FIRST -> text.isAtStart(from);
        case NEVER -> false;
      };
      if (wanted && !signed) word = Normalizers.prepended(word, new int[] {sign});
      cut.split(word, 0, word.size(), target);
    };
  }

  /** Puts a blank before words that do not begin with one. */
  static PreTokenizer blankBefore() {
    return (text, from, to, target) -> {
      if (from == to) return;
      if (text.bytes()[from] == ' ') {
        target.word(text, from, to);
        return;
      }
      AlignedText word = Normalizers.prepended(text.slice(from, to), BLANK_CHARACTER);
      target.word(word, 0, word.size());
    };
  }

  /**
   * Begins a word at every run of SentencePiece's signs for blanks, where no token can lead over its start.
   *
   * @param joined the characters that stand before such a sign in some token
   */
  static PreTokenizer beforeSigns(Set<Integer> joined) {
    return (text, from, to, target) -> {
      byte[] bytes = text.bytes();
      int word = from;
      for (int i = from + 1; i + 2 < to; i++) {
        if (bytes[i] != SIGN[0] || bytes[i + 1] != SIGN[1] || bytes[i + 2] != SIGN[2]) continue;
        int previous = at(bytes, before(bytes, i));
        if (previous != SIGN_CHARACTER && (joined.isEmpty() || !joined.contains(previous))) {
          target.word(text, word, i);
          word = i;
        }
        i += 2;
      }
      if (word < to) target.word(text, word, to);
    };
  }

  /** The characters that stand before a sign in one of the tokens. */
  static Set<Integer> joined(Stream<String> tokens) {
    var joined = new HashSet<Integer>();
    tokens.forEach(token -> {
      for (int i = token.indexOf(SIGN_CHARACTER, 1); i > 0; i = token.indexOf(SIGN_CHARACTER, i + 1)) {
        int previous = token.codePointBefore(i);
        if (previous != SIGN_CHARACTER) joined.add(previous);
      }
    });
    return Set.copyOf(joined);
  }

  /** Spells every byte in GPT-2's alphabet. */
  static PreTokenizer spelled() {
    Normalizer spelling = Normalizers.byteLevel();
    return (text, from, to, target) -> {
      AlignedText word = spelling.normalize(text.slice(from, to));
      if (!word.isEmpty()) target.word(word, 0, word.size());
    };
  }
}
