package org.scriptorium.engine.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;
import org.scriptorium.engine.api.SourcedText;

/**
 * Byte-level byte-pair encoding (Radford et al. 2019) with the semantics of Hugging Face's {@code tokenizers}: added tokens first, then
 * the split into words, then merges within each word. A byte that has no token of its own is left out, as there.
 *
 * <p>Merges and word lookups never give a token of markup, whatever the text spells.
 */
final class ByteLevelBpe implements Tokenizer {
  private static final byte[] NOTHING = {};

  private final TokenType[] types;
  /** What each token stands for, markup included. */
  private final byte[][] contents;
  private final int[] idOfByte = new int[256];
  private final MergeTable merges;
  private final Splitter splitter;
  private final AddedTokens added;
  /** Tokens that whole words are looked up in before merging; empty unless the model's rule asks for it. */
  private final TokenIndex wholeWords;
  private final WordCache cache = new WordCache();

  ByteLevelBpe(Vocabulary vocabulary) {
    var rule = PreTokenizers.named(vocabulary.preTokenizer(), vocabulary.where());
    types = types(vocabulary);
    contents = new byte[vocabulary.size()][];
    Map<String, Integer> mergeable = HashMap.newHashMap(vocabulary.size());
    var found = new ArrayList<AddedTokens.Token>();
    for (int id = 0; id < contents.length; id++) {
      String token = vocabulary.tokens()[id];
      boolean blank = token.isBlank();
      switch (types[id]) {
        case NORMAL -> {
          contents[id] = ByteAlphabet.bytes(token);
          mergeable.putIfAbsent(token, id);
        }
        case USER_DEFINED, CONTROL, UNKNOWN -> {
          contents[id] = token.getBytes(StandardCharsets.UTF_8);
          boolean harmless = types[id] == TokenType.USER_DEFINED && blank;
          if (!token.isEmpty()) found.add(new AddedTokens.Token(token, id, harmless));
        }
        case UNUSED -> contents[id] = NOTHING;
        case BYTE -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
            "%s: tokenizer.ggml.token_type[%d] is 6, a byte token; byte-level vocabularies have 1 to 5. Convert the model again."
                .formatted(vocabulary.where(), id));
      }
    }
    for (int i = 0; i < 256; i++) idOfByte[i] = mergeable.getOrDefault(String.valueOf(ByteAlphabet.character(i)), -1);
    merges = merges(vocabulary, mergeable);
    splitter = rule.splitter();
    added = new AddedTokens(found);
    int[] lookedUp = rule.wholeWords() ? mergeable.values().stream().mapToInt(id -> id).sorted().toArray() : new int[0];
    wholeWords = new TokenIndex(contents, lookedUp);
  }

  @Override
  public int vocabularySize() {
    return contents.length;
  }

  @Override
  public int[] encode(SourcedText text) {
    var words = new Words(text.length());
    var finder = added.in(text);
    int position = 0;
    while (finder.next(position)) {
      words.encode(text.text(), position, finder.start());
      words.ids.append(finder.token().id());
      position = finder.end();
    }
    words.encode(text.text(), position, text.length());
    return words.ids.from(0);
  }

  @Override
  public int[] ends(SourcedText text, int[] ids) {
    byte[] bytes = Utf8.encode(text.text(), 0, text.length());
    var ends = new int[ids.length];
    int cursor = 0, start = 0, next = 0;
    for (int i = 0; i < ids.length; i++) {
      for (byte expected : content(ids[i])) {
        for (boolean taken = false; !taken; cursor++) {
          if (cursor == bytes.length || bytes[cursor] != expected && idOfByte[bytes[cursor] & 0xFF] >= 0) throw notOf(ids, i);
          taken = bytes[cursor] == expected;
          if ((bytes[cursor] & 0xC0) == 0x80) continue;
          start = next;
          next += (bytes[cursor] & 0xF8) == 0xF0 ? 2 : 1;
        }
      }
      ends[i] = cursor < bytes.length && (bytes[cursor] & 0xC0) == 0x80 ? start : next;
    }
    for (; cursor < bytes.length; cursor++) if (idOfByte[bytes[cursor] & 0xFF] >= 0) throw notOf(ids, ids.length);
    if (ends.length > 0) ends[ends.length - 1] = text.length();
    return ends;
  }

  @Override
  public String decode(int[] ids, SpecialTokens special) {
    var text = new StringBuilder(ids.length * 4);
    var decoder = new Utf8Decoder();
    for (int id : ids) decoder.append(special == SpecialTokens.SKIP ? bytes(id) : content(id), text);
    decoder.finish(text);
    return text.toString();
  }

  @Override
  public byte[] bytes(int id) {
    return isSpecial(id) ? NOTHING : content(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return isToken(id) && (types[id] == TokenType.CONTROL || types[id] == TokenType.UNKNOWN);
  }

  @Override
  public Detokenizer detokenizer() {
    return new ByteDetokenizer(this);
  }

  private byte[] content(int id) {
    return isToken(id) ? contents[id] : NOTHING;
  }

  private boolean isToken(int id) {
    return id >= 0 && id < contents.length;
  }

  private static IllegalArgumentException notOf(int[] ids, int index) {
    return new IllegalArgumentException("ids are not those of the text: they differ at index %d of %d; pass what encode gave for this text"
        .formatted(index, ids.length));
  }

  private static TokenType[] types(Vocabulary vocabulary) {
    var types = new TokenType[vocabulary.size()];
    Arrays.fill(types, TokenType.NORMAL);
    int[] numbers = vocabulary.types();
    if (numbers.length == 0) return types;
    if (numbers.length != types.length) {
      throw corrupt(vocabulary, "tokenizer.ggml.token_type: expected %d values, one a token, found %d"
          .formatted(types.length, numbers.length));
    }
    for (int id = 0; id < types.length; id++) {
      if (!TokenType.isNumber(numbers[id])) {
        throw corrupt(vocabulary, "tokenizer.ggml.token_type[%d]: expected 1 to 6, found %d".formatted(id, numbers[id]));
      }
      types[id] = TokenType.of(numbers[id]);
    }
    return types;
  }

  private static MergeTable merges(Vocabulary vocabulary, Map<String, Integer> mergeable) {
    var table = new MergeTable(vocabulary.merges().length);
    var all = List.of(vocabulary.tokens());
    for (int rank = 0; rank < vocabulary.merges().length; rank++) {
      String merge = vocabulary.merges()[rank];
      int blank = merge.indexOf(' ', 1);
      if (blank < 0 || blank == merge.length() - 1) {
        throw corrupt(vocabulary, "tokenizer.ggml.merges[%d]: expected two tokens and a blank between them, found \"%s\""
            .formatted(rank, merge));
      }
      String left = merge.substring(0, blank), right = merge.substring(blank + 1);
      Integer leftId = mergeable.get(left), rightId = mergeable.get(right), result = mergeable.get(left + right);
      if (leftId != null && rightId != null && result != null) {
        table.put(leftId, rightId, rank, result);
        continue;
      }
      // A merge from or to markup is left out; one with a token that is nowhere contradicts the vocabulary.
      for (String token : List.of(left, right, left + right)) {
        if (mergeable.containsKey(token) || all.contains(token)) continue;
        throw corrupt(vocabulary, "tokenizer.ggml.merges[%d]: \"%s\" needs the token \"%s\", which the vocabulary lacks"
            .formatted(rank, merge, token));
      }
    }
    return table;
  }

  private static ModelException corrupt(Vocabulary vocabulary, String finding) {
    return new ModelException(ErrorCode.MODEL_CORRUPT, "%s: %s. Fetch or convert the model again.".formatted(vocabulary.where(), finding));
  }

  /** The ids of one text as they come. */
  private final class Words implements Splitter.Pieces {
    private final IntSequence ids;
    private Merger merger;

    private Words(int length) {
      // English has about four characters a token; other texts let it grow.
      ids = new IntSequence(length / 3);
    }

    private void encode(String text, int from, int to) {
      if (from == to) return;
      byte[] bytes = Utf8.encode(text, from, to);
      splitter.split(bytes, 0, bytes.length, this);
    }

    @Override
    public void piece(byte[] text, int from, int to) {
      if (to - from > WordCache.LONGEST) {
        merge(text, from, to);
        return;
      }
      int place = WordCache.place(text, from, to);
      int[] known = cache.find(text, from, to, place);
      if (known != null) {
        ids.append(known, known.length);
        return;
      }
      int start = ids.size();
      merge(text, from, to);
      cache.keep(text, from, to, place, ids.from(start));
    }

    private void merge(byte[] text, int from, int to) {
      int whole = wholeWords.find(text, from, to);
      if (whole >= 0) {
        ids.append(whole);
        return;
      }
      if (merger == null) merger = new Merger(merges);
      merger.merge(text, from, to, idOfByte, ids);
    }
  }
}
