package org.scriptorium.engine.tokenizer;

import java.util.Arrays;
import java.util.List;
import org.scriptorium.engine.api.SourcedText;

/**
 * A tokenizer with the semantics of Hugging Face's {@code tokenizers}: added tokens, normalization, added tokens once more, the split into
 * words, the model, the model's template; and a decoder for the way back.
 *
 * <p>Where a part of a text came from a row, no markup is found in it, and its words never become markup, whatever they spell.
 */
final class PipelineTokenizer implements Tokenizer {
  private static final byte[] NOTHING = {};
  /** Where a text stands between the tokens that are put around it. */
  private static final int TEXT = -1;

  private final TokenizerParts parts;
  private final AddedTokens raw;
  private final AddedTokens normalized;
  private final Machine trusted;
  /** For texts with parts of a row: its model knows no markup. */
  private final Machine wary;
  /** The ids of an input, with {@link #TEXT} in it. */
  private final int[] frame;

  private record Machine(Model model, WordCache cache) {}

  PipelineTokenizer(TokenizerParts parts) {
    this.parts = parts;
    raw = new AddedTokens(parts.raw());
    normalized = new AddedTokens(parts.normalized());
    trusted = new Machine(parts.models().over(id -> true), new WordCache());
    boolean reachable = parts.models().reaches(id -> parts.special()[id]);
    frame = Encoding.joined(parts.postProcessor().join(List.of(Encoding.added(new int[] {TEXT}, new String[] {""}, 0)))).ids();
    wary = reachable ? new Machine(parts.models().over(id -> !parts.special()[id]), new WordCache()) : trusted;
  }

  @Override
  public int vocabularySize() {
    return parts.tokens().length;
  }

  @Override
  public int[] encode(SourcedText text) {
    return tokens(text, Tokens.Positions.NONE).ids();
  }

  @Override
  public Encoding encodeInput(SourcedText text) {
    return Encoding.joined(parts.postProcessor().join(List.of(encoding(text, 0))));
  }

  @Override
  public int[] inputIds(SourcedText text) {
    int[] ids = encode(text);
    if (frame.length == 1) return ids;
    var all = new IntSequence(ids.length + frame.length);
    for (int id : frame) {
      if (id == TEXT) all.append(ids, ids.length);
      else all.append(id);
    }
    return all.from(0);
  }

  @Override
  public Encoding encodePair(SourcedText first, SourcedText second) {
    return Encoding.joined(parts.postProcessor().join(List.of(encoding(first, 0), encoding(second, 1))));
  }

  @Override
  public int[] ends(SourcedText text, int[] ids) {
    Tokens tokens = tokens(text, Tokens.Positions.TRUE);
    int differs = Arrays.mismatch(tokens.ids(), ids);
    if (differs >= 0) {
      throw new IllegalArgumentException("ids are not those of the text: they differ at index %d of %d; pass what encode gave for this text"
          .formatted(differs, ids.length));
    }
    int[] starts = tokens.starts(), ends = tokens.ends();
    int last = 0;
    for (int i = 0; i < ends.length; i++) {
      // What a token shares with the next one is complete with the latter only.
      int end = i + 1 == ends.length ? text.length() : Math.min(ends[i], starts[i + 1]);
      ends[i] = last = Math.max(last, end);
    }
    return ends;
  }

  @Override
  public String decode(int[] ids, SpecialTokens special) {
    var text = new StringBuilder(ids.length * 4);
    Decoding.Step step = parts.decoder().decoding().open(new Collected(text));
    for (int id : ids) {
      if (!isToken(id) || special == SpecialTokens.SKIP && parts.special()[id]) continue;
      step.part(parts.decodable()[id]);
      step.end();
    }
    step.finish();
    return text.toString();
  }

  @Override
  public byte[] bytes(int id) {
    return isToken(id) && !parts.special()[id] ? parts.decoder().bytes(parts.decodable()[id]) : NOTHING;
  }

  @Override
  public String token(int id) {
    return isToken(id) ? parts.tokens()[id] : "";
  }

  @Override
  public boolean isSpecial(int id) {
    return isToken(id) && parts.special()[id];
  }

  @Override
  public Detokenizer detokenizer() {
    var ready = new StringBuilder();
    Decoding.Step step = parts.decoder().decoding().open(new Collected(ready));
    return new Detokenizer() {
      @Override
      public String append(int id) {
        if (!isToken(id) || parts.special()[id]) return "";
        step.part(parts.decodable()[id]);
        step.end();
        return take();
      }

      @Override
      public String finish() {
        step.finish();
        return take();
      }

      private String take() {
        if (ready.isEmpty()) return "";
        String text = ready.toString();
        ready.setLength(0);
        return text;
      }
    };
  }

  private boolean isToken(int id) {
    return id >= 0 && id < parts.tokens().length && parts.tokens()[id] != null;
  }

  private Encoding encoding(SourcedText text, int typeId) {
    Tokens tokens = tokens(text, Tokens.Positions.REFERENCE);
    int[] ids = tokens.ids();
    var spelled = new String[ids.length];
    for (int i = 0; i < ids.length; i++) spelled[i] = tokens.texts().get(i) != null ? tokens.texts().get(i) : token(ids[i]);
    var plain = new Encoding(ids, new int[ids.length], new int[ids.length], tokens.starts(), tokens.ends(), spelled).ofType(typeId);
    return parts.postProcessor().text(plain, text.text());
  }

  private Tokens tokens(SourcedText text, Tokens.Positions positions) {
    byte[] bytes = Utf8.encode(text.text(), 0, text.length());
    int[] rows = text.rowBounds();
    boolean mixed = rows.length > 0 && !(rows.length == 2 && rows[0] == 0 && rows[1] == text.length());
    boolean tracked = positions != Tokens.Positions.NONE || parts.tracked() || mixed && normalized.hasMarkup();
    AlignedText source = tracked ? AlignedText.tracked(bytes) : AlignedText.untracked(bytes);
    // English has about four characters a token; other texts let it grow.
    var run = new Run(text, source, rows.length == 0 ? trusted : wary, new Tokens(bytes.length / 3, positions));
    run.source(source);
    return run.tokens;
  }

  /** Gathers what a decoder hands on. */
  private record Collected(StringBuilder text) implements Decoding.Step {
    @Override
    public void part(String part) {
      text.append(part);
    }

    @Override
    public void end() {}

    @Override
    public void finish() {}
  }

  /** The way of one text. */
  private final class Run implements PreTokenizer.Words {
    private final SourcedText text;
    private final AlignedText source;
    private final Machine machine;
    private final Tokens tokens;

    private Run(SourcedText text, AlignedText source, Machine machine, Tokens tokens) {
      this.text = text;
      this.source = source;
      this.machine = machine;
      this.tokens = tokens;
    }

    private void source(AlignedText whole) {
      var finder = raw.in(whole, text);
      int position = 0;
      while (finder.next()) {
        between(position, finder.start());
        added(whole, finder);
        position = finder.end();
      }
      between(position, whole.size());
    }

    private void between(int from, int to) {
      if (from >= to) return;
      if (parts.normalizer() == Normalizer.NONE && normalized.isEmpty()) {
        parts.preTokenizer().split(source, from, to, this);
        return;
      }
      AlignedText part = parts.normalizer().normalize(source.slice(from, to));
      var finder = normalized.in(part, text);
      int position = 0;
      while (finder.next()) {
        if (position < finder.start()) parts.preTokenizer().split(part, position, finder.start(), this);
        added(part, finder);
        position = finder.end();
      }
      if (position < part.size()) parts.preTokenizer().split(part, position, part.size(), this);
    }

    private void added(AlignedText where, AddedTokens.Finder finder) {
      int from = finder.start(), to = finder.end();
      boolean shown = tokens.hasPositions();
      tokens.append(finder.token().id(), 0, to - from, shown ? where.text(from, to) : null);
      if (shown) tokens.align(tokens.size() - 1, where, from, to);
    }

    @Override
    public void word(AlignedText where, int from, int to) {
      byte[] bytes = where.bytes();
      int first = tokens.size();
      if (tokens.hasPositions()) {
        machine.model.encode(bytes, from, to, tokens);
        tokens.align(first, where, from, to);
        return;
      }
      if (to - from > WordCache.LONGEST) {
        machine.model.encode(bytes, from, to, tokens);
        return;
      }
      int place = WordCache.place(bytes, from, to);
      int[] known = machine.cache.find(bytes, from, to, place);
      if (known != null) {
        tokens.append(known);
        return;
      }
      machine.model.encode(bytes, from, to, tokens);
      machine.cache.keep(bytes, from, to, place, tokens.idsFrom(first));
    }
  }
}
