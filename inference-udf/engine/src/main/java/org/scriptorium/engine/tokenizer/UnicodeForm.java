package org.scriptorium.engine.tokenizer;

import java.text.Normalizer.Form;

/** Unicode's normalization forms, with the offsets of Hugging Face's {@code tokenizers}. */
enum UnicodeForm implements Normalizer {
  NFC(Form.NFC, Form.NFD),
  NFD(Form.NFD, Form.NFD),
  NFKC(Form.NFKC, Form.NFKD),
  NFKD(Form.NFKD, Form.NFKD);

  private static final String HIGHEST_CLASS = "\u0345";

  private final Form form;
  private final Form decomposed;

  UnicodeForm(Form form, Form decomposed) {
    this.form = form;
    this.decomposed = decomposed;
  }

  @Override
  public AlignedText normalize(AlignedText text) {
    if (text.isAscii()) return text;
    String characters = text.text(0, text.size());
    if (java.text.Normalizer.isNormalized(characters, form)) return text;
    var changes = new Changes(text.size());
    int length = characters.length();
    for (int i = 0; i < length; ) {
      int first = characters.codePointAt(i), end = i + Character.charCount(first);
      if (YoungCharacters.isInert(first)) {
        changes.add(first, 0);
        i = end;
        continue;
      }
      // ASCII neither composes with what is before it nor changes its place, so every ASCII character begins a part of its own.
      while (end < length && characters.charAt(end) >= 0x80 && !YoungCharacters.isInert(characters.codePointAt(end))) {
        end += Character.charCount(characters.codePointAt(end));
      }
      String part = characters.substring(i, end);
      if (java.text.Normalizer.isNormalized(part, form)) part.codePoints().forEach(codePoint -> changes.add(codePoint, 0));
      else new Part(part).write(changes);
      i = end;
    }
    return changes.apply(text, 0);
  }

  private String single(int codePoint) {
    return java.text.Normalizer.normalize(Character.toString(codePoint), decomposed);
  }

  /** A part as decomposed characters in canonical order, each with how many characters it adds. */
  private final class Part {
    private final int[] codePoints;
    private final int[] counts;

    private Part(String text) {
      var raw = new IntSequence(text.length() * 2);
      var added = new IntSequence(text.length() * 2);
      text.codePoints().forEach(codePoint -> {
        int[] pieces = single(codePoint).codePoints().toArray();
        for (int i = 0; i < pieces.length; i++) {
          raw.append(pieces[i]);
          added.append(i == 0 ? 0 : 1);
        }
      });
      int[] before = raw.from(0), numbers = added.from(0);
      codePoints = java.text.Normalizer.normalize(text, decomposed).codePoints().toArray();
      counts = new int[codePoints.length];
      var taken = new boolean[before.length];
      int first = 0;
      // Ordering is stable, so the first of equal characters that is left is the one.
      for (int i = 0; i < codePoints.length; i++) {
        while (first < taken.length && taken[first]) first++;
        int found = first;
        while (found < taken.length - 1 && (taken[found] || before[found] != codePoints[i])) found++;
        taken[found] = true;
        counts[i] = numbers[found];
      }
    }

    private void write(Changes changes) {
      if (form == decomposed) for (int i = 0; i < codePoints.length; i++) changes.add(codePoints[i], counts[i]);
      else compose(changes);
    }

    /** Canonical composition (Unicode Standard Annex 15): what is composed counts for all its characters. */
    private void compose(Changes changes) {
      int starter = -1, last = -1;
      var held = new IntSequence(4);
      for (int i = 0; i < codePoints.length; i++) {
        boolean mark = isMark(codePoints[i]);
        if (starter < 0) {
          if (mark) changes.add(codePoints[i], counts[i]);
          else starter = i;
          continue;
        }
        boolean blocked = last >= 0 && (!mark || sameClass(codePoints[last], codePoints[i]));
        int composed = blocked ? -1 : composed(codePoints[starter], codePoints[i]);
        if (composed >= 0) {
          codePoints[starter] = composed;
          counts[starter] += counts[i] - 1;
        } else if (mark) {
          held.append(i);
          last = i;
        } else {
          flush(changes, starter, held.from(0));
          held = new IntSequence(4);
          starter = i;
          last = -1;
        }
      }
      if (starter >= 0) flush(changes, starter, held.from(0));
    }

    private void flush(Changes changes, int starter, int[] held) {
      changes.add(codePoints[starter], counts[starter]);
      for (int i : held) changes.add(codePoints[i], counts[i]);
    }
  }

  private static int composed(int first, int second) {
    String pair = Character.toString(first) + Character.toString(second), result = java.text.Normalizer.normalize(pair, Form.NFC);
    return result.codePointCount(0, result.length()) == 1 ? result.codePointAt(0) : -1;
  }

  /** True if the combining class is not 0: then it goes before the highest class, or is of that class. */
  private static boolean isMark(int codePoint) {
    if (codePoint < 0x300) return false;
    String text = Character.toString(codePoint);
    return text.equals(HIGHEST_CLASS) || java.text.Normalizer.normalize(HIGHEST_CLASS + text, Form.NFD).startsWith(text);
  }

  /** For two marks in canonical order: true if they would not be ordered the other way round either. */
  private static boolean sameClass(int first, int second) {
    String reversed = Character.toString(second) + Character.toString(first);
    return java.text.Normalizer.normalize(reversed, Form.NFD).startsWith(Character.toString(second));
  }
}
