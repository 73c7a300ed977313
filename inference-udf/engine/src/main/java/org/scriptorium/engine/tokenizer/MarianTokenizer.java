package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.scriptorium.engine.api.SourcedText;

/** Texts that may begin with the language to translate to, {@code >>xx<<}, which counts as markup: only outside of rows. */
final class MarianTokenizer implements Tokenizer {
  private static final Pattern LANGUAGE = Pattern.compile(">>.+<<", Pattern.UNIX_LINES);

  private final Tokenizer pieces;
  private final Map<String, Integer> vocabulary;
  private final int unknown;

  /** @param pieces for what follows the language */
  MarianTokenizer(Tokenizer pieces, Map<String, Integer> vocabulary, int unknown) {
    this.pieces = pieces;
    this.vocabulary = vocabulary;
    this.unknown = unknown;
  }

  /** The length of the language's name at the start of a text, 0 if there is none. */
  private static int languageEnd(SourcedText text) {
    Matcher matcher = LANGUAGE.matcher(text.text());
    return matcher.lookingAt() && !text.touchesRow(0, matcher.end()) ? matcher.end() : 0;
  }

  private int language(SourcedText text, int end) {
    return vocabulary.getOrDefault(text.text().substring(0, end), unknown);
  }

  @Override
  public int vocabularySize() {
    return pieces.vocabularySize();
  }

  @Override
  public int[] encode(SourcedText text) {
    int end = languageEnd(text);
    return end == 0 ? pieces.encode(text) : before(language(text, end), pieces.encode(text.substring(end, text.length())));
  }

  @Override
  public Encoding encodeInput(SourcedText text) {
    int end = languageEnd(text);
    return end == 0 ? pieces.encodeInput(text) : begun(text, end, pieces.encodeInput(text.substring(end, text.length())));
  }

  @Override
  public int[] inputIds(SourcedText text) {
    int end = languageEnd(text);
    return end == 0 ? pieces.inputIds(text) : before(language(text, end), pieces.inputIds(text.substring(end, text.length())));
  }

  @Override
  public Encoding encodePair(SourcedText first, SourcedText second) {
    int end = languageEnd(first);
    return end == 0 ? pieces.encodePair(first, second) : begun(first, end, pieces.encodePair(first.substring(end, first.length()), second));
  }

  @Override
  public int[] ends(SourcedText text, int[] ids) {
    int end = languageEnd(text);
    if (end == 0) return pieces.ends(text, ids);
    if (ids.length == 0 || ids[0] != language(text, end)) {
      throw new IllegalArgumentException("ids are not those of the text: they differ at index 0 of %d; pass what encode gave for this text"
          .formatted(ids.length));
    }
    int[] rest = pieces.ends(text.substring(end, text.length()), Arrays.copyOfRange(ids, 1, ids.length));
    return before(end, Arrays.stream(rest).map(place -> place + end).toArray());
  }

  private Encoding begun(SourcedText text, int end, Encoding rest) {
    int[] starts = rest.starts().clone(), ends = rest.ends().clone();
    for (int i = 0; i < starts.length; i++) {
      if (rest.specialTokens()[i] == 1) continue;
      starts[i] += end;
      ends[i] += end;
    }
    int id = language(text, end);
    var first = new Encoding(new int[] {id}, new int[1], new int[1], new int[1], new int[] {end}, new String[] {token(id)});
    return Encoding.joined(List.of(first, rest.at(starts, ends)));
  }

  private static int[] before(int first, int[] rest) {
    var all = new int[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  @Override
  public String decode(int[] ids, SpecialTokens special) {
    return pieces.decode(ids, special);
  }

  @Override
  public byte[] bytes(int id) {
    return pieces.bytes(id);
  }

  @Override
  public String token(int id) {
    return pieces.token(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return pieces.isSpecial(id);
  }

  @Override
  public Detokenizer detokenizer() {
    return pieces.detokenizer();
  }
}
