package org.scriptorium.engine.tokenizer;

/**
 * SentencePiece's normalization: rules for the longest prefix at each place, blanks put in order, a blank before the text, and a sign in
 * place of blanks. Pieces that users defined stay as they are.
 */
final class SentencePieceNormalizer implements Normalizer {
  private static final int SIGN = 0x2581;

  private final CharacterMap map;
  private final TokenTrie defined;
  private final boolean prefix;
  private final boolean tidy;
  private final int blank;

  /** @param defined pieces that users defined */
  SentencePieceNormalizer(SentencePieceModel model, TokenTrie defined) {
    map = model.characterMap().length == 0 ? CharacterMap.EMPTY : new CharacterMap(model.characterMap(), model.where());
    this.defined = defined;
    prefix = model.prefix();
    tidy = model.tidy();
    blank = model.escape() ? SIGN : ' ';
  }

  @Override
  public AlignedText normalize(AlignedText text) {
    var run = new Run(text);
    run.all();
    return run.builder.build();
  }

  private final class Run {
    private final AlignedText text;
    private final byte[] bytes;
    private final AlignedText.Builder builder;
    /** What stands at the current place after normalization, and where the next place is. */
    private byte[] replacement;
    private int from;
    private int to;
    private int next;

    private Run(AlignedText text) {
      this.text = text;
      bytes = text.bytes();
      builder = new AlignedText.Builder(text);
    }

    private void all() {
      int position = 0;
      if (tidy) {
        for (look(position); position < text.size() && to - from == 1 && replacement[from] == ' '; look(position)) position = next;
      }
      if (position == text.size()) return;
      if (prefix) builder.append(blank, position);
      boolean afterBlank = tidy;
      for (; position < text.size(); position = next) {
        look(position);
        while (afterBlank && from < to && replacement[from] == ' ') from++;
        if (from == to) continue;
        for (int i = from; i < to; i = CodePoints.after(replacement, i)) {
          int codePoint = CodePoints.at(replacement, i);
          builder.append(codePoint == ' ' ? blank : codePoint, position);
        }
        afterBlank = tidy && replacement[to - 1] == ' ';
      }
      if (tidy) builder.trimEnd(blank);
    }

    private void look(int position) {
      if (position == text.size()) return;
      replacement = bytes;
      from = position;
      int node = TokenTrie.ROOT, piece = position;
      for (int i = position; i < text.size(); i++) {
        node = defined.child(node, bytes[i]);
        if (node == TokenTrie.NONE) break;
        if (defined.id(node) != TokenTrie.NONE) piece = i + 1;
      }
      long rule = piece > position ? CharacterMap.NONE : map.longest(bytes, position, text.size());
      if (rule == CharacterMap.NONE) {
        to = next = piece > position ? piece : CodePoints.after(bytes, position);
        return;
      }
      replacement = map.replacement(rule);
      from = 0;
      to = replacement.length;
      next = position + (int) (rule >>> 32);
    }
  }
}
