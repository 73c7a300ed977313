package org.scriptorium.engine.tokenizer;

import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/** The normalizers that {@code tokenizer.json} can name, but for {@link UnicodeForm} and {@link CharacterMap}. */
final class Normalizers {
  private static final int DOTTED_CAPITAL_I = 0x130;
  private static final int DOT_ABOVE = 0x307;
  private static final int REPLACEMENT = 0xFFFD;

  private Normalizers() {}

  static Normalizer filter(IntPredicate keep) {
    return text -> {
      byte[] bytes = text.bytes();
      var changes = new Changes(text.size());
      int leading = 0, removed = 0;
      for (int i = 0; i < text.size(); i = CodePoints.after(bytes, i)) {
        int codePoint = CodePoints.at(bytes, i);
        if (keep.test(codePoint)) {
          changes.add(codePoint, 0);
          continue;
        }
        removed++;
        if (changes.isEmpty()) leading++;
        else changes.removeOne();
      }
      return removed == 0 ? text : changes.apply(text, leading);
    };
  }

  static Normalizer map(IntUnaryOperator function) {
    return text -> {
      byte[] bytes = text.bytes();
      var changes = new Changes(text.size());
      boolean changed = false;
      for (int i = 0; i < text.size(); i = CodePoints.after(bytes, i)) {
        int codePoint = CodePoints.at(bytes, i), mapped = function.applyAsInt(codePoint);
        changed |= mapped != codePoint;
        changes.add(mapped, 0);
      }
      return changed ? changes.apply(text, 0) : text;
    };
  }

  /** Lower case without regard to context or language. */
  static Normalizer lowercase() {
    return text -> {
      byte[] bytes = text.bytes();
      var changes = new Changes(text.size());
      boolean changed = false;
      for (int i = 0; i < text.size(); i = CodePoints.after(bytes, i)) {
        int codePoint = CodePoints.at(bytes, i), lower = codePoint == DOTTED_CAPITAL_I ? 'i' : YoungCharacters.lower(codePoint);
        changed |= lower != codePoint;
        changes.add(lower, 0);
        if (codePoint == DOTTED_CAPITAL_I) changes.add(DOT_ABOVE, 1);
      }
      return changed ? changes.apply(text, 0) : text;
    };
  }

  /** Removes combining marks; those of precomposed letters stay. */
  static Normalizer stripAccents() {
    return filter(codePoint -> !YoungCharacters.isMark(codePoint));
  }

  /** Removes white space at the ends. */
  static Normalizer strip(boolean left, boolean right) {
    return text -> {
      byte[] bytes = text.bytes();
      int from = left ? CodePoints.run(bytes, 0, text.size(), CodePoints.SPACE) : 0, to = text.size();
      while (right && to > from && (CodePoints.kindAt(bytes, CodePoints.before(bytes, to)) & CodePoints.SPACE) != 0) {
        to = CodePoints.before(bytes, to);
      }
      if (from == 0 && to == text.size()) return text;
      var builder = new AlignedText.Builder(text);
      builder.copy(from, to);
      return builder.build();
    };
  }

  /** Puts a string before every text that is not empty. */
  static Normalizer prepend(String prefix) {
    int[] added = prefix.codePoints().toArray();
    return text -> added.length == 0 ? text : prepended(text, added);
  }

  static AlignedText prepended(AlignedText text, int[] added) {
    if (text.isEmpty()) return text;
    var builder = new AlignedText.Builder(text);
    // The added characters stand for the first one.
    for (int codePoint : added) builder.append(codePoint, 0);
    builder.copy(0, text.size());
    return builder.build();
  }

  /** Puts {@code content} in place of every match. */
  static Normalizer replace(Finder finder, String content) {
    int[] replacement = content.codePoints().toArray();
    return text -> {
      if (text.isEmpty()) return text;
      var builder = new AlignedText.Builder(text);
      finder.find(text.bytes(), 0, text.size(), (from, to, match) -> {
        if (!match) builder.copy(from, to);
        else for (int codePoint : replacement) builder.append(codePoint, to - 1);
      });
      return builder.build();
    };
  }

  /** The normalization of NMT models. */
  static Normalizer nmt() {
    Normalizer removed = filter(i -> !(i >= 1 && i <= 8 || i == 0x0B || i >= 0x0E && i <= 0x1F || i == 0x7F || i == 0x8F || i == 0x9F));
    return removed.then(map(i -> switch (i) {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, REPLACEMENT -> ' ';
      default -> i;
    }));
  }

  /** Spells every byte in GPT-2's alphabet. */
  static Normalizer byteLevel() {
    return text -> {
      var builder = new AlignedText.Builder(text);
      for (int i = 0; i < text.size(); i++) builder.append(ByteAlphabet.character(text.bytes()[i] & 0xFF), i);
      return builder.build();
    };
  }

  /** The normalization of BERT (Devlin et al. 2018, arXiv:1810.04805). */
  static Normalizer bert(boolean clean, boolean separateHan, boolean withoutAccents, boolean lower) {
    Normalizer steps = Normalizer.NONE;
    if (clean) {
      steps = filter(i -> i != 0 && i != REPLACEMENT && !isControl(i)).then(map(i -> isBlank(i) ? ' ' : i));
    }
    if (separateHan) steps = steps.then(Normalizers::separateHan);
    if (withoutAccents) steps = steps.then(UnicodeForm.NFD).then(filter(i -> !YoungCharacters.isNonspacing(i)));
    if (lower) steps = steps.then(lowercase());
    Normalizer all = steps;
    return text -> text.isTracked() || !text.isAscii() ? all.normalize(text) : ascii(text, clean, lower);
  }

  /** Most texts are ASCII throughout: no accents, no Chinese characters. */
  private static AlignedText ascii(AlignedText text, boolean clean, boolean lower) {
    byte[] source = text.bytes();
    var target = new byte[text.size()];
    int size = 0;
    boolean leading = text.leading();
    for (int i = 0; i < target.length; i++) {
      byte unit = source[i];
      if (clean && (unit < ' ' || unit == 0x7F)) {
        if (unit != '\t' && unit != '\n' && unit != '\r') {
          leading &= size > 0;
          continue;
        }
        unit = ' ';
      }
      target[size++] = lower && unit >= 'A' && unit <= 'Z' ? (byte) (unit | 0x20) : unit;
    }
    return new AlignedText(target, size, text.starts(), text.ends(), text.origin(), leading);
  }

  private static boolean isBlank(int codePoint) {
    return (CodePoints.kind(codePoint) & CodePoints.SPACE) != 0;
  }

  private static boolean isControl(int codePoint) {
    if (codePoint == '\t' || codePoint == '\n' || codePoint == '\r') return false;
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL, Character.PRIVATE_USE, Character.SURROGATE -> true;
      case Character.FORMAT -> !YoungCharacters.isFormat(codePoint);
      default -> false;
    };
  }

  private static AlignedText separateHan(AlignedText text) {
    byte[] bytes = text.bytes();
    var changes = new Changes(text.size());
    boolean changed = false;
    for (int i = 0; i < text.size(); i = CodePoints.after(bytes, i)) {
      int codePoint = CodePoints.at(bytes, i);
      if (!isHan(codePoint)) {
        changes.add(codePoint, 0);
        continue;
      }
      changed = true;
      changes.add(' ', 0);
      changes.add(codePoint, 1);
      changes.add(' ', 1);
    }
    return changed ? changes.apply(text, 0) : text;
  }

  /** The blocks that BERT's authors took for Chinese; the one that begins at U+2B920 is as they have it. */
  private static boolean isHan(int i) {
    return i >= 0x3400 && (i <= 0x4DBF || i >= 0x4E00 && i <= 0x9FFF || i >= 0xF900 && i <= 0xFAFF || i >= 0x20000 && i <= 0x2A6DF
        || i >= 0x2A700 && i <= 0x2B73F || i >= 0x2B740 && i <= 0x2B81F || i >= 0x2B920 && i <= 0x2CEAF || i >= 0x2F800 && i <= 0x2FA1F);
  }
}
