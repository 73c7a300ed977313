package org.scriptorium.engine.tokenizer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/**
 * Makes models of byte-pair encoding.
 *
 * @param where the file, for messages
 * @param vocabulary the tokens that text may become
 * @param merges pairs of tokens, the first to be merged first
 */
record BytePairModels(String where, Map<String, Integer> vocabulary, List<String[]> merges, BytePairs.Rule rule, Repeated repeated)
    implements TokenizerParts.Models {
  private static final String SIGN = "\u2581";

  /** Which of several equal merges counts. */
  enum Repeated {
    FIRST,
    LAST
  }

  /** True if every byte has a token in GPT-2's alphabet, so that words can be cut into bytes. */
  boolean spellsBytes() {
    if (rule.hasAffixes()) return false;
    for (int i = 0; i < 256; i++) if (!vocabulary.containsKey(String.valueOf(ByteAlphabet.character(i)))) return false;
    return true;
  }

  /** The same over bytes. */
  BytePairModels overBytes() {
    var units = new int[256];
    for (int i = 0; i < units.length; i++) units[i] = vocabulary.get(String.valueOf(ByteAlphabet.character(i)));
    var byBytes = new BytePairs.Rule(units, "", "", rule.unknown(), rule.fuse(), rule.fallback(), rule.wholeWords());
    return new BytePairModels(where, vocabulary, merges, byBytes, repeated);
  }

  /**
   * Cuts words at SentencePiece's signs for blanks where no merge leads over them: the tokens are the same, and words can be remembered.
   * Cuts nothing where words have to be seen whole, or where characters are left out, so that what is after them joins what is before.
   */
  PreTokenizer finerWords() {
    boolean complete = rule.unknown() >= 0 || rule.fallback().length > 0 && ByteTokens.complete(rule.fallback());
    boolean whole = rule.hasAffixes() || rule.wholeWords() || rule.units().length > 0;
    if (!complete || whole || !vocabulary.containsKey(SIGN)) return PreTokenizer.NONE;
    return WordSplits.beforeSigns(WordSplits.joined(vocabulary.keySet().stream()));
  }

  @Override
  public Model over(IntPredicate allowed) {
    Map<String, Integer> tokens = HashMap.newHashMap(vocabulary.size());
    vocabulary.forEach((token, id) -> {
      if (allowed.test(id)) tokens.put(token, id);
    });
    return new BytePairs(tokens, table(tokens), rule);
  }

  @Override
  public boolean reaches(IntPredicate tokens) {
    var sought = new HashSet<String>();
    for (var entry : vocabulary.entrySet()) {
      if (!tokens.test(entry.getValue())) continue;
      String token = entry.getKey();
      if (rule.wholeWords() || token.codePointCount(0, token.length()) == 1) return true;
      sought.add(token);
    }
    return !sought.isEmpty() && merges.stream().anyMatch(merge -> sought.contains(merged(merge)));
  }

  private String merged(String[] merge) {
    return merge[0] + (merge[1].length() < rule.prefix().length() ? "" : merge[1].substring(rule.prefix().length()));
  }

  private MergeTable table(Map<String, Integer> tokens) {
    var table = new MergeTable(merges.size());
    for (int i = 0; i < merges.size(); i++) {
      int rank = repeated == Repeated.FIRST ? i : merges.size() - 1 - i;
      String[] merge = merges.get(rank);
      String result = merged(merge);
      Integer left = tokens.get(merge[0]), right = tokens.get(merge[1]), to = tokens.get(result);
      if (left != null && right != null && to != null) {
        if (repeated == Repeated.FIRST || table.rank(left, right) == MergeTable.NONE) table.put(left, right, rank, to);
        continue;
      }
      // A merge from or to markup is left out; one with a token that is nowhere contradicts the vocabulary.
      for (String token : List.of(merge[0], merge[1], result)) {
        if (vocabulary.containsKey(token)) continue;
        throw new ModelException(ErrorCode.MODEL_CORRUPT, "%s: merges[%d]: \"%s %s\" needs the token \"%s\", which the vocabulary lacks."
            .formatted(where, rank, merge[0], merge[1], token) + " Fetch or convert the model again.");
      }
    }
    return table;
  }
}
