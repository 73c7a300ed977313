package org.scriptorium.engine.tokenizer;

import java.util.HashMap;
import java.util.Map;

/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909) with the semantics of Hugging Face's {@code tokenizers}: a word's
 * characters, or its bytes where the vocabulary spells bytes, then merges by rank.
 */
final class BytePairs implements Model {
  private static final int UNKNOWN = -1;

  private final MergeTable merges;
  private final Rule rule;
  private final CodePointIds characters;
  /** Tokens at a word's first, middle and last place, and of one character, where affixes tell them apart. */
  private final Map<String, Integer> affixed;
  /** Tokens that whole words are looked up in before merging; empty unless the rule asks for it. */
  private final TokenIndex wholeWords;

  /**
   * @param units by byte, its token in GPT-2's alphabet, where words are cut into bytes; empty where they are cut into characters
   * @param prefix what tokens within a word begin with, but for its first
   * @param suffix what a word's last token ends in
   * @param unknown what stands for characters without a token; -1 leaves them out
   * @param fuse unknown characters in a row are one token
   * @param fallback tokens of bytes that stand for the bytes of unknown characters, -1 where there is none; empty for no such thing
   * @param wholeWords a word that is a token as it stands is not merged
   */
  record Rule(int[] units, String prefix, String suffix, int unknown, boolean fuse, int[] fallback, boolean wholeWords) {
    boolean hasAffixes() {
      return !prefix.isEmpty() || !suffix.isEmpty();
    }
  }

  /** @param vocabulary the tokens that text may become */
  BytePairs(Map<String, Integer> vocabulary, MergeTable merges, Rule rule) {
    this.merges = merges;
    this.rule = rule;
    characters = new CodePointIds(vocabulary);
    affixed = rule.hasAffixes() ? new HashMap<>(vocabulary) : Map.of();
    wholeWords = rule.wholeWords() ? index(vocabulary, rule.units().length > 0) : new TokenIndex(new byte[0][], new int[0]);
  }

  private static TokenIndex index(Map<String, Integer> vocabulary, boolean spelled) {
    var contents = new byte[vocabulary.values().stream().mapToInt(id -> id).max().orElse(-1) + 1][];
    vocabulary.forEach((token, id) -> contents[id] =
        spelled ? ByteAlphabet.bytes(token) : Utf8.encode(token, 0, token.length()));
    return new TokenIndex(contents, vocabulary.values().stream().mapToInt(id -> id).sorted().toArray());
  }

  @Override
  public void encode(byte[] text, int from, int to, Tokens target) {
    int whole = wholeWords.find(text, from, to);
    if (whole >= 0) {
      target.append(whole, 0, to - from);
      return;
    }
    Merger merger = target.merger(merges);
    merger.begin(to - from);
    if (rule.units().length > 0) for (int i = from; i < to; i++) merger.add(rule.units()[text[i] & 0xFF], i + 1 - from);
    else addCharacters(text, from, to, merger, target.positions() == Tokens.Positions.TRUE);
    merger.finish(target);
  }

  private void addCharacters(byte[] text, int from, int to, Merger merger, boolean gaps) {
    int place = 0, waiting = 0;
    for (int i = from; i < to; ) {
      int next = CodePoints.after(text, i), id = id(text, i, next, i == from, next == to);
      if (id >= 0) {
        if (waiting > 0) merger.add(rule.unknown(), place += waiting);
        waiting = 0;
        merger.add(id, place += next - i);
      } else if (hasFallback(text, i, next, i == from, next == to)) {
        // Unknown characters that wait go on waiting, as in the reference.
        for (byte unit : spelled(text, i, next, i == from, next == to)) merger.add(rule.fallback()[unit & 0xFF], ++place);
      } else if (rule.unknown() < 0) {
        if (gaps) place += next - i;
      } else {
        if (waiting > 0 && !rule.fuse()) {
          merger.add(rule.unknown(), place += waiting);
          waiting = 0;
        }
        waiting += next - i;
      }
      i = next;
    }
    if (waiting > 0) merger.add(rule.unknown(), place + waiting);
  }

  private int id(byte[] text, int from, int to, boolean first, boolean last) {
    if (!rule.hasAffixes()) return characters.of(CodePoints.at(text, from));
    byte[] spelled = spelled(text, from, to, first, last);
    return affixed.getOrDefault(Utf8.decode(spelled, 0, spelled.length), UNKNOWN);
  }

  private byte[] spelled(byte[] text, int from, int to, boolean first, boolean last) {
    String character = Utf8.decode(text, from, to), whole = (first ? "" : rule.prefix()) + character + (last ? rule.suffix() : "");
    return Utf8.encode(whole, 0, whole.length());
  }

  private boolean hasFallback(byte[] text, int from, int to, boolean first, boolean last) {
    if (rule.fallback().length == 0) return false;
    for (byte unit : spelled(text, from, to, first, last)) if (rule.fallback()[unit & 0xFF] < 0) return false;
    return true;
  }
}
