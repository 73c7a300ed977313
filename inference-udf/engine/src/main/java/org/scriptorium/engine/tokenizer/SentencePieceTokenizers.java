package org.scriptorium.engine.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.scriptorium.engine.api.ErrorCode;
import org.scriptorium.engine.api.ModelException;

/** Makes tokenizers of SentencePiece models, with the library's own semantics. */
final class SentencePieceTokenizers {
  private static final String SIGN = "\u2581";

  private SentencePieceTokenizers() {}

  /** A token beyond the model's pieces. */
  record Extra(int id, String content, boolean special, boolean left, boolean right) {}

  static Tokenizer tokenizer(SentencePieceModel model, List<Extra> extras, PostProcessor postProcessor) {
    String[] pieces = model.pieces();
    int size = extras.stream().mapToInt(extra -> extra.id() + 1).reduce(pieces.length, Math::max);
    var tokens = Arrays.copyOf(pieces, size);
    var special = new boolean[size];
    var found = new HashMap<Integer, AddedTokens.Token>();
    for (int id = 0; id < pieces.length; id++) {
      special[id] = model.types()[id] == TokenType.CONTROL || model.types()[id] == TokenType.UNKNOWN;
      if (special[id] && !pieces[id].isEmpty()) found.put(id, new AddedTokens.Token(pieces[id], id, false));
    }
    for (Extra extra : extras) {
      tokens[extra.id()] = extra.content();
      special[extra.id()] = extra.special();
      boolean anywhere = !extra.special() && TokenizerJson.isHarmless(extra.content());
      if (!extra.content().isEmpty()) {
        found.put(extra.id(), new AddedTokens.Token(extra.content(), extra.id(), anywhere, false, extra.left(), extra.right()));
      }
    }
    String[] decodable = tokens.clone();
    for (int id = 0; id < pieces.length; id++) if (model.types()[id] == TokenType.UNKNOWN) decodable[id] = model.unknownSurface();
    var decoder = new TokenizerParts.Decoder(SentencePieceDecoding.of(model), token -> token.replace(SIGN, " "), false);
    return new PipelineTokenizer(new TokenizerParts(tokens, decodable, special, List.copyOf(found.values()), List.of(),
        normalizer(model), finerWords(model), false, models(model), postProcessor, decoder));
  }

  static Normalizer normalizer(SentencePieceModel model) {
    return new SentencePieceNormalizer(model, trie(model, id -> model.types()[id] == TokenType.USER_DEFINED));
  }

  /** Pieces that markup is made of are never found by the model itself. */
  static TokenizerParts.Models models(SentencePieceModel model) {
    Model made = switch (model.kind()) {
      case UNIGRAM -> unigram(model);
      case BPE -> pairs(model);
    };
    return new TokenizerParts.Models() {
      @Override
      public Model over(IntPredicate allowed) {
        return made;
      }

      @Override
      public boolean reaches(IntPredicate tokens) {
        return false;
      }
    };
  }

  private static Model unigram(SentencePieceModel model) {
    float least = Float.POSITIVE_INFINITY, greatest = Float.NEGATIVE_INFINITY;
    for (int id = 0; id < model.pieces().length; id++) {
      if (model.types()[id] != TokenType.NORMAL) continue;
      least = Math.min(least, model.scores()[id]);
      greatest = Math.max(greatest, model.scores()[id]);
    }
    var scores = new double[model.pieces().length];
    for (int id = 0; id < scores.length; id++) {
      String piece = model.pieces()[id];
      // What users defined always wins.
      boolean bonus = model.types()[id] == TokenType.USER_DEFINED;
      scores[id] = bonus ? Utf8.length(piece, 0, piece.length()) * greatest - 0.1 : model.scores()[id];
    }
    TokenTrie trie = trie(model, id -> model.types()[id] == TokenType.NORMAL || model.types()[id] == TokenType.USER_DEFINED);
    return new Unigram(trie, scores, least, unknown(model), bytes(model), Unigram.Precision.SINGLE);
  }

  private static Model pairs(SentencePieceModel model) {
    var mergeable = new ArrayList<Integer>();
    for (int id = 0; id < model.pieces().length; id++) {
      switch (model.types()[id]) {
        case NORMAL, USER_DEFINED -> mergeable.add(id);
        case UNUSED -> throw new ModelException(ErrorCode.UNSUPPORTED_CONFIGURATION,
            "%s: pieces[%d].type is 5, unused; supported are 1 to 4 and 6 in byte-pair models. Convert the model again."
                .formatted(model.where(), id));
        case CONTROL, UNKNOWN, BYTE -> { }
      }
    }
    TokenTrie whole = trie(model, id -> model.types()[id] == TokenType.USER_DEFINED);
    return new ScoredPairs(model.pieces(), model.scores(), mergeable, whole, unknown(model), bytes(model));
  }

  /** Unigram models round sums over the whole text; words of byte-pair models can be cut where no piece leads over. */
  private static PreTokenizer finerWords(SentencePieceModel model) {
    int sign = List.of(model.pieces()).indexOf(SIGN);
    boolean known = sign >= 0 && model.types()[sign] == TokenType.NORMAL;
    if (model.kind() != SentencePieceModel.Kind.BPE || !known) return PreTokenizer.NONE;
    return WordSplits.beforeSigns(WordSplits.joined(Stream.of(model.pieces())));
  }

  private static int unknown(SentencePieceModel model) {
    return List.of(model.types()).indexOf(TokenType.UNKNOWN);
  }

  private static int[] bytes(SentencePieceModel model) {
    if (!model.byteFallback()) return new int[0];
    Map<String, Integer> ids = new HashMap<>();
    for (int id = 0; id < model.pieces().length; id++) if (model.types()[id] == TokenType.BYTE) ids.put(model.pieces()[id], id);
    int[] bytes = ByteTokens.ids(ids);
    if (ByteTokens.complete(bytes)) return bytes;
    throw new ModelException(ErrorCode.MODEL_CORRUPT,
        "%s: expected pieces for all 256 bytes, found %d. Fetch or convert the model again.".formatted(model.where(), ids.size()));
  }

  static TokenTrie trie(SentencePieceModel model, IntPredicate condition) {
    var contents = new byte[model.pieces().length][];
    for (int id = 0; id < contents.length; id++) contents[id] = Utf8.encode(model.pieces()[id], 0, model.pieces()[id].length());
    IntPredicate included = id -> contents[id].length > 0 && condition.test(id);
    return new TokenTrie(contents, IntStream.range(0, contents.length).filter(included).toArray());
  }
}
