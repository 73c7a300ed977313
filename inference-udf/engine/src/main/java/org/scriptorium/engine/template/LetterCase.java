package org.scriptorium.engine.template;

import java.util.Locale;
import org.scriptorium.engine.api.SourcedText;

/** Upper, lower and title case as Python's str has them. */
final class LetterCase {
  private LetterCase() {}

  static SourcedText upper(SourcedText text, Work work) {
    return Texts.mapped(text, text.text().toUpperCase(Locale.ROOT), work);
  }

  static SourcedText lower(SourcedText text, Work work) {
    return Texts.mapped(text, text.text().toLowerCase(Locale.ROOT), work);
  }

  static SourcedText capitalized(SourcedText text, Work work) {
    if (text.length() == 0) return text;
    int first = text.text().offsetByCodePoints(0, 1);
    var head = text.substring(0, first);
    var tail = text.substring(first, text.length());
    // A sigma at the end is one of the word, whose first letter counts.
    String lower = text.text().toLowerCase(Locale.ROOT).substring(head.text().toLowerCase(Locale.ROOT).length());
    return new TextBuilder(work).append(Texts.mapped(head, titled(text.text().codePointAt(0)), work)).append(Texts.mapped(tail, lower, work))
        .build();
  }

  private static String titled(int character) {
    int title = Character.toTitleCase(character);
    if (title != character || Character.isTitleCase(character)) return Character.toString(title);
    String upper = Character.toString(character).toUpperCase(Locale.ROOT);
    int first = upper.offsetByCodePoints(0, 1);
    return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
  }

  /** Lower case as a whole, since it depends on neighbours (a Greek sigma at a word's end), with every character at its old place. */
  private static String lowerInPlace(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.length() == text.length()) return lower;
    return text.codePoints().map(Character::toLowerCase).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  static SourcedText title(SourcedText text, Work work) {
    var result = new StringBuilder();
    String lower = lowerInPlace(text.text());
    boolean inWord = false;
    for (int i = 0, character; i < text.length(); i += Character.charCount(character)) {
      character = text.text().codePointAt(i);
      result.append(inWord ? Character.toString(lower.codePointAt(i)) : titled(character));
      inWord = Character.isUpperCase(character) || Character.isLowerCase(character) || Character.isTitleCase(character);
    }
    return Texts.mapped(text, result.toString(), work);
  }

  static SourcedText swapped(SourcedText text, Work work) {
    var swapped = new StringBuilder();
    String lower = lowerInPlace(text.text());
    for (int i = 0, character; i < text.length(); i += Character.charCount(character)) {
      character = text.text().codePointAt(i);
      swapped.append(Character.isUpperCase(character)
          ? Character.toString(lower.codePointAt(i)) : Character.toString(character).toUpperCase(Locale.ROOT));
    }
    return Texts.mapped(text, swapped.toString(), work);
  }

  /** For comparing without case; of the characters that fold to several only the sharp s is known. */
  static SourcedText folded(SourcedText text, Work work) {
    return Texts.mapped(text, text.text().toLowerCase(Locale.ROOT).replace("ß", "ss").replace('ς', 'σ'), work);
  }

  static boolean isLower(SourcedText text) {
    return text.text().codePoints().anyMatch(Character::isLowerCase)
        && text.text().codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }

  static boolean isUpper(SourcedText text) {
    return text.text().codePoints().anyMatch(Character::isUpperCase)
        && text.text().codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }
}
