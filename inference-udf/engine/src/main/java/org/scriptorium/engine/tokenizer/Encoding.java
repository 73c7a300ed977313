package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.List;

/**
 * An input as a model takes it: the tokens of one text or two, with those that the model's template adds. All arrays have one value a
 * token; they are the caller's own.
 *
 * @param ids the tokens' ids
 * @param typeIds which of the two texts a token belongs to, as the template numbers them
 * @param specialTokens 1 for tokens that the template added, else 0
 * @param starts where, in UTF-16 units of its text, the characters begin that a token stands for; 0 for those that the template added
 * @param ends where they end
 * @param tokens how the tokenizer spells the tokens; an unknown one by its text where the tokenizer does so
 */
public record Encoding(int[] ids, int[] typeIds, int[] specialTokens, int[] starts, int[] ends, String[] tokens) {

  public int size() {
    return ids.length;
  }

  /** A token of a template. */
  static Encoding added(int[] ids, String[] tokens, int typeId) {
    var ones = new int[ids.length];
    Arrays.fill(ones, 1);
    return new Encoding(ids, filled(ids.length, typeId), ones, new int[ids.length], new int[ids.length], tokens);
  }

  Encoding ofType(int typeId) {
    return new Encoding(ids, filled(ids.length, typeId), specialTokens, starts, ends, tokens);
  }

  Encoding at(int[] otherStarts, int[] otherEnds) {
    return new Encoding(ids, typeIds, specialTokens, otherStarts, otherEnds, tokens);
  }

  static Encoding joined(List<Encoding> parts) {
    if (parts.size() == 1) return parts.getFirst();
    int size = parts.stream().mapToInt(Encoding::size).sum(), at = 0;
    var all = new Encoding(new int[size], new int[size], new int[size], new int[size], new int[size], new String[size]);
    for (Encoding part : parts) {
      System.arraycopy(part.ids, 0, all.ids, at, part.size());
      System.arraycopy(part.typeIds, 0, all.typeIds, at, part.size());
      System.arraycopy(part.specialTokens, 0, all.specialTokens, at, part.size());
      System.arraycopy(part.starts, 0, all.starts, at, part.size());
      System.arraycopy(part.ends, 0, all.ends, at, part.size());
      System.arraycopy(part.tokens, 0, all.tokens, at, part.size());
      at += part.size();
    }
    return all;
  }

  private static int[] filled(int size, int value) {
    var values = new int[size];
    Arrays.fill(values, value);
    return values;
  }
}
